import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Discovery } from '../devices/discovery.ts';
import { DiscoveryScans } from '../devices/discovery-scans.ts';
import { discoveredSchema } from '../model/discovery.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { discoveryRoutes } from './discovery.ts';
import { createTestRoutes } from './test-routes.ts';

/** The routes over a discovery that takes every topic for a Tasmota meter. */
function routes(t: TestContext) {
  const log = logTo({ write: () => {} }, 'INFO');
  const clock = new ManualClock();
  const around = { reason: null as string | null };
  const discovery = new Discovery({
    sightingOf: ({ topic }) => ({
      meters: [{ parserType: 'tasmota', mqttTopic: topic, name: `<b>${topic}</b>` }],
      values: { powerW: 5 },
    }),
    isTaken: () => false,
    isIdTaken: () => false,
    titleOf: () => 'Tasmota',
    isSound: () => true,
    log,
  });
  const scans = new DiscoveryScans({
    brokerIds: () => ['main'],
    scan: async () => (around.reason === null ? { ok: true } : { ok: false, reason: around.reason }),
    publish: async () => ({ sent: true }),
    lookAgain: () => discovery.lookAgain(),
    clock,
    log,
  });
  const { app, call, access } = createTestRoutes((inner) => discoveryRoutes(inner, { discovery, scans }));
  t.after(() => app.close());
  for (const topic of ['tele/saw/SENSOR', 'tele/lathe/SENSOR']) {
    const at = { receivedAt: clock.wallMs(), steadyAt: clock.steadyMs(), retained: false, qos: 0 as const };
    discovery.heard({ topic, payload: Buffer.from('x'), ...at, done: () => {} }, 'main', false);
    clock.advance(1000);
  }
  return { call, access, clock, around };
}

test('what was found is listed, searched and hidden', async (t) => {
  const { call } = routes(t);
  const list = async (query = '') => (await call('GET', `/api/discovery${query}`)).body;
  const all = await list();
  assert.deepEqual(
    all.found.map(({ topic }: { topic: string }) => topic),
    ['tele/lathe/SENSOR', 'tele/saw/SENSOR'],
  );
  for (const one of all.found) discoveredSchema.strict().parse(one);
  assert.deepEqual([all.total, all.scans], [2, []]);
  assert.equal(all.found[0].name, '<b>tele/lathe/SENSOR</b>');
  const page = await list('?limit=1');
  assert.deepEqual([page.found.length, page.total], [1, 2]);
  assert.equal((await list('?search=SAW')).total, 1);
  const url = `/api/discovery/${all.found[0].id}`;
  assert.equal((await call('DELETE', url)).status, 200);
  assert.equal((await call('DELETE', url)).status, 404);
  assert.equal((await list()).total, 1);
});

test('a search says until when, is shown while it runs, and is gone then', async (t) => {
  const { call, clock } = routes(t);
  const scan = await call('POST', '/api/discovery/scan', { seconds: 5, filter: 'factory/#' });
  const expected = {
    broker_id: 'main',
    filters: ['factory/#'],
    started_at: '2026-01-31T10:00:02.000Z',
    until: '2026-01-31T10:00:07.000Z',
  };
  assert.deepEqual(
    [scan.status, scan.body],
    [200, { status: 'success', message: 'The search runs', ...expected }],
  );
  const running = async () => (await call('GET', '/api/discovery')).body.scans;
  assert.deepEqual(await running(), [expected]);
  clock.advance(5000);
  assert.deepEqual(await running(), []);
});

const SCANS: [body: object, status: number, path: string | null][] = [
  [{}, 200, null],
  [{ filter: '#' }, 200, null],
  [{ seconds: 4 }, 422, 'seconds'],
  [{ seconds: 601 }, 422, 'seconds'],
  [{ seconds: '60' }, 422, 'seconds'],
  [{ filter: 'a/#/b' }, 422, 'filter'],
  [{ filter: '' }, 422, 'filter'],
  [{ filter: '$SYS/#' }, 422, 'filter'],
  [{ filter: '$share/g/a' }, 422, 'filter'],
  [{ broker_id: 'nowhere' }, 404, null],
  [{ seconds: 60, power: 1 }, 422, 'power'],
];

test('what can be searched, and what is wrong with the rest', async (t) => {
  const { call } = routes(t);
  for (const [payload, status, path] of SCANS) {
    const answer = await call('POST', '/api/discovery/scan', payload);
    assert.equal(answer.status, status, JSON.stringify(payload));
    assert.equal(answer.body.errors?.[0]?.path ?? null, path, JSON.stringify(payload));
  }
});

test('a broker that cannot be listened to says why', async (t) => {
  const { call, around } = routes(t);
  around.reason = 'the broker is not connected';
  const { status, body } = await call('POST', '/api/discovery/scan', {});
  assert.deepEqual(
    [status, body.message],
    [503, 'The search could not be started: the broker is not connected'],
  );
});

test('who may look, and who may search', (t) => {
  assert.deepEqual(Object.fromEntries(routes(t).access), {
    'GET /api/discovery': 'view',
    'DELETE /api/discovery/:id': 'change',
    'POST /api/discovery/scan': 'change',
  });
});
