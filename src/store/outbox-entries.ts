import type { Database, Row, Statement, Value } from './database.ts';

export const OUTBOX_STATES = ['pending', 'parked', 'delivered'] as const;
export type OutboxState = (typeof OUTBOX_STATES)[number];

/** An event as the API shows it; times in ms since the epoch. */
export type OutboxEntry = {
  seq: number;
  uid: string;
  deviceId: string;
  eventType: string;
  ts: number;
  state: OutboxState;
  attempts: number;
  refusals: number;
  nextAttemptAt: number | null;
  lastError: string | null;
  createdAt: number;
  settledAt: number | null;
  body: string;
};

export type OutboxFilter = {
  state?: OutboxState;
  deviceId?: string;
  /** Of this session of the device; obeyed together with `deviceId` only, whose rows are walked for it. */
  sessionId?: string;
  beforeSeq?: number;
  limit?: number;
};

export const LIST_ROWS_MAX = 500;

const ENTRY = `SELECT seq, uid, device_id, event_type, ts, state, attempts, refusals, next_attempt_at, last_error,
  created_at, settled_at, CAST(body AS TEXT) AS body FROM outbox`;

function entryOf(row: Row): OutboxEntry {
  return {
    seq: Number(row.seq),
    uid: String(row.uid),
    deviceId: String(row.device_id),
    eventType: String(row.event_type),
    ts: Number(row.ts),
    state: row.state as OutboxState,
    attempts: Number(row.attempts),
    refusals: Number(row.refusals),
    nextAttemptAt: row.next_attempt_at as number | null,
    lastError: row.last_error as string | null,
    createdAt: Number(row.created_at),
    settledAt: row.settled_at as number | null,
    body: String(row.body),
  };
}

/** The outbox as the API shows it. */
export class OutboxEntries {
  readonly #one: Statement;
  readonly #all: Statement;
  readonly #ofState: Statement;
  readonly #ofDevice: Statement;
  readonly #ofDeviceAndState: Statement;
  readonly #ofSession: Statement;

  constructor(database: Database) {
    const list = (where: string) =>
      database.prepare(`${ENTRY} WHERE ${where} seq < ?1 ORDER BY seq DESC LIMIT ?2`);
    this.#one = database.prepare(`${ENTRY} WHERE uid = ?`);
    this.#all = list('');
    this.#ofState = list('state = ?3 AND');
    this.#ofDevice = list('device_id = ?3 AND');
    // The plus keeps the planner on the device's rows: they are few, those of a state may be a million.
    this.#ofDeviceAndState = list('device_id = ?3 AND +state = ?4 AND');
    this.#ofSession = list('device_id = ?3 AND +session_id = ?4 AND (?5 IS NULL OR +state = ?5) AND');
  }

  /** Events, newest first; at most LIST_ROWS_MAX. Page on with `beforeSeq` = the last `seq`. */
  list({ state, deviceId, sessionId, beforeSeq, limit = LIST_ROWS_MAX }: OutboxFilter): OutboxEntry[] {
    const page: Value[] = [beforeSeq ?? Number.MAX_SAFE_INTEGER, Math.min(limit, LIST_ROWS_MAX)];
    if (deviceId !== undefined && sessionId !== undefined) {
      return this.#ofSession.all(...page, deviceId, sessionId, state ?? null).map(entryOf);
    }
    if (deviceId !== undefined && state !== undefined) {
      return this.#ofDeviceAndState.all(...page, deviceId, state).map(entryOf);
    }
    if (deviceId !== undefined) return this.#ofDevice.all(...page, deviceId).map(entryOf);
    if (state !== undefined) return this.#ofState.all(...page, state).map(entryOf);
    return this.#all.all(...page).map(entryOf);
  }

  /** One event, or null when it is not (or no longer) here. */
  one(uid: string): OutboxEntry | null {
    const row = this.#one.get(uid);
    return row ? entryOf(row) : null;
  }
}
