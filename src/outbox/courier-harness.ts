import { setImmediate as turn } from 'node:timers/promises';
import type { Delivery, Verdict } from '../model/delivery.ts';
import type { Log, LogFields } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { type Database, openMemoryDatabase } from '../store/database.ts';
import { type OutboxTable, outboxTable } from '../store/outbox.ts';
import { COURIER_DEFAULTS, type CourierOptions, createCourier } from './courier.ts';

type Line = { level: string; event: string; fields: LogFields };

/** A delivery that waits for the test to say what Odoo makes of it. */
type Sent = { delivery: Delivery; answer: (verdict: Verdict) => void };

export const DELIVERED = { status: 'delivered' } as const satisfies Verdict;
export const REFUSED = { status: 'refused', reason: 'no such machine' } as const satisfies Verdict;
export const AWAY = { status: 'away', reason: 'Odoo answered 503.' } as const satisfies Verdict;

/** Lets everything that was planned for this turn of the event loop, and what follows from it, happen. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

export function recordingLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields });
  const log = {
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    debugs: false,
  };
  return { log, lines };
}

/** Appends events named `<device>-<number>`; gives the lanes. */
export function append(
  database: Database,
  outbox: OutboxTable,
  uids: readonly string[],
  nowMs = 0,
): Set<string> {
  const rows = uids.map((uid) => ({
    uid,
    deviceId: uid.slice(0, uid.lastIndexOf('-')),
    sessionId: null,
    eventType: 'session_started',
    ts: nowMs,
    body: Buffer.from(JSON.stringify({ event_uid: uid })),
  }));
  return database.transaction(() => outbox.append(rows, nowMs));
}

/** A courier over a database in memory, a clock that the test moves and a sink that the test answers for. */
export function courierOver(options: Partial<CourierOptions> = {}, database = openMemoryDatabase()) {
  const clock = new ManualClock();
  const outbox = outboxTable(database);
  const { log, lines } = recordingLog();
  const metrics = createMetrics();
  const sent: Sent[] = [];
  const sink = {
    deliver(delivery: Delivery): Promise<Verdict> {
      const { promise, resolve } = Promise.withResolvers<Verdict>();
      sent.push({ delivery, answer: resolve });
      return promise;
    },
  };
  const courier = createCourier({
    outbox,
    sink,
    clock,
    log,
    metrics,
    random: () => 0.999_999,
    options: { ...COURIER_DEFAULTS, ...options },
  });
  return {
    courier,
    outbox,
    database,
    clock,
    metrics,
    sent,
    append: (...uids: string[]) => courier.wake(append(database, outbox, uids, clock.wallMs())),
    /** Answers the oldest delivery that waits for an answer. */
    async answer(verdict: Verdict): Promise<string> {
      const oldest = sent.shift();
      if (!oldest) throw new Error('nothing was sent');
      oldest.answer(verdict);
      await turns();
      return oldest.delivery.uid;
    },
    out: () => sent.map(({ delivery }) => delivery.uid),
    logged: (event: string) => lines.filter((line) => line.event === event),
  };
}
