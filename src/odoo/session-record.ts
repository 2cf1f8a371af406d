import type { Delivery } from '../model/delivery.ts';

/** What the bridge can tell of a session; which of it is kept, and in which field of the record, is a setting. */
export const SESSION_KEYS = [
  'session_id',
  'device_id',
  'machine_name',
  'state',
  'started_at',
  'ended_at',
  'duration_s',
  'standby_duration_s',
  'working_duration_s',
  'interruption_duration_s',
  'energy_kwh',
  'energy_source',
  'power_w',
  'avg_power_w',
  'min_power_w',
  'max_power_w',
  'message_count',
  'reason',
  'last_message_at',
] as const;
type SessionKey = (typeof SESSION_KEYS)[number];

/** The field of the record for each thing that is kept. By these two the record is found, and known to be closed. */
export type FieldMap = { readonly [K in SessionKey]?: string } & {
  readonly session_id: string;
  readonly ended_at: string;
};

/** What an event means for the record of its session. */
export type SessionStep = 'start' | 'heartbeat' | 'end';

const STEPS: Record<string, SessionStep> = {
  session_started: 'start',
  run_start: 'start',
  session_heartbeat: 'heartbeat',
  session_stopped: 'end',
  session_timeout: 'end',
  run_stop: 'end',
};

/** True from the start of a session to its end: an event that comes late may still tell it. */
const CONSTANT = new Set<string>(['session_id', 'device_id', 'machine_name', 'started_at']);
const TIMES = new Set<string>(['started_at', 'ended_at', 'last_message_at']);

type Values = { [K in SessionKey]?: string | number };
export type SessionEvent = { step: SessionStep; sessionId: string; values: Values };

/** The session of an event, and what it tells; null when the event is not one of a session. */
export function sessionOf({ eventType, body }: Delivery): SessionEvent | null {
  const step = STEPS[eventType];
  if (!step) return null;
  const { device_id, payload } = JSON.parse(Buffer.from(body).toString('utf8')) as {
    device_id: string;
    payload: Values & { session_id: string };
  };
  const state = step === 'end' ? 'closed' : 'open';
  return { step, sessionId: payload.session_id, values: { ...payload, device_id, state } };
}

/** What the record is known to hold. */
export type KnownRecord = { isClosed: boolean; durationS: number | null };

/**
 * The columns and the one row that bring the record up to date, for `load`, which wants text and UTC in whole
 * seconds. An event that comes after the session's end, be it another end, or after a newer heartbeat, must not
 * take anything back.
 * @param known null: there is no record yet
 * @returns null when the record needs nothing
 */
export function rowFor(
  { step, sessionId, values }: SessionEvent,
  fields: FieldMap,
  known: KnownRecord | null,
): { columns: string[]; row: string[] } | null {
  if (known?.isClosed) return null;
  if (step === 'heartbeat' && Number(values.duration_s) < (known?.durationS ?? 0)) return null;
  const columns = ['id'];
  const row = [`iot_bridge.session_${sessionId}`];
  for (const key of SESSION_KEYS) {
    const field = fields[key];
    const value = values[key];
    if (field === undefined || value === undefined) continue;
    if (step === 'start' && (key === 'power_w' || key === 'reason')) continue;
    if (step === 'start' && known && !CONSTANT.has(key)) continue;
    columns.push(field);
    row.push(TIMES.has(key) ? odooTime(String(value)) : String(value));
  }
  return { columns, row };
}

/** `2026-01-31T10:30:15.500Z` as `2026-01-31 10:30:15`. */
function odooTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
