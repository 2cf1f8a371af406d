import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type CallFault, type JsonRpcOdoo, startJsonRpcOdoo } from '../../simulator/stand-in-json-rpc.ts';
import type { Delivery, Verdict } from '../model/delivery.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createJsonRpcSink, type JsonRpcSinkOptions } from './json-rpc-sink.ts';

const KEY = 'k3y-that-nobody-may-see';
const LOGIN = { database: 'workshop', username: 'bridge@example.com', apiKey: KEY };
const MODEL = 'x_machine_session';
const FIELDS = {
  session_id: 'x_session_id',
  machine_name: 'x_name',
  state: 'x_state',
  started_at: 'x_started_at',
  ended_at: 'x_ended_at',
  duration_s: 'x_duration_s',
  energy_kwh: 'x_energy_kwh',
  message_count: 'x_messages',
  reason: 'x_reason',
};
const SESSION = '9d54434d-26eb-5783-b860-c2154f37b6ec';
const EXTERNAL_ID = `iot_bridge.session_${SESSION}`;

type Example = { event_uid: string; event_type: string; device_id: string; payload: Record<string, unknown> };

/** An event of contract/examples, all of one session, with something changed in its payload. */
function delivery(name: string, change: object = {}): Delivery {
  const path = new URL(`../../contract/examples/${name}.json`, import.meta.url);
  const event = JSON.parse(readFileSync(path, 'utf8')) as Example;
  const payload = { ...event.payload, session_id: SESSION, ...change };
  return {
    uid: event.event_uid,
    deviceId: event.device_id,
    eventType: event.event_type,
    body: Buffer.from(JSON.stringify({ ...event, payload })),
    attempts: 0,
  };
}

async function stage(t: TestContext, over: Partial<JsonRpcSinkOptions> = {}) {
  const odoo: JsonRpcOdoo = await startJsonRpcOdoo({
    ...LOGIN,
    model: MODEL,
    fields: {
      x_session_id: 'char',
      x_name: 'char',
      x_state: ['open', 'closed'],
      x_started_at: 'datetime',
      x_ended_at: 'datetime',
      x_duration_s: 'float',
      x_energy_kwh: 'float',
      x_messages: 'integer',
      x_reason: 'char',
    },
  });
  const clock = new ManualClock();
  const sink = createJsonRpcSink({
    ...LOGIN,
    baseUrl: odoo.url,
    model: MODEL,
    fields: FIELDS,
    clock,
    ...over,
  });
  t.after(async () => {
    await sink.abort();
    await odoo.close();
  });
  return { odoo, clock, sink, record: () => odoo.records().get(EXTERNAL_ID) };
}

const DELIVERED: Verdict = { status: 'delivered' };
const STARTED = {
  id: 1,
  x_session_id: SESSION,
  x_name: 'CNC Mill (Workshop)',
  x_state: 'open',
  x_started_at: '2026-01-31 10:30:15',
  x_ended_at: false,
  x_duration_s: 0,
  x_energy_kwh: 0,
  x_messages: 0,
  x_reason: false,
} as const;
const BEATING = { ...STARTED, x_duration_s: 303, x_energy_kwh: 0.0515, x_messages: 303 } as const;
const CLOSED = {
  ...STARTED,
  x_state: 'closed',
  x_ended_at: '2026-01-31 11:02:47',
  x_duration_s: 1951.5,
  x_energy_kwh: 0.3552,
  x_messages: 1952,
  x_reason: 'normal',
} as const;
const TIMED_OUT = { ...CLOSED, x_reason: 'timeout' } as const;

const late = (name: string) => delivery(name, { duration_s: 99_999, energy_kwh: 99 });
/** What a restored copy makes of the session that it found open. */
const shorterTimeout = {
  ...delivery('session_stopped', { duration_s: 60, reason: 'timeout' }),
  eventType: 'session_timeout',
};
const stopAs = (reason: string) => delivery('session_stopped', { reason });

