import { createHmac } from 'node:crypto';
import type { Delivery, Verdict } from '../model/delivery.ts';
import type { Clock } from '../platform/clock.ts';
import { type Receiver, verdictOf } from './answer.ts';
import { Exchange } from './exchange.ts';

export type WebhookSinkOptions = {
  /** Asked exactly as it stands, path and query included. */
  url: string;
  /** Of the signature. */
  secret: string;
  /** Sent as bearer token. */
  apiKey?: string | undefined;
  timeoutMs?: number;
  clock: Clock;
};

const RECEIVER: Receiver = {
  name: 'The webhook',
  keySettings: 'WEBHOOK_SECRET and ODOO_API_KEY',
  takesText: true,
};
const ANSWER_BYTES_MAX = 65_536;
const CONNECTIONS_MAX = 8;

/**
 * Delivers events to any URL, signed. `deliver` never throws; its reasons are one sentence without the key.
 * @throws TypeError when `url` is no URL
 */
export function createWebhookSink({ url, secret, apiKey, timeoutMs = 30_000, clock }: WebhookSinkOptions) {
  const { origin, pathname, search } = new URL(url);
  const exchange = new Exchange({
    name: RECEIVER.name,
    baseUrl: origin,
    apiKey,
    timeoutMs,
    answerBytesMax: ANSWER_BYTES_MAX,
    connectionsMax: CONNECTIONS_MAX,
    clock,
  });
  return {
    async deliver({ uid, eventType, body }: Delivery): Promise<Verdict> {
      const answer = await exchange.send({
        method: 'POST',
        path: pathname + search,
        headers: {
          'content-type': 'application/json',
          'idempotency-key': uid,
          'x-event-type': eventType,
          'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
        },
        body,
      });
      if (!answer.ok) return { status: 'away', reason: answer.reason };
      const verdict = verdictOf(answer, clock.wallMs(), RECEIVER);
      if (verdict.status === 'delivered') return verdict;
      return { ...verdict, reason: exchange.sentence(verdict.reason) };
    },
    close: () => exchange.close(),
    /** Ends the requests that are out; their verdict is `away`. */
    abort: () => exchange.abort(),
  };
}
