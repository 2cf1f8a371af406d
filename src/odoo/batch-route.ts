import type { BatchLimit, BatchVerdict, Delivery } from '../model/delivery.ts';
import type { Clock } from '../platform/clock.ts';
import { type HttpAnswer, parse, verdictOf } from './answer.ts';
import { verdictsIn } from './batch-answer.ts';
import type { Exchange } from './exchange.ts';

const BATCH_PATH = '/ows/iot/events';
const EVENTS_MAX = 200;
const BODY_BYTES_MAX = 1024 * 1024;
/** Room for a result with its sentence, for each event. */
const ANSWER_BYTES_MAX = 1024 * 1024;
const TOO_LARGE = 413;
/** A proxy may let the single route through only: then each offer would cost a batch in vain. */
const NO_OFFER_AFTER_DECLINE_MS = 600_000;
const NO_SUCH_ROUTE = new Set([404, 405]);
const OPENING = Buffer.from('{"events":[');
const COMMA = Buffer.from(',');
const CLOSING = Buffer.from(']}');

/** The events as they are stored, side by side. */
function joined(deliveries: readonly Delivery[]): Buffer {
  const parts: Uint8Array[] = [OPENING];
  for (const [i, { body }] of deliveries.entries()) parts.push(...(i > 0 ? [COMMA, body] : [body]));
  return Buffer.concat([...parts, CLOSING]);
}

const refused = (reason: string): BatchVerdict => ({ status: 'refused', reason });

/** `POST /ows/iot/events`: whether Odoo offers it, how much it takes, and what it answers. */
export class BatchRoute {
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  #eventsMax = 1;
  #bodyBytesMax = BODY_BYTES_MAX;
  #deafUntilSteadyMs = 0;

  constructor(exchange: Exchange, clock: Clock) {
    this.#exchange = exchange;
    this.#clock = clock;
  }

  /** Odoo has taken a single event. @param batchMax its `X-IoT-Batch-Max`, '' when there was none */
  offered(batchMax: string): void {
    if (this.#clock.steadyMs() < this.#deafUntilSteadyMs) return;
    if (/^\d{1,9}$/.test(batchMax)) this.#eventsMax = Math.min(Number(batchMax), EVENTS_MAX);
  }

  /** Null: single events only. */
  limit(): BatchLimit | null {
    const bytes = this.#bodyBytesMax - OPENING.length - CLOSING.length - this.#eventsMax;
    return this.#eventsMax > 1 && bytes > 0 ? { events: this.#eventsMax, bytes } : null;
  }

  /** Sends one batch; never throws. */
  async deliver(deliveries: readonly Delivery[]): Promise<BatchVerdict[]> {
    const forAll = (verdict: BatchVerdict) => deliveries.map(() => verdict);
    const away = (reason: string, retry: { retryAfterMs?: number } = {}) =>
      forAll({ status: 'away', reason: this.#exchange.sentence(reason), ...retry });
    const body = joined(deliveries);
    const answer = await this.#exchange.send({
      method: 'POST',
      path: BATCH_PATH,
      headers: { 'content-type': 'application/json' },
      body,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    if (!answer.ok) return away(answer.reason);
    if (this.#declined(answer, body.length)) return forAll({ status: 'held' });
    const verdict = verdictOf(answer, this.#clock.wallMs());
    if (verdict.status === 'away') {
      const { reason, ...retry } = verdict;
      return away(reason, retry);
    }
    const verdicts = verdictsIn(parse(answer.body), deliveries);
    if (!verdicts) return away('Odoo answered a batch with something that does not fit its events.');
    return verdicts.map((each) =>
      each.status === 'refused' ? refused(this.#exchange.sentence(each.reason)) : each,
    );
  }

  /**
   * Whether the answer is about the batch and not about its events: then they go again, in smaller batches or singly.
   * A single event gets its own answer, so none is parked for the sake of another.
   */
  #declined(answer: HttpAnswer, bodyBytes: number): boolean {
    if (answer.status === TOO_LARGE) {
      this.#bodyBytesMax = Math.min(this.#bodyBytesMax, Math.floor(bodyBytes / 2));
      return true;
    }
    const isRefused = verdictOf(answer, this.#clock.wallMs()).status === 'refused';
    if (!NO_SUCH_ROUTE.has(answer.status) && !isRefused) return false;
    this.#eventsMax = 1;
    this.#deafUntilSteadyMs = this.#clock.steadyMs() + NO_OFFER_AFTER_DECLINE_MS;
    return true;
  }
}