test('the events of a session make one record, whatever their order and however often they come', async (t) => {
  const start = delivery('session_started');
  const beat = delivery('session_heartbeat');
  const stop = delivery('session_stopped');
  const noName = { ...BEATING, x_name: false } as const;
  const rows: [name: string, events: Delivery[], expected: object | undefined][] = [
    ['start', [start], STARTED],
    ['start twice', [start, start], STARTED],
    ['heartbeat', [start, beat], BEATING],
    ['heartbeat without a start', [beat], noName],
    ['start after a heartbeat', [beat, start], BEATING],
    [
      'an older heartbeat',
      [start, beat, delivery('session_heartbeat', { duration_s: 10, energy_kwh: 0.001 })],
      BEATING,
    ],
    ['stop', [start, beat, stop], CLOSED],
    ['stop alone', [stop], CLOSED],
    ['stop twice', [stop, stop], CLOSED],
    ['a shorter time-out after the stop', [start, stop, shorterTimeout], CLOSED],
    ['a stop after the time-out', [{ ...stopAs('timeout'), eventType: 'session_timeout' }, stop], TIMED_OUT],
    ['late heartbeat', [start, stop, late('session_heartbeat')], CLOSED],
    ['late start', [stop, delivery('session_started', { machine_name: 'other' })], CLOSED],
    ['time-out', [start, { ...stopAs('timeout'), eventType: 'session_timeout' }], TIMED_OUT],
    ['the run dialect', [delivery('run_start'), delivery('run_stop')], CLOSED],
    [
      'events that are not of a session',
      [delivery('device_online'), delivery('power_measurement'), delivery('flow_event')],
      undefined,
    ],
  ];
  for (const [name, events, expected] of rows) {
    await t.test(name, async (each) => {
      const { odoo, sink, record } = await stage(each);
      for (const event of events) assert.deepEqual(await sink.deliver(event), DELIVERED);
      assert.deepEqual(record(), expected);
      assert.equal(odoo.records().size, expected ? 1 : 0);
    });
  }
});

test('it logs in once, and again when the key was withdrawn', async (t) => {
  const { odoo, sink } = await stage(t);
  await sink.deliver(delivery('session_started'));
  await sink.deliver(delivery('session_stopped'));
  assert.deepEqual(odoo.calls, ['authenticate', 'search_read', 'load', 'search_read', 'load']);
  assert.deepEqual(await sink.deliver(delivery('session_stopped')), DELIVERED);
  assert.deepEqual(odoo.calls.slice(5), ['search_read'], 'a repeat needs nothing');
  odoo.setApiKey('new');
  const refused = await sink.deliver(delivery('session_stopped'));
  assert.match(
    refused.status === 'away' ? refused.reason : '',
    /refused the key.*Check ODOO_USERNAME, ODOO_API_KEY and/,
  );
  odoo.setApiKey(KEY);
  assert.deepEqual(await sink.deliver(delivery('session_stopped')), DELIVERED);
});

test('an answer that was lost is asked for again and changes nothing', async (t) => {
  const { odoo, sink, record } = await stage(t);
  let lost = 0;
  odoo.set((_, method) => (method === 'load' && lost++ === 0 ? 'drop-after' : 'ok'));
  assert.equal((await sink.deliver(delivery('session_stopped'))).status, 'away');
  assert.deepEqual(await sink.deliver(delivery('session_stopped')), DELIVERED);
  assert.deepEqual([odoo.records().size, record()], [1, CLOSED]);
});

test('what is wrong with the way to Odoo means away, and says what to do', async (t) => {
  const rows: [name: string, over: Partial<JsonRpcSinkOptions>, reason: RegExp][] = [
    ['wrong key', { apiKey: 'wrong' }, /^Odoo refused the key \(bridge@example\.com\)\. Check ODOO_USERNAME/],
    ['wrong database', { database: 'nowhere' }, /database "nowhere" does not exist\. Check ODOO_DATABASE\.$/],
    [
      'no model',
      { model: 'x_nope' },
      /^Odoo has no model x_nope\. Make it, or name another one in ODOO_MODEL\.$/,
    ],
    [
      'no field',
      { fields: { ...FIELDS, ended_at: 'x_nope' } },
      /^A field is missing in x_machine_session: .*x_nope.*\. Make it, or change ODOO_FIELDS\.$/,
    ],
  ];
  for (const [name, over, reason] of rows) {
    const { sink } = await stage(t, over);
    for (const event of ['session_started', 'session_stopped']) {
      const verdict = await sink.deliver(delivery(event));
      assert.match(
        verdict.status === 'away' ? verdict.reason : JSON.stringify(verdict),
        reason,
        `${name} ${event}`,
      );
    }
  }
});

