import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import {
  appliedSchema,
  configurationSchema,
  event,
  eventsPage,
  machinesPage,
  sessionsPage,
} from './schemas.ts';
import { addEvent, createTestApi, FULL_TOKEN, machine, stopped, uuid } from './test-api.ts';

const headers = { authorization: `Bearer ${FULL_TOKEN}` };

type TestApi = ReturnType<typeof createTestApi>;

/** The answer to a GET, which must fit the schema that the documentation shows. */
async function get<S extends z.ZodObject>({ app }: TestApi, url: string, schema: S): Promise<z.infer<S>> {
  const answer = await app.inject({ url, headers });
  assert.equal(answer.statusCode, 200, answer.body);
  schema.strict().parse(answer.json());
  return answer.json();
}

test('an applied push answers to the letter; the body arrives as it was sent', async () => {
  const api = createTestApi();
  const warnings = [{ path: 'devices[0].colour', message: 'is not known' }];
  api.around.push = {
    status: 'applied',
    devicesConfigured: 2,
    added: ['a'],
    updated: ['b'],
    removed: ['c'],
    warnings,
    appliedAt: Date.UTC(2026, 1, 12, 19, 40, 18),
  };
  const payload = { devices: [{ device_id: 'a', colour: 'red' }], version: '1.0' };
  const answer = await api.app.inject({ method: 'POST', url: '/config', headers, payload });
  assert.deepEqual(
    [answer.statusCode, answer.json()],
    [
      200,
      {
        status: 'success',
        message: 'Configuration applied',
        devices_configured: 2,
        timestamp: '2026-02-12T19:40:18.000Z',
        added: ['a'],
        updated: ['b'],
        removed: ['c'],
        warnings,
      },
    ],
  );
  appliedSchema.strict().parse(answer.json());
  assert.deepEqual(api.around.pushed, [payload]);
  await api.app.close();
});

test('a push with faults lists them all; one that cannot be stored is a 503', async () => {
  const api = createTestApi();
  const errors = Array.from({ length: 501 }, (_, i) => ({
    path: `devices[${i}]`,
    message: 'must be an object',
  }));
  api.around.push = { status: 'invalid', errors };
  const invalid = await api.app.inject({ method: 'POST', url: '/config', headers, payload: [] });
  assert.equal(invalid.statusCode, 422);
  assert.deepEqual(invalid.json().errors, errors);
  api.around.push = { status: 'failed', reason: 'no space left on device' };
  const failed = await api.app.inject({ method: 'POST', url: '/config', headers, payload: { devices: [] } });
  assert.equal(failed.statusCode, 503);
  assert.match(failed.json().message, /no space left on device.*stays in force/);
  await api.app.close();
});

test('GET /config is the configuration in force', async () => {
  const api = createTestApi();
  const device = { device_id: 'a', mqtt_topic: 'a/b', parser_type: 'shelly_pm' };
  const { devices } = configurationSchema.parse({ devices: [device] });
  api.around.configuration = { devices, version: '1.0' };
  assert.deepEqual(await get(api, '/config', configurationSchema), api.around.configuration);
  await api.app.close();
});

const MACHINES = [
  machine('mill', 'CNC Mill', 'working'),
  machine('saw', 'Säge', 'working'),
  machine('lathe/ü 1', 'Lathe'),
];

const DEVICE_QUERIES: [query: string, ids: string[], total: number][] = [
  ['', ['mill', 'saw', 'lathe/ü 1'], 3],
  ['?state=working', ['mill', 'saw'], 2],
  ['?state=stopping', [], 0],
  ['?search=mil', ['mill'], 1],
  ['?search=S%C3%84GE', ['saw'], 1],
  ['?search=LATHE/', ['lathe/ü 1'], 1],
  ['?search=.*', [], 0],
  ['?state=working&search=cnc', ['mill'], 1],
  ['?limit=1&offset=1', ['saw'], 3],
  ['?offset=3', [], 3],
];

test('devices are found by state and by part of their name', async () => {
  const api = createTestApi();
  api.around.machines = MACHINES;
  for (const [query, ids, total] of DEVICE_QUERIES) {
    const page = await get(api, `/api/devices${query}`, machinesPage);
    assert.deepEqual([page.devices.map((one) => one.device_id), page.total], [ids, total], query);
  }
  const one = await api.app.inject({ url: `/api/devices/${encodeURIComponent('lathe/ü 1')}`, headers });
  assert.partialDeepStrictEqual(one.json(), { ...MACHINES[2] });
  await api.app.close();
});

