import { setImmediate as turn } from 'node:timers/promises';
import type { BatchLimit, BatchVerdict, Delivery, Verdict } from '../model/delivery.ts';
import type { Log, LogFields } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { type Database, openMemoryDatabase } from '../store/database.ts';
import { type OutboxTable, outboxTable } from '../store/outbox.ts';
import { COURIER_DEFAULTS, type CourierOptions, createCourier } from './courier.ts';

type Line = { level: string; event: string; fields: LogFields };

/** A delivery that waits for the test to say what Odoo makes of it. */
type Sent = { delivery: Delivery; answer: (verdict: Verdict) => void };

/** The same of a batch. */
type SentBatch = { deliveries: readonly Delivery[]; answer: (verdicts: BatchVerdict[]) => void };

export const HELD = { status: 'held' } as const satisfies BatchVerdict;
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

/** A sink whose answers the test gives. */
function sinkOfTest() {
  const sent: Sent[] = [];
  const batches: SentBatch[] = [];
  const offer: { limit: BatchLimit | null } = { limit: null };
  const sink = {
    deliver(delivery: Delivery): Promise<Verdict> {
      const { promise, resolve } = Promise.withResolvers<Verdict>();
      sent.push({ delivery, answer: resolve });
      return promise;
    },
    batch: {
      limit: () => offer.limit,
      deliver(deliveries: readonly Delivery[]): Promise<BatchVerdict[]> {
        const { promise, resolve } = Promise.withResolvers<BatchVerdict[]>();
        batches.push({ deliveries, answer: resolve });
        return promise;
      },
    },
  };
  return { sink, sent, batches, offer };
}

/** A courier over a database in memory, a clock that the test moves and a sink that the test answers for. */
export function courierOver(options: Partial<CourierOptions> = {}, database = openMemoryDatabase()) {
  const clock = new ManualClock();
  const outbox = outboxTable(database);
  const { log, lines } = recordingLog();
  const metrics = createMetrics();
  const { sink, sent, batches, offer } = sinkOfTest();
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
    batches,
    /** From now on batches of at most so many events and bytes may go out; null: none. */
    offer(events: number | null, bytes = 1_000_000): void {
      offer.limit = events === null ? null : { events, bytes };
    },
    append: (...uids: string[]) => courier.wake(append(database, outbox, uids, clock.wallMs())),
    /** Answers the oldest delivery that waits for an answer. */
    async answer(verdict: Verdict): Promise<string> {
      const oldest = sent.shift();
      if (!oldest) throw new Error('nothing was sent');
      oldest.answer(verdict);
      await turns();
      return oldest.delivery.uid;
    },
    /** Answers the oldest batch that waits for an answer. @returns its events */
    async answerBatch(of: (uid: string) => BatchVerdict): Promise<string[]> {
      const oldest = batches.shift();
      if (!oldest) throw new Error('no batch was sent');
      const uids = oldest.deliveries.map(({ uid }) => uid);
      oldest.answer(uids.map(of));
      await turns();
      return uids;
    },
    batchesOut: () => batches.map(({ deliveries }) => deliveries.map(({ uid }) => uid)),
    out: () => sent.map(({ delivery }) => delivery.uid),
    logged: (event: string) => lines.filter((line) => line.event === event),
  };
}
