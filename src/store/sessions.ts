import type { BridgeEvent } from '../model/event.ts';
import type { SessionRecord } from '../model/machine.ts';
import type { Database, Row, Statement, Value } from './database.ts';

export type SessionFilter = {
  deviceId?: string | undefined;
  /** Sessions that were open at some time in [fromMs, toMs). */
  fromMs?: number | undefined;
  toMs?: number | undefined;
  open?: boolean | undefined;
};

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
      const times = [Date.parse(p.started_at), Date.parse(p.ended_at)];
      const figures = FIGURES.map((name): Value => p[name]);
      this.#end.run(p.session_id, event.device_id, p.machine_name, ...times, p.reason, ...figures, at);
    }
  }

  /** Sessions that match, newest first; `after` continues a page. */
  list(filter: SessionFilter, limit: number, after?: SessionCursor): SessionRecord[] {
    const where: string[] = [];
    const values: Value[] = [];
    const add = (sql: string, ...more: Value[]) => {
      where.push(sql);
      values.push(...more);
    };
    if (filter.deviceId !== undefined) add('device_id = ?', filter.deviceId);
    if (filter.fromMs !== undefined) add('(ended_at IS NULL OR ended_at >= ?)', filter.fromMs);
    if (filter.toMs !== undefined) add('started_at < ?', filter.toMs);
    if (filter.open !== undefined) add(filter.open ? 'ended_at IS NULL' : 'ended_at IS NOT NULL');
    if (after) add('(started_at, session_id) < (?, ?)', after.startedAtMs, after.sessionId);
    const condition = where.length > 0 ? `WHERE ${where.join(' AND ')}` : '';
    return this.#database
      .prepare(`SELECT * FROM sessions ${condition} ORDER BY started_at DESC, session_id DESC LIMIT ?`)
      .all(...values, limit)
      .map(recordOf);
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
export type { SessionsTable };