test('a missing right means away; a value that the record does not take is a refusal', async (t) => {
  const { odoo, sink, record } = await stage(t);
  const all = { read: true, create: true, write: true };
  for (const right of ['read', 'create', 'write'] as const) {
    odoo.setRights(all);
    if (right === 'write') assert.deepEqual(await sink.deliver(delivery('session_started')), DELIVERED);
    odoo.setRights({ ...all, [right]: false });
    const verdict = await sink.deliver(delivery('session_started'));
    const reason = verdict.status === 'away' ? verdict.reason : JSON.stringify(verdict);
    assert.match(
      reason,
      /^bridge@example\.com may not keep records of x_machine_session in Odoo\. Give a group/,
      right,
    );
  }
  odoo.setRights(all);
  const verdict = await sink.deliver(delivery('session_stopped', { message_count: 1.5 }));
  assert.match(
    verdict.status === 'refused' ? verdict.reason : '',
    /did not take the record: '1\.5' does not seem to be an integer for field 'x_messages'/,
  );
  assert.equal(record()?.x_state, 'open');
});

test('a database that fails means away; what it does not take of the record is a refusal', async (t) => {
  const { odoo, sink, record } = await stage(t);
  // As psycopg2 and Odoo 18's load word it.
  const rows: [said: string, status: Verdict['status'], reason: RegExp][] = [
    [
      'could not extend file "base/16384/2619": No space left on device\nHINT:  Check free disk space.\n',
      'away',
      /^Odoo's database failed: could not extend file .* disk space\.$/,
    ],
    ['could not serialize access due to concurrent update\n', 'away', /failed: could not serialize/],
    ['konnte Zugriff nicht serialisieren wegen gleichzeitiger Aktualisierung\n', 'away', /konnte Zugriff/],
    ["Unknown database error: 'cannot execute INSERT in a read-only transaction\n'", 'away', /read-only/],
    ['connection already closed', 'away', /failed: connection already closed/],
    ['value too long for type character varying(8)\n', 'refused', /not take the record: value too long/],
    ['integer out of range\n', 'refused', /integer out of range/],
    [
      'new row for relation "x_machine_session" violates check constraint "c"\nDETAIL:  Failing row …\n',
      'refused',
      /violates check/,
    ],
    ["The values for the fields 'a' and 'b' already exist", 'refused', /already exist/],
    ['A session needs a machine.', 'refused', /not take the record: A session needs a machine\.$/],
  ];
  for (const [said, status, reason] of rows) {
    odoo.failWrites({ message: said });
    const verdict = await sink.deliver(delivery('session_stopped'));
    assert.equal(verdict.status, status, said);
    assert.match('reason' in verdict ? verdict.reason : '', reason);
  }
  odoo.failWrites({ message: "Missing required value for the field 'Name' (x_name)\n", field: 'x_name' });
  assert.equal((await sink.deliver(delivery('session_stopped'))).status, 'refused');
  odoo.failWrites(null);
  assert.deepEqual(await sink.deliver(delivery('session_stopped')), DELIVERED);
  assert.deepEqual(record(), CLOSED);
});

test('answers that are not of JSON-RPC have the verdicts of any answer', async (t) => {
  const rows: [fault: CallFault, status: string, reason: RegExp][] = [
    [{ status: 503 }, 'away', /^Odoo answered 503\.$/],
    [{ status: 404, body: '<html>' }, 'away', /HTML/],
    [{ status: 200, body: '{}' }, 'away', /not JSON-RPC/],
    [{ status: 200, body: 'ok' }, 'away', /not JSON/],
    ['drop-before', 'away', /dropped the connection/],
    [
      {
        status: 200,
        body: JSON.stringify({
          error: { data: { name: 'psycopg2.errors.SerializationFailure', message: 'x' } },
        }),
      },
      'away',
      /database failed/,
    ],
    [
      {
        status: 200,
        body: JSON.stringify({ error: { data: { name: 'builtins.TypeError', message: `bad ${KEY}` } } }),
      },
      'refused',
      /answered with an error: bad \*\*\*$/,
    ],
  ];
  for (const [fault, status, reason] of rows) {
    const { odoo, sink } = await stage(t);
    odoo.set((_, method) => (method === 'load' ? fault : 'ok'));
    const verdict = await sink.deliver(delivery('session_stopped'));
    assert.equal(verdict.status, status, JSON.stringify([fault, verdict]));
    assert.match('reason' in verdict ? verdict.reason : '', reason);
  }
});