test('a device is found by the longest id there may be', async () => {
  const api = createTestApi();
  const id = '機'.repeat(128);
  api.around.machines = [machine(id, 'Machine')];
  const { statusCode } = await api.app.inject({ url: `/api/devices/${encodeURIComponent(id)}`, headers });
  assert.equal(statusCode, 200);
  await api.app.close();
});

test('sessions come newest first, each on one page', async () => {
  const api = createTestApi();
  const start = Date.UTC(2026, 0, 1);
  for (let n = 0; n < 7; n += 1) api.sessions.record(stopped(n, start + Math.floor(n / 2) * 1000));
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const page: z.infer<typeof sessionsPage> = await get(api, `/api/sessions?limit=3${query}`, sessionsPage);
    seen.push(...page.sessions.map((one) => one.session_id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  assert.deepEqual(seen, [6, 5, 4, 3, 2, 1, 0].map(uuid));
  await api.app.close();
});

const SESSION_QUERIES: [query: string, numbers: number[]][] = [
  ['', [2, 1, 0]],
  ['?device_id=saw', [1]],
  ['?device_id=%27%20OR%201=1', []],
  ['?from=2026-01-02', [2, 1]],
  ['?to=2026-01-02', [0]],
  ['?from=2026-01-02T00:00:00%2B02:00&to=2026-01-03T00:00:00%2B02:00', [1]],
  ['?open=true', []],
  ['?open=false', [2, 1, 0]],
];

test('sessions are found by device, period and whether they are open', async () => {
  const api = createTestApi();
  for (const [n, deviceId] of ['mill', 'saw', 'mill'].entries()) {
    api.sessions.record(stopped(n, Date.UTC(2026, 0, n + 1, 12), { deviceId }));
  }
  for (const [query, numbers] of SESSION_QUERIES) {
    const { sessions } = await get(api, `/api/sessions${query}`, sessionsPage);
    assert.deepEqual(
      sessions.map((one) => one.session_id),
      numbers.map(uuid),
      query,
    );
  }
  await api.app.close();
});

test('events are listed by state, page by page, with the body that Odoo is sent', async () => {
  const api = createTestApi();
  for (const [n, state] of (['parked', 'pending', 'delivered', 'parked'] as const).entries())
    addEvent(api, n, state);
  const uids = async (query: string) =>
    (await get(api, `/api/events${query}`, eventsPage)).events.map((one) => one.event_uid);
  assert.deepEqual(await uids(''), [3, 2, 1, 0].map(uuid));
  assert.deepEqual(await uids('?state=parked'), [3, 0].map(uuid));
  assert.deepEqual(await uids('?device_id=saw'), []);
  const { next_before } = await get(api, '/api/events?limit=2', eventsPage);
  assert.deepEqual(await uids(`?limit=2&before=${next_before}`), [1, 0].map(uuid));
  const one = await get(api, `/api/events/${uuid(3)}`, event);
  assert.deepEqual(
    [one.state, one.attempts, one.refusals, one.last_error, one.body],
    ['parked', 1, 1, 'no such machine', { event_uid: uuid(3) }],
  );
  await api.app.close();
});

test('a parked event is sent again once; others are refused with their state', async () => {
  const api = createTestApi();
  const [parked, pending, delivered] = [
    addEvent(api, 1, 'parked'),
    addEvent(api, 2, 'pending'),
    addEvent(api, 3, 'delivered'),
  ];
  const retry = (uid: string) => api.app.inject({ method: 'POST', url: `/api/events/${uid}/retry`, headers });
  assert.deepEqual((await retry(parked)).json(), {
    status: 'success',
    message: 'The event waits again',
    events: 1,
  });
  assert.deepEqual(api.around.woken, [`alone:${parked}`]);
  for (const [uid, state] of [
    [parked, 'pending'],
    [pending, 'pending'],
    [delivered, 'delivered'],
  ] as const) {
    const answer = await retry(uid);
    assert.deepEqual([answer.statusCode, answer.json().message.includes(state)], [409, true], uid);
  }
  assert.equal(api.around.woken.length, 1);
  await api.app.close();
});

test('all parked events are sent again, and only they', async () => {
  const api = createTestApi();
  for (const [n, state] of (['parked', 'pending', 'delivered', 'parked'] as const).entries())
    addEvent(api, n, state);
  // A client that sends a JSON header out of habit, without a body, is no fault.
  const sent = { ...headers, 'content-type': 'application/json' };
  const answer = await api.app.inject({ method: 'POST', url: '/api/events/retry', headers: sent });
  assert.deepEqual([answer.statusCode, answer.json().events], [200, 2]);
  assert.deepEqual(api.around.woken, [`alone:${uuid(0)}`, `alone:${uuid(3)}`]);
  assert.deepEqual(api.outbox.counts(), { pending: 3, parked: 0 });
  await api.app.close();
});
