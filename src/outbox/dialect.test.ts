import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BridgeEvent, EventType } from '../model/event.ts';
import { encodeEvent } from './dialect.ts';

/** encodeEvent looks at the type alone; the payloads are those of contract/examples, checked there. */
function event(type: EventType): BridgeEvent {
  return {
    payload: { machine_name: 'Säge "3"\n\u2028', power_w: 0.1 },
    ts: '2026-01-31T10:30:18.500Z',
    device_id: 'saw',
    event_type: type,
    event_uid: '5f1d6b0c-5d7a-5b8e-9c3f-0a1b2c3d4e5f',
    schema_version: 'v1',
  } as unknown as BridgeEvent;
}

test('each dialect has its own name for an event, or none', () => {
  const cases: [EventType, string | null][] = [
    ['session_started', 'run_start'],
    ['session_heartbeat', null],
    ['session_stopped', 'run_stop'],
    ['session_timeout', 'run_stop'],
    ['device_online', null],
    ['device_offline', null],
    ['power_measurement', 'power_measurement'],
    ['flow_event', 'flow_event'],
  ];
  for (const [type, run] of cases) {
    assert.equal(encodeEvent(event(type), 'session')?.eventType, type);
    assert.equal(encodeEvent(event(type), 'run')?.eventType ?? null, run, type);
  }
});

test('the bytes are compact UTF-8 JSON with the envelope in its order', () => {
  const encoded = encodeEvent(event('session_timeout'), 'run');
  assert.equal(
    Buffer.from(encoded?.body ?? []).toString('utf8'),
    '{"schema_version":"v1","event_uid":"5f1d6b0c-5d7a-5b8e-9c3f-0a1b2c3d4e5f","event_type":"run_stop",' +
      '"device_id":"saw","ts":"2026-01-31T10:30:18.500Z",' +
      '"payload":{"machine_name":"Säge \\"3\\"\\n\u2028","power_w":0.1}}',
  );
});
