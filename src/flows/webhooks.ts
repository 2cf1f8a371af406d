import { Agent, request } from 'undici';
import type { Clock } from '../platform/clock.ts';
import type { ActionResult } from './actions.ts';

const TIMEOUT_MS = 10_000;
const AT_ONCE_MAX = 8;
/** What is read of an answer, so that its connection can be used again. */
const ANSWER_BYTES_MAX = 65_536;
const REASON_CHARACTERS_MAX = 200;

export type WebhookRequest = { url: string; method: string; headers: Record<string, string>; body: string };

const REASON_OF_CODE: Record<string, string> = {
  ECONNREFUSED: 'refused the connection',
  ENOTFOUND: 'was not found: the name is unknown',
  EAI_AGAIN: 'was not found: the name server did not answer',
  ECONNRESET: 'dropped the connection',
  UND_ERR_SOCKET: 'dropped the connection',
  EHOSTUNREACH: 'cannot be reached: no route to it',
  ENETUNREACH: 'cannot be reached: no network',
};

/** Calls webhooks: a few at a time, each within 10 s, no redirect followed. */
export class Webhooks {
  readonly #clock: Pick<Clock, 'after'>;
  // The one deadline is ours; undici's own are off, so that they do not end a request earlier.
  readonly #agent = new Agent({
    connections: AT_ONCE_MAX,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 0 },
  });
  readonly #stop = new AbortController();
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** Never throws. Any 2xx answer will do; what it holds is not looked at. */
  async send(webhook: WebhookRequest): Promise<ActionResult> {
    if (this.#running >= AT_ONCE_MAX) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running += 1;
    try {
      return await this.#send(webhook);
    } finally {
      // The place goes to the next in the queue, or is free again.
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  /** Ends the requests that are out. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#agent.destroy();
  }

  async #send({ url, method, headers, body }: WebhookRequest): Promise<ActionResult> {
    const { host } = new URL(url);
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, this.#stop.signal]);
    const cancel = this.#clock.after(TIMEOUT_MS, () => controller.abort());
    try {
      const options = { method, headers, body, signal, dispatcher: this.#agent };
      const answer = await request(url, options);
      // The status is the answer; a body that does not come changes nothing.
      await answer.body.dump({ limit: ANSWER_BYTES_MAX, signal }).catch(() => {});
      return resultOf(host, answer.statusCode);
    } catch (error) {
      if (controller.signal.aborted) return { error: `${host} did not answer within ${TIMEOUT_MS / 1000} s` };
      const { code = '', message } = error as NodeJS.ErrnoException;
      const reason =
        REASON_OF_CODE[code] ?? `could not be called: ${message.slice(0, REASON_CHARACTERS_MAX)}`;
      return { error: `${host} ${reason}` };
    } finally {
      cancel();
    }
  }
}

function resultOf(host: string, status: number): ActionResult {
  if (status >= 200 && status < 300) return { ok: true };
  const redirect = status >= 300 && status < 400 ? ', a redirect: use the address it leads to' : '';
  return { error: `${host} answered ${status}${redirect}` };
}
