import type { Database, Statement } from './database.ts';
import { OutboxBound } from './outbox-bound.ts';
import { OutboxEntries, type OutboxEntry, type OutboxFilter } from './outbox-entries.ts';

/** An event as it is put into the outbox; `ts` in ms since the epoch, `body` as it will be sent. */
export type OutboxRow = {
  uid: string;
  deviceId: string;
  sessionId: string | null;
  eventType: string;
  ts: number;
  body: Uint8Array;
};

/** An event at the head of its lane: nothing that waits there goes before it but what is sent together with it. */
export type LaneHead = {
  seq: number;
  uid: string;
  deviceId: string;
  eventType: string;
  body: Uint8Array;
  attempts: number;
  refusals: number;
  /** Whether others wait behind it. */
  more: boolean;
};

/** What became of one try. `away` leaves the event as it was, but for the attempt and its reason. */
export type Settlement = { seq: number } & (
  | { outcome: 'delivered' }
  | { outcome: 'refused'; reason: string; nextAttemptAt: number }
  | { outcome: 'parked'; reason: string }
  | { outcome: 'away'; reason: string }
);

/** Most rows of one transaction that clears up. */
const CHUNK_ROWS_MAX = 1000;

/** Events of one device keep their order: they share a lane. */
function deviceLane(deviceId: string): string {
  return `device:${deviceId}`;
}

/** An event that is sent again later keeps no order with others. */
function aloneLane(uid: string): string {
  return `alone:${uid}`;
}

/**
 * Counts that a rollback takes back too: SQLite keeps them itself, in a temporary table of this connection.
 * The table of a database with a million waiting events is counted once, here.
 */
const COUNTS = `
  PRAGMA temp_store = MEMORY;
  CREATE TEMP TABLE IF NOT EXISTS outbox_counts (pending INTEGER NOT NULL, parked INTEGER NOT NULL);
  CREATE TEMP TRIGGER IF NOT EXISTS outbox_counts_insert AFTER INSERT ON main.outbox BEGIN
    UPDATE outbox_counts SET pending = pending + (new.state = 'pending'), parked = parked + (new.state = 'parked');
  END;
  CREATE TEMP TRIGGER IF NOT EXISTS outbox_counts_update AFTER UPDATE OF state ON main.outbox
  WHEN old.state <> new.state BEGIN
    UPDATE outbox_counts SET
      pending = pending + (new.state = 'pending') - (old.state = 'pending'),
      parked = parked + (new.state = 'parked') - (old.state = 'parked');
  END;
  CREATE TEMP TRIGGER IF NOT EXISTS outbox_counts_delete AFTER DELETE ON main.outbox BEGIN
    UPDATE outbox_counts SET pending = pending - (old.state = 'pending'), parked = parked - (old.state = 'parked');
  END;
  DELETE FROM outbox_counts;
  INSERT INTO outbox_counts SELECT
    (SELECT count(*) FROM outbox WHERE state = 'pending'),
    (SELECT count(*) FROM outbox WHERE state = 'parked');
`;

// INDEXED BY: without statistics the planner could prefer (state, seq) and walk through every waiting event.
const HEADS = `SELECT seq, uid, device_id, event_type, body, attempts, refusals, EXISTS (
    SELECT 1 FROM outbox AS later INDEXED BY outbox_pending
    WHERE later.state = 'pending' AND later.lane = head.lane AND later.seq > head.seq
  ) AS more
  FROM outbox AS head INDEXED BY outbox_pending WHERE state = 'pending' AND lane = ? ORDER BY seq LIMIT ?`;

const LANES = `WITH RECURSIVE lanes (lane) AS (
    SELECT min(lane) FROM outbox INDEXED BY outbox_pending WHERE state = 'pending' AND lane > ?1
    UNION ALL
    SELECT (SELECT min(lane) FROM outbox INDEXED BY outbox_pending WHERE state = 'pending' AND lane > lanes.lane)
    FROM lanes WHERE lanes.lane IS NOT NULL
  ) SELECT lane FROM lanes WHERE lane IS NOT NULL LIMIT ?2`;

