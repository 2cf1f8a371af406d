import type { BridgeEvent } from '../model/event.ts';
import type { SessionRecord } from '../model/machine.ts';
import type { Database, Row, Statement, Value } from './database.ts';
import { type SessionFilter, whereOf } from './session-filter.ts';
import { type SessionSums, sessionSums } from './session-sums.ts';

/** Where a page ended: sessions are listed newest first. */
export type SessionCursor = { startedAtMs: number; sessionId: string };

const FIGURES = [
  'duration_s',
  'standby_duration_s',
  'working_duration_s',
  'interruption_duration_s',
  'energy_kwh',
  'energy_source',
  'avg_power_w',
  'max_power_w',
  'message_count',
] as const;

/** The order of lists: newest first, of those that began together the highest id. */
function newestFirst(a: SessionRecord, b: SessionRecord): number {
  const [left, right] = [Date.parse(a.started_at), Date.parse(b.started_at)];
  return right - left || (a.session_id < b.session_id ? 1 : -1);
}

function recordOf(row: Row): SessionRecord {
  const endedAt = row.ended_at as number | null;
  const figures = Object.fromEntries(FIGURES.map((name) => [name, row[name]]));
  return {
    session_id: row.session_id,
    device_id: row.device_id,
    machine_name: row.machine_name,
    state: endedAt === null ? 'open' : 'closed',
    started_at: new Date(Number(row.started_at)).toISOString(),
    ended_at: endedAt === null ? null : new Date(endedAt).toISOString(),
    reason: row.reason,
    ...figures,
  } as SessionRecord;
}

/** Every session the bridge has seen, open ones included. */
class SessionsTable {
  readonly #database: Database;
  readonly #start: Statement;
  readonly #beat: Statement;
  readonly #end: Statement;
  readonly #prune: Statement;
  /** No ended session lasted longer, ms: what began earlier than that before a time had ended by then. */
  #longestMs: number;

  constructor(database: Database) {
    this.#database = database;
    this.#start = database.prepare(
      `INSERT INTO sessions (session_id, device_id, machine_name, started_at, updated_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (session_id) DO NOTHING`,
    );
    this.#beat = database.prepare(
      `UPDATE sessions SET duration_s = ?, standby_duration_s = ?, working_duration_s = ?,
       interruption_duration_s = ?, energy_kwh = ?, energy_source = ?, updated_at = ? WHERE session_id = ?`,
    );
    const columns = `session_id, device_id, machine_name, started_at, ended_at, reason, ${FIGURES.join(', ')}, updated_at`;
    this.#end = database.prepare(
      `INSERT INTO sessions (${columns}) VALUES (${columns.replaceAll(/\w+/g, '?')})
       ON CONFLICT (session_id) DO UPDATE SET ended_at = excluded.ended_at, reason = excluded.reason,
       ${FIGURES.map((name) => `${name} = excluded.${name}`).join(', ')}, updated_at = excluded.updated_at`,
    );
    this.#prune = database.prepare(
      `DELETE FROM sessions WHERE session_id IN
       (SELECT session_id FROM sessions WHERE started_at < ? AND ended_at IS NOT NULL LIMIT ?)`,
    );
    const longest = database.prepare('SELECT max(ended_at - started_at) AS ms FROM sessions').get();
    this.#longestMs = Number(longest?.ms ?? 0);
  }

  /** Keeps what `event` says of its session; other events change nothing. Part of the caller's transaction. */
  record(event: BridgeEvent): void {
    const at = Date.parse(event.ts);
    if (event.event_type === 'session_started') {
      const { session_id, machine_name, started_at } = event.payload;
      this.#start.run(session_id, event.device_id, machine_name, Date.parse(started_at), at);
    } else if (event.event_type === 'session_heartbeat') {
      const p = event.payload;
      const durations = [p.duration_s, p.standby_duration_s, p.working_duration_s, p.interruption_duration_s];
      this.#beat.run(...durations, p.energy_kwh, p.energy_source, at, p.session_id);
    } else if (event.event_type === 'session_stopped' || event.event_type === 'session_timeout') {
      const p = event.payload;
      const [startedAt, endedAt] = [Date.parse(p.started_at), Date.parse(p.ended_at)];
      const figures = FIGURES.map((name): Value => p[name]);
      const { session_id, machine_name, reason } = p;
      this.#end.run(session_id, event.device_id, machine_name, startedAt, endedAt, reason, ...figures, at);
      this.#longestMs = Math.max(this.#longestMs, endedAt - startedAt);
    }
  }

  /** Sessions that match, newest first; `after` continues a page. */
  list(filter: SessionFilter, limit: number, after?: SessionCursor): SessionRecord[] {
    if (filter.fromMs === undefined || filter.open !== undefined) return this.#page(filter, limit, after);
    // Open ones may have begun long ago: they are found by themselves, ended ones near the time asked for.
    const open = this.#page({ ...filter, open: true }, limit, after);
    const ended = this.#page({ ...filter, open: false }, limit, after);
    const all = open.length === 0 ? ended : [...open, ...ended].sort(newestFirst);
    return all.slice(0, limit);
  }

  #page(filter: SessionFilter, limit: number, after?: SessionCursor): SessionRecord[] {
    const where = whereOf(filter, this.#longestMs);
    if (after) where.add('(started_at, session_id) < (?, ?)', after.startedAtMs, after.sessionId);
    const index = filter.open ? 'INDEXED BY sessions_open' : '';
    return this.#database
      .prepare(
        `SELECT * FROM sessions ${index} ${where.sql} ORDER BY started_at DESC, session_id DESC LIMIT ?`,
      )
      .all(...where.values, limit)
      .map(recordOf);
  }

  /** What the sessions that match come to, in parts to be added up; see session-sums.ts. */
  sums(filter: SessionFilter): Generator<SessionSums> {
    return sessionSums(this.#database, filter, this.#longestMs);
  }

  one(sessionId: string): SessionRecord | null {
    const row = this.#database.prepare('SELECT * FROM sessions WHERE session_id = ?').get(sessionId);
    return row ? recordOf(row) : null;
  }

  /** Deletes up to `rowsMax` ended sessions that began before `beforeMs`; how many went. */
  prune(beforeMs: number, rowsMax: number): number {
    return this.#prune.run(beforeMs, rowsMax).changes;
  }
}

/** The table `sessions` of `database`. */
export function sessionsTable(database: Database): SessionsTable {
  return new SessionsTable(database);
}
export type { SessionFilter, SessionSums, SessionsTable };
