import type { Database, Row, Value } from './database.ts';
import { type SessionFilter, Where, whereOf } from './session-filter.ts';

/** What sessions come to together; an open one counts with what it has so far. */
export type SessionSums = {
  sessions: number;
  open: number;
  duration_s: number;
  standby_duration_s: number;
  working_duration_s: number;
  interruption_duration_s: number;
  energy_kwh: number;
};

const SUMS = `count(*) AS sessions, count(*) - count(ended_at) AS open, total(duration_s) AS duration_s,
  total(standby_duration_s) AS standby_duration_s, total(working_duration_s) AS working_duration_s,
  total(interruption_duration_s) AS interruption_duration_s, total(energy_kwh) AS energy_kwh`;

/** Sessions summed up at a time: some milliseconds. */
const SLICE_ROWS = 10_000;

function sumsOf(row: Row | undefined): SessionSums {
  return {
    sessions: Number(row?.sessions),
    open: Number(row?.open),
    duration_s: Number(row?.duration_s),
    standby_duration_s: Number(row?.standby_duration_s),
    working_duration_s: Number(row?.working_duration_s),
    interruption_duration_s: Number(row?.interruption_duration_s),
    energy_kwh: Number(row?.energy_kwh),
  };
}

/** Sums the ended sessions of `filter`, newest first, a slice at a time. */
function* endedSums(database: Database, filter: SessionFilter, longestMs: number): Generator<SessionSums> {
  const { deviceId, fromMs, toMs, reason } = filter;
  const index = deviceId === undefined ? 'sessions_by_time' : 'sessions_by_device';
  const earliest = fromMs === undefined ? Number.MIN_SAFE_INTEGER : fromMs - longestMs;
  const device: Value[] = deviceId === undefined ? [] : [deviceId];
  const range = (deviceId === undefined ? new Where() : new Where().add('device_id = ?', deviceId))
    .add('started_at < ?')
    .add('started_at >= ?');
  // Only the index is read: where the slice after the one that ends at the first value begins.
  const next = database.prepare(
    `SELECT started_at FROM sessions INDEXED BY ${index} ${range.sql} ORDER BY started_at DESC LIMIT 1 OFFSET ${SLICE_ROWS}`,
  );
  const rest = whereOf({ fromMs, reason, open: false }, longestMs);
  const sum = database.prepare(
    `SELECT ${SUMS} FROM sessions INDEXED BY ${index} ${range.sql} ${rest.sql.replace('WHERE', 'AND')}`,
  );
  let before = toMs ?? Number.MAX_SAFE_INTEGER;
  for (;;) {
    const from = next.get(...device, before, earliest)?.started_at as number | undefined;
    yield sumsOf(sum.get(...device, before, from ?? earliest, ...rest.values));
    if (from === undefined) return;
    before = from;
  }
}

/**
 * What the sessions that match come to: the sums of one slice after the other, so that the caller can take a
 * breath between them.
 */
export function* sessionSums(
  database: Database,
  filter: SessionFilter,
  longestMs: number,
): Generator<SessionSums> {
  const { open } = filter;
  if (open !== false) {
    const { sql, values } = whereOf({ ...filter, open: true }, longestMs);
    yield sumsOf(
      database.prepare(`SELECT ${SUMS} FROM sessions INDEXED BY sessions_open ${sql}`).get(...values),
    );
  }
  if (open !== true) yield* endedSums(database, filter, longestMs);
}