/** The events for Odoo, on disk. Every method throws when the database does (disk full, file damaged). */
class OutboxTable {
  readonly #deliveredSince: Statement;
  readonly #database: Database;
  readonly #bound: OutboxBound;
  readonly #entries: OutboxEntries;
  readonly #insert: Statement;
  readonly #heads: Statement;
  readonly #lanes: Statement;
  readonly #settle: Record<Settlement['outcome'], Statement>;
  readonly #counts: Statement;
  readonly #oldest: Statement;
  readonly #retry: Statement;
  readonly #parked: Statement;
  readonly #prune: Statement;

  constructor(database: Database) {
    const prepare = (sql: string) => database.prepare(sql);
    // ?2 is the reason, ?3 a time that depends on the outcome.
    const tried = (set: string) =>
      prepare(
        `UPDATE outbox SET attempts = attempts + 1, last_error = ?2, ${set} WHERE seq = ?1 AND state = 'pending'`,
      );
    database.exec(COUNTS);
    this.#database = database;
    this.#deliveredSince = database.prepare(
      `SELECT count(*) AS n FROM outbox INDEXED BY outbox_delivered WHERE state = 'delivered' AND settled_at >= ?`,
    );
    this.#bound = new OutboxBound(database);
    this.#entries = new OutboxEntries(database);
    this.#insert = prepare(
      `INSERT INTO outbox (uid, device_id, lane, session_id, event_type, ts, body, state, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', ?) ON CONFLICT (uid) DO NOTHING`,
    );
    this.#heads = prepare(HEADS);
    this.#lanes = prepare(LANES);
    this.#settle = {
      delivered: tried(`state = 'delivered', next_attempt_at = NULL, settled_at = ?3`),
      refused: tried('refusals = refusals + 1, next_attempt_at = ?3'),
      parked: tried(`state = 'parked', refusals = refusals + 1, next_attempt_at = NULL, settled_at = ?3`),
      away: tried('next_attempt_at = ?3'),
    };
    this.#counts = prepare('SELECT pending, parked FROM outbox_counts');
    this.#oldest = prepare(
      `SELECT created_at FROM outbox INDEXED BY outbox_by_state WHERE state = 'pending' ORDER BY seq LIMIT 1`,
    );
    this.#retry = prepare(
      `UPDATE outbox SET state = 'pending', lane = ?1, refusals = 0, next_attempt_at = NULL, settled_at = NULL
       WHERE uid = ?2 AND state = 'parked'`,
    );
    this.#parked = prepare(
      `SELECT seq, uid FROM outbox INDEXED BY outbox_by_state
       WHERE state = 'parked' AND seq > ? ORDER BY seq LIMIT ${CHUNK_ROWS_MAX}`,
    );
    this.#prune = prepare(
      `DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox INDEXED BY outbox_delivered
       WHERE state = 'delivered' AND settled_at < ? ORDER BY settled_at LIMIT ${CHUNK_ROWS_MAX})`,
    );
  }

  /**
   * Adds events to the lanes of their devices; called inside the transaction that saves what caused them.
   * An event that is there already stays as it is.
   * @returns the lanes that the courier is to be told of after the commit
   */
  append(rows: Iterable<OutboxRow>, nowMs: number): Set<string> {
    const lanes = new Set<string>();
    for (const row of rows) {
      const lane = deviceLane(row.deviceId);
      this.#insert.run(row.uid, row.deviceId, lane, row.sessionId, row.eventType, row.ts, row.body, nowMs);
      lanes.add(lane);
    }
    return lanes;
  }

  /**
   * The events that `lane` sends next, in their order: none when none waits there, else at least one and at most
   * `eventsMax`, further ones only while all bodies together have at most `bytesMax` bytes.
   */
  heads(lane: string, eventsMax: number, bytesMax: number): LaneHead[] {
    const heads: LaneHead[] = [];
    let bytes = 0;
    for (const row of this.#heads.iterate(lane, eventsMax)) {
      const body = row.body as Uint8Array;
      bytes += body.length;
      if (heads.length > 0 && bytes > bytesMax) break;
      heads.push({
        seq: Number(row.seq),
        uid: String(row.uid),
        deviceId: String(row.device_id),
        eventType: String(row.event_type),
        body,
        attempts: Number(row.attempts),
        refusals: Number(row.refusals),
        more: row.more === 1,
      });
    }
    return heads;
  }

  /** Up to `limit` lanes where events wait, by name, beginning after `after`. */
  lanes(after: string, limit: number): string[] {
    return this.#lanes.all(after, limit).map((row) => String(row.lane));
  }

  /**
   * Writes what became of the tries, in one transaction: all or, when it throws, none. A power cut may undo
   * it: then the events are sent again, with the same uid.
   */
  settle(settlements: readonly Settlement[], nowMs: number): void {
    const now = Math.round(nowMs);
    this.#database.transaction(() => {
      for (const s of settlements) {
        const write = this.#settle[s.outcome];
        if (s.outcome === 'delivered') write.run(s.seq, null, now);
        else if (s.outcome === 'parked') write.run(s.seq, s.reason, now);
        else write.run(s.seq, s.reason, s.outcome === 'refused' ? Math.round(s.nextAttemptAt) : null);
      }
    }, 'crash');
  }

  /** How many events wait and how many are set aside. */
  counts(): { pending: number; parked: number } {
    const row = this.#counts.get();
    return { pending: Number(row?.pending), parked: Number(row?.parked) };
  }

  /** How many events were delivered at or after `fromMs`. */
  deliveredSince(fromMs: number): number {
    return Number(this.#deliveredSince.get(fromMs)?.n);
  }

  /** When the oldest waiting event was written, ms since the epoch, or null when none waits. */
  oldestPendingAt(): number | null {
    return (this.#oldest.get()?.created_at as number | undefined) ?? null;
  }

  /** Events as the API shows them, newest first, at most 500; page on with `beforeSeq` = the last `seq`. */
  list(filter: OutboxFilter): OutboxEntry[] {
    return this.#entries.list(filter);
  }

  /** One event as the API shows it, or null when it is not (or no longer) here. */
  one(uid: string): OutboxEntry | null {
    return this.#entries.one(uid);
  }

  /** Lets a parked event wait again, in a lane of its own. @returns that lane, or null when it is not parked */
  retry(uid: string): string | null {
    const lane = aloneLane(uid);
    return this.#retry.run(lane, uid).changes === 1 ? lane : null;
  }

  /**
   * Lets every parked event wait again. Each step is one transaction and gives the lanes of its events, so
   * that the caller can take a breath between steps; one that is parked again meanwhile is not taken twice.
   */
  *retryAllParked(): Generator<string[]> {
    let last = 0;
    for (;;) {
      const rows = this.#parked.all(last);
      if (rows.length === 0) return;
      last = Number(rows.at(-1)?.seq);
      yield this.#database.transaction(() =>
        rows.map((row) => this.retry(String(row.uid))).filter((lane) => lane !== null),
      );
    }
  }

  /** Deletes events delivered before `beforeMs`, at most 1000 at a time. @returns how many; 0 when done */
  pruneDelivered(beforeMs: number): number {
    return this.#prune.run(beforeMs).changes;
  }

  /**
   * Makes room when more than `rowsMax` events are undelivered: see OutboxBound. Called inside the transaction
   * that appends.
   * @param inFlight uids of the events that are being sent; they stay
   */
  dropExcess(rowsMax: number, inFlight: ReadonlySet<string>) {
    const { pending, parked } = this.counts();
    return this.#bound.drop(pending + parked - rowsMax, inFlight);
  }
}

/** The table `outbox` of `database`. */
export function outboxTable(database: Database): OutboxTable {
  return new OutboxTable(database);
}
export type { OutboxTable };
