import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { type BridgeEvent, bridgeEventSchema, type EventOf, runEventSchema } from '../src/model/event.ts';
import { encodeEvent } from '../src/outbox/dialect.ts';

/** `UPDATE_CONTRACT=1 npx node --test test/contract.test.ts` writes the schema; otherwise it is compared. */
const UPDATE = process.env.UPDATE_CONTRACT === '1';
const CONTRACT = new URL('../contract/', import.meta.url);
const SCHEMA_FILE = new URL('events.schema.json', CONTRACT);
const EXAMPLES = new URL('examples/', CONTRACT);

/** The examples of the session dialect, and what the run dialect makes of each. */
const RUN_EXAMPLE_OF: Record<string, string | null> = {
  'session_started.json': 'run_start.json',
  'session_heartbeat.json': null,
  'session_stopped.json': 'run_stop.json',
  'session_timeout.json': 'run_stop_timeout.json',
  'device_online.json': null,
  'device_offline.json': null,
  'power_measurement.json': 'power_measurement.json',
  'flow_event.json': 'flow_event.json',
};
const SESSION_EXAMPLES = Object.keys(RUN_EXAMPLE_OF);
const RUN_EXAMPLES = Object.values(RUN_EXAMPLE_OF).filter((file) => file !== null);

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, EXAMPLES), 'utf8'));
}

function typesIn(files: string[]): Set<string> {
  return new Set(files.map((file) => (read(file) as BridgeEvent).event_type));
}

function typesOf(schema: typeof bridgeEventSchema | typeof runEventSchema): Set<string> {
  return new Set(schema.options.map((option) => option.shape.event_type.value));
}

/** What the schema says of the file, as a value: unknown fields would be missing from it. */
function sessionExample(file: string): BridgeEvent {
  return bridgeEventSchema.parse(read(file));
}

function definition(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

function schemaText(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Events of the IoT bridge, as Odoo receives them',
    description: 'Generated from src/model/event.ts. One event is of the session or of the run dialect.',
    anyOf: [{ $ref: '#/$defs/session_event' }, { $ref: '#/$defs/run_event' }],
    $defs: { session_event: definition(bridgeEventSchema), run_event: definition(runEventSchema) },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

test('contract/events.schema.json is what src/model/event.ts says', () => {
  const text = schemaText();
  if (UPDATE) writeFileSync(SCHEMA_FILE, text);
  const hint =
    'the events changed: run UPDATE_CONTRACT=1 npx node --test test/contract.test.ts, and tell Odoo';
  assert.equal(readFileSync(SCHEMA_FILE, 'utf8'), text, hint);
});

test('there is an example of every event of both dialects, and no other file', () => {
  assert.deepEqual(readdirSync(EXAMPLES).sort(), [...new Set([...SESSION_EXAMPLES, ...RUN_EXAMPLES])].sort());
  assert.deepEqual(typesIn(SESSION_EXAMPLES), typesOf(bridgeEventSchema));
  assert.deepEqual(typesIn(RUN_EXAMPLES), typesOf(runEventSchema));
});

test('each example is exactly what its schema describes', () => {
  for (const file of SESSION_EXAMPLES) assert.deepEqual(sessionExample(file), read(file), file);
  for (const file of RUN_EXAMPLES) assert.deepEqual(runEventSchema.parse(read(file)), read(file), file);
});

test('the bridge writes the examples, in both dialects', () => {
  for (const [file, runFile] of Object.entries(RUN_EXAMPLE_OF)) {
    // The event as the bridge thinks it: key order and all, as in the file.
    const event = read(file) as BridgeEvent;
    const written = (dialect: 'session' | 'run') => {
      const encoded = encodeEvent(event, dialect);
      return encoded && Buffer.from(encoded.body).toString('utf8');
    };
    assert.equal(written('session'), JSON.stringify(read(file)), file);
    assert.equal(written('run'), runFile === null ? null : JSON.stringify(read(runFile)), file);
  }
});

test('ids are not shared by different events', () => {
  const ids = SESSION_EXAMPLES.map((file) => sessionExample(file).event_uid);
  assert.equal(new Set(ids).size, ids.length);
});

test('the figures of the examples add up', () => {
  const stopped = sessionExample('session_stopped.json') as EventOf<'session_stopped'>;
  const timedOut = sessionExample('session_timeout.json') as EventOf<'session_timeout'>;
  const heartbeat = sessionExample('session_heartbeat.json') as EventOf<'session_heartbeat'>;
  const cases = [
    { p: stopped.payload, from: stopped.payload.started_at, to: stopped.payload.ended_at },
    { p: timedOut.payload, from: timedOut.payload.started_at, to: timedOut.payload.ended_at },
    { p: heartbeat.payload, from: heartbeat.payload.started_at, to: heartbeat.payload.interval_end },
  ];
  for (const { p, from, to } of cases) {
    assert.equal(p.duration_s, (Date.parse(to) - Date.parse(from)) / 1000);
    assert.equal(p.duration_s, p.standby_duration_s + p.working_duration_s + p.interruption_duration_s);
    const kwh = (p.avg_power_w * p.duration_s) / 3_600_000;
    assert.ok(Math.abs(p.energy_kwh - kwh) < 0.01 * kwh, `${p.energy_kwh} and ${kwh}`);
    assert.ok(p.avg_power_w <= p.max_power_w && p.power_w <= p.max_power_w);
  }
  // The debounce of 15 s and the timeout of 20 s of the documents' configuration.
  assert.equal(Date.parse(stopped.ts) - Date.parse(stopped.payload.ended_at), 15_000);
  assert.equal(Date.parse(timedOut.ts) - Date.parse(timedOut.payload.last_message_at), 20_000);
});
