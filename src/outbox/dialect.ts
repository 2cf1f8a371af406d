import type { BridgeEvent, EventType, RunEvent } from '../model/event.ts';

/** Which names Odoo is told: `session_started`, … or `run_start` and `run_stop`. */
export type Dialect = 'session' | 'run';

const RUN_NAME: Record<EventType, RunEvent['event_type'] | null> = {
  session_started: 'run_start',
  session_heartbeat: null,
  session_stopped: 'run_stop',
  session_timeout: 'run_stop',
  device_online: null,
  device_offline: null,
  power_measurement: 'power_measurement',
  flow_event: 'flow_event',
};

/**
 * An event as Odoo receives it: one JSON object in UTF-8, without spaces.
 * The outbox keeps these bytes, so that every try sends the same ones; `event_uid` is that of the event.
 * @returns null when `dialect` has no such event
 */
export function encodeEvent(
  event: BridgeEvent,
  dialect: Dialect,
): { eventType: string; body: Uint8Array } | null {
  const eventType = dialect === 'run' ? RUN_NAME[event.event_type] : event.event_type;
  if (eventType === null) return null;
  const text = JSON.stringify({
    schema_version: event.schema_version,
    event_uid: event.event_uid,
    event_type: eventType,
    device_id: event.device_id,
    ts: event.ts,
    payload: event.payload,
  });
  return { eventType, body: Buffer.from(text, 'utf8') };
}
