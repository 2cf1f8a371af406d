import type { Settings } from '../config/settings.ts';
import { createJsonRpcSink } from '../odoo/json-rpc-sink.ts';
import { createRestSink } from '../odoo/rest-sink.ts';
import { createWebhookSink } from '../odoo/webhook-sink.ts';
import { COURIER_DEFAULTS, createCourier } from '../outbox/courier.ts';
import type { CourierStatus } from '../outbox/courier-mode.ts';
import { type OdooAnswer, RecentAnswers } from '../outbox/recent-answers.ts';
import { type Clock, sleep } from '../platform/clock.ts';
import type { LaneHead, OutboxTable, Settlement } from '../store/outbox.ts';
import type { OnSettled } from './live.ts';
import type { Surroundings } from './surroundings.ts';

/** Odoo may take this long to answer the last requests when the bridge stops; a broker may take another second. */
const STOP_MS = 2500;

/** The way to Odoo that the settings ask for. */
function createSink({ sink, ...address }: NonNullable<Settings['odoo']>, clock: Clock) {
  switch (sink.kind) {
    case 'rest':
      return createRestSink({ ...address, batch: sink.batch, clock });
    case 'webhook':
      return createWebhookSink({ url: sink.url, secret: sink.secret, apiKey: address.apiKey, clock });
    case 'jsonrpc':
      return createJsonRpcSink({ ...sink, baseUrl: address.baseUrl, clock });
  }
}

/** From the outbox to Odoo. Without an Odoo in the settings events wait in the outbox. */
export function createDelivery(
  settings: Settings,
  outbox: OutboxTable,
  onSettled: OnSettled,
  { clock, random, log, metrics }: Surroundings,
) {
  const { odoo } = settings;
  if (!odoo) {
    return {
      start: () => undefined,
      wake: () => undefined,
      status: (): CourierStatus | null => null,
      answers: (): OdooAnswer[] => [],
      inFlightUids: (): ReadonlySet<string> => new Set(),
      stop: () => Promise.resolve(),
    };
  }
  const answers = new RecentAnswers();
  const onAnswer = (head: LaneHead, settlement: Settlement) => {
    answers.note(head, settlement, clock.wallMs());
    const { outcome } = settlement;
    if (outcome === 'delivered' || outcome === 'parked') onSettled(head, outcome);
  };
  const sink = createSink(odoo, clock);
  const options = { ...COURIER_DEFAULTS, refusalsMax: settings.delivery.refusalsMax };
  const courier = createCourier({ outbox, sink, clock, random, log, metrics, options, onAnswer });
  return {
    start: () => courier.start(),
    wake: (lanes: Iterable<string>) => courier.wake(lanes),
    status: (): CourierStatus | null => courier.status(),
    /** What Odoo answered lately, newest first. */
    answers: () => answers.list(),
    inFlightUids: (): ReadonlySet<string> => courier.inFlightUids(),
    /** Waits a little for the answers that are due; what was not answered is sent again by the next process. */
    async stop(): Promise<void> {
      const ended = new AbortController();
      const stopped = courier.stop().finally(() => ended.abort());
      await sleep(clock, STOP_MS, ended.signal);
      await sink.abort();
      await stopped;
    },
  };
}
export type DeliveryPart = ReturnType<typeof createDelivery>;
