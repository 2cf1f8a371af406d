import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Broker } from '../model/broker.ts';
import { serviceSchema } from '../model/service.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { Service } from './service.ts';
import { createStage } from './stage.ts';

function setUp(more: { kept?: string | null; brokers?: Broker[] } = {}) {
  const clock = new ManualClock();
  const around = {
    steps: [] as string[],
    fault: null as string | null,
    kept: more.kept ?? null,
    brokers: more.brokers ?? createStage().brokers.list(),
  };
  const step = async (name: string) => {
    around.steps.push(`${name}…`);
    await new Promise<void>((resolve) => clock.soon(resolve));
    if (around.fault !== null) throw new Error(around.fault);
    around.steps.push(name);
  };
  const service = new Service({
    startReception: () => step('start'),
    stopReception: () => step('stop'),
    persisted: {
      get: () => around.kept,
      set: (reason) => {
        around.kept = reason;
      },
    },
    brokers: () => around.brokers,
    clock,
    log: logTo({ write: () => undefined }, 'ERROR'),
  });
  return { service, clock, around };
}

test('it starts with the process and says so', async () => {
  const { service, clock } = setUp();
  assert.partialDeepStrictEqual(service.report(), { status: 'stopped', reason: 'The bridge is starting.' });
  clock.advance(1000);
  assert.deepEqual(await service.begin(), { ok: true });
  const report = service.report();
  serviceSchema.strict().parse(report);
  assert.partialDeepStrictEqual(report, {
    status: 'running',
    connection: 'connected',
    started_at: '2026-01-31T10:00:01.000Z',
    stopped_at: null,
    reason: null,
    persisted: false,
  });
  assert.deepEqual(
    report.brokers.map(({ broker_id }) => broker_id),
    ['main', 'embedded'],
  );
});

test('a stop disconnects; it is over with the process unless it is to persist', async () => {
  for (const persist of [false, true]) {
    const { service, around, clock } = setUp();
    await service.begin();
    clock.advance(5000);
    assert.deepEqual(await service.stop(persist), { ok: true });
    const report = service.report();
    assert.partialDeepStrictEqual(report, {
      status: 'stopped',
      connection: 'disconnected',
      since: '2026-01-31T10:00:05.000Z',
      stopped_at: '2026-01-31T10:00:05.000Z',
      persisted: persist,
    });
    assert.match(report.reason ?? '', /^Stopped over the API at 2026-01-31T10:00:05/);
    assert.ok(report.brokers.every(({ connection }) => connection === 'disconnected'));
    const next = setUp({ kept: around.kept });
    await next.service.begin();
    assert.equal(next.service.report().status, persist ? 'stopped' : 'running');
    if (persist) assert.match(next.service.report().reason ?? '', /until it is started there again/);
    await next.service.start();
    assert.partialDeepStrictEqual(next.service.report(), { status: 'running', persisted: false });
  }
});

test('what is asked twice is done once', async () => {
  const { service, around } = setUp();
  await Promise.all([service.begin(), service.start(), service.start()]);
  await Promise.all([service.stop(false), service.stop(false)]);
  assert.deepEqual(around.steps, ['start…', 'start', 'stop…', 'stop']);
});

test('what is asked at once is done in turn', async () => {
  const { service, around } = setUp();
  const done = [service.start(), service.stop(false), service.start(), service.restart(), service.end()];
  assert.deepEqual(
    await Promise.all(done),
    done.map(() => ({ ok: true })),
  );
  const steps = ['start', 'stop', 'start', 'stop', 'start', 'stop'];
  assert.deepEqual(
    around.steps,
    steps.flatMap((name) => [`${name}…`, name]),
  );
});

test('a stop that is to persist, asked while stopped, persists', async () => {
  const { service, around } = setUp();
  await service.stop(true);
  assert.match(around.kept ?? '', /^Stopped over the API/);
  await service.restart();
  assert.deepEqual([around.kept, service.report().status], [null, 'running']);
});

test('a start that fails is told, and can be tried again', async () => {
  const { service, around } = setUp();
  around.fault = 'Port 1883 is in use';
  assert.deepEqual(await service.begin(), { ok: false, reason: 'Port 1883 is in use' });
  assert.partialDeepStrictEqual(service.report(), {
    status: 'stopped',
    started_at: null,
    reason: 'Port 1883 is in use',
  });
  around.fault = null;
  assert.deepEqual(await service.start(), { ok: true });
});

test('a stop that fails stops all the same', async () => {
  const { service, around } = setUp();
  await service.begin();
  around.fault = 'no';
  assert.deepEqual(await service.stop(false), { ok: true });
  assert.equal(service.report().status, 'stopped');
});

test('the end of the process is no stop that persists, and nothing starts after it', async () => {
  const { service, around } = setUp();
  await service.begin();
  await service.end();
  assert.equal(around.kept, null);
  assert.deepEqual(await service.start(), { ok: false, reason: 'The bridge is ending.' });
  assert.deepEqual(around.steps, ['start…', 'start', 'stop…', 'stop']);
});

test('the connection is that of the main broker, and it says why it is not there', async () => {
  const at = '2026-01-31T10:00:07.000Z';
  const last_fault = { at, reason: 'login', message: 'user name or password is wrong' };
  const [main, embedded] = createStage().brokers.list();
  assert.ok(main && embedded);
  const down = { ...main, state: { connection: 'connecting' as const, since: at, last_fault } };
  const { service, around } = setUp({ brokers: [embedded, down] });
  await service.begin();
  assert.partialDeepStrictEqual(service.report(), {
    status: 'running',
    connection: 'connecting',
    since: at,
    reason: 'user name or password is wrong',
  });
  around.brokers = [embedded, { ...down, enabled: false }];
  assert.equal(service.report().connection, 'connected');
  around.brokers = [];
  assert.partialDeepStrictEqual(service.report(), {
    connection: 'disconnected',
    reason: 'There is no broker to connect to.',
  });
});
