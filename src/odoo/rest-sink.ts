import type { Delivery, Verdict } from '../model/delivery.ts';
import type { Clock } from '../platform/clock.ts';
import { verdictOf } from './answer.ts';
import { BatchRoute } from './batch-route.ts';
import { Exchange, type OdooAddress } from './exchange.ts';

export type RestSinkOptions = OdooAddress & {
  /** For the whole request: connect, headers and body. */
  timeoutMs?: number;
  answerBytesMax?: number;
  connectionsMax?: number;
  /** Whether batches go out when Odoo offers to take them. */
  batch?: boolean;
  clock: Clock;
};

const EVENT_PATH = '/ows/iot/event';

/**
 * Delivers events to `POST {baseUrl}/ows/iot/event`, and batches to `/ows/iot/events` once Odoo has offered it.
 * Neither throws; reasons are one sentence of at most 300 characters without the key. `close` ends when the
 * requests that are out have ended.
 * @throws TypeError when `baseUrl` is no URL
 */
export function createRestSink(options: RestSinkOptions) {
  const { clock, timeoutMs = 30_000, answerBytesMax = 65_536, connectionsMax = 8, batch = false } = options;
  const exchange = new Exchange({ ...options, timeoutMs, answerBytesMax, connectionsMax });
  const batches = new BatchRoute(exchange, clock);
  return {
    async deliver(delivery: Delivery): Promise<Verdict> {
      const answer = await exchange.send({
        method: 'POST',
        path: EVENT_PATH,
        headers: { 'content-type': 'application/json', 'idempotency-key': delivery.uid },
        body: delivery.body,
      });
      if (!answer.ok) return { status: 'away', reason: answer.reason };
      const verdict = verdictOf(answer, clock.wallMs());
      if (verdict.status === 'delivered') {
        batches.offered(answer.batchMax);
        return verdict;
      }
      return { ...verdict, reason: exchange.sentence(verdict.reason) };
    },
    ...(batch && { batch: batches }),
    close: () => exchange.close(),
    /** Ends the requests that are out; their verdict is `away`. */
    abort: () => exchange.abort(),
  };
}
