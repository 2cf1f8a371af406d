import type { Database, Row, Statement } from './database.ts';

/** An event that was given up because the outbox was full. */
export type DroppedEvent = { uid: string; deviceId: string; eventType: string };

/** Most events dropped by one call, so that a bound that was lowered does not stop the bridge for long. */
const DROP_ROWS_MAX = 2000;

/** What goes first, type by type, the oldest of each; after these whole sessions go. */
const EXPENDABLE: readonly (readonly string[])[] = [
  ['power_measurement'],
  ['session_heartbeat'],
  ['device_online', 'device_offline'],
  ['flow_event'],
];

const FIELDS = 'SELECT seq, uid, device_id, event_type, session_id FROM outbox';

/** Decides which events are given up when too many wait: what is least missed, and of that the oldest. */
export class OutboxBound {
  readonly #ofType: Statement;
  readonly #oldestOfSessions: Statement;
  readonly #ofSession: Statement;
  readonly #delete: Statement;

  constructor(database: Database) {
    this.#ofType = database.prepare(
      `${FIELDS} INDEXED BY outbox_undelivered_by_type
       WHERE event_type = ? AND state <> 'delivered' ORDER BY seq LIMIT ?`,
    );
    // When sessions have to go, next to nothing else is left in the table: the walk over (state, seq) is short.
    this.#oldestOfSessions = database.prepare(
      `${FIELDS} INDEXED BY outbox_by_state
       WHERE state = ? AND session_id IS NOT NULL AND seq > ? ORDER BY seq LIMIT 1`,
    );
    this.#ofSession = database.prepare(
      `${FIELDS} INDEXED BY outbox_undelivered_by_session
       WHERE session_id = ? AND state <> 'delivered' ORDER BY seq`,
    );
    this.#delete = database.prepare('DELETE FROM outbox WHERE seq = ?');
  }

  /**
   * Drops `excess` events, or a few more to drop a session whole; fewer when what is left is being sent.
   * A session with an event in flight is passed over, so that none is torn apart.
   */
  drop(excess: number, inFlight: ReadonlySet<string>): DroppedEvent[] {
    const dropped: DroppedEvent[] = [];
    const wanted = Math.min(excess, DROP_ROWS_MAX);
    for (const types of EXPENDABLE) {
      if (dropped.length >= wanted) return dropped;
      this.#discard(this.#oldest(types, wanted - dropped.length, inFlight), dropped);
    }
    for (let afterSeq = 0; dropped.length < wanted; ) {
      const first = this.#firstOfSessions(afterSeq);
      if (!first) break;
      afterSeq = Number(first.seq);
      const rows = this.#ofSession.all(String(first.session_id));
      if (!rows.some((row) => inFlight.has(String(row.uid)))) this.#discard(rows, dropped);
    }
    return dropped;
  }

  /** The oldest undelivered event of any session beyond `afterSeq`. */
  #firstOfSessions(afterSeq: number): Row | undefined {
    const pending = this.#oldestOfSessions.get('pending', afterSeq);
    const parked = this.#oldestOfSessions.get('parked', afterSeq);
    if (!pending || !parked) return pending ?? parked;
    return Number(pending.seq) < Number(parked.seq) ? pending : parked;
  }

  #oldest(types: readonly string[], wanted: number, inFlight: ReadonlySet<string>): Row[] {
    return types
      .flatMap((type) => this.#ofType.all(type, wanted + inFlight.size))
      .filter((row) => !inFlight.has(String(row.uid)))
      .sort((a, b) => Number(a.seq) - Number(b.seq))
      .slice(0, wanted);
  }

  #discard(rows: readonly Row[], dropped: DroppedEvent[]): void {
    for (const row of rows) {
      this.#delete.run(Number(row.seq));
      dropped.push({
        uid: String(row.uid),
        deviceId: String(row.device_id),
        eventType: String(row.event_type),
      });
    }
  }
}
