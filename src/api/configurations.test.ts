import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApplyResult } from '../devices/configuration.ts';
import type { Configuration } from '../model/device.ts';
import { deviceConfigSchema } from '../model/device.ts';
import { configurationsTable } from '../store/configurations.ts';
import { openMemoryDatabase } from '../store/database.ts';
import { configurationHistoryRoutes } from './configurations.ts';
import { createTestRoutes } from './test-routes.ts';

const AT = Date.UTC(2026, 0, 31, 10);
const device = (id: string, more: object = {}) =>
  deviceConfigSchema.parse({ device_id: id, mqtt_topic: `t/${id}`, parser_type: 'auto', ...more });

const APPLIED: ApplyResult = {
  status: 'applied',
  devicesConfigured: 1,
  added: [],
  updated: ['press'],
  removed: ['saw'],
  warnings: [],
  appliedAt: AT,
};

/** Two configurations, the newer one in force. */
function stage(result: ApplyResult = APPLIED) {
  const table = configurationsTable(openMemoryDatabase());
  const keep = (digest: string, source: string, appliedAt: number, { devices }: Configuration) =>
    table.record({ appliedAt, source, digest, devices: devices.length, body: JSON.stringify({ devices }) });
  const older = { devices: [device('press', { session_config: { stop_debounce_s: 30 } }), device('saw')] };
  const current = { devices: [device('press', { machine_name: 'Press' }), device('lathe')] };
  keep('a', 'file', AT - 1000, older);
  keep('b', 'push', AT, current);
  const restored: unknown[] = [];
  const routes = createTestRoutes((app) =>
    configurationHistoryRoutes(app, {
      configurationHistory: {
        ...table,
        current: () => current,
        digest: () => 'b',
        restore: async (input) => {
          restored.push(input);
          return result;
        },
      },
    }),
  );
  return { ...routes, restored, older };
}

test('the history is listed newest first, page by page, and says what is in force', async () => {
  const { call } = stage();
  const first = await call('GET', '/api/configurations?limit=1');
  const newest = {
    id: 2,
    applied_at: '2026-01-31T10:00:00.000Z',
    source: 'push',
    devices: 2,
    in_force: true,
  };
  assert.deepEqual(first.body, { configurations: [newest], next_before: 2 });
  const second = await call('GET', '/api/configurations?before=2');
  assert.equal(second.body.next_before, null);
  assert.deepEqual(
    second.body.configurations.map((one: { id: number; in_force: boolean }) => [one.id, one.in_force]),
    [[1, false]],
  );
});

test('one is shown whole; of one that is not kept it says so', async () => {
  const { call, older } = stage();
  const { body } = await call('GET', '/api/configurations/1');
  assert.deepEqual(body.configuration, older);
  for (const path of ['/99', '/99/diff/current', '/1/diff/99']) {
    assert.equal((await call('GET', `/api/configurations${path}`)).status, 404);
  }
  assert.equal((await call('GET', '/api/configurations/x')).status, 422);
});

test('two are compared by device and field, in either direction', async () => {
  const { call } = stage();
  const { body } = await call('GET', '/api/configurations/1/diff/current');
  assert.deepEqual(body.counts, { added: 1, removed: 1, changed: 1, unchanged: 0 });
  assert.deepEqual(body.changed, [
    {
      device_id: 'press',
      machine_name: 'Press',
      fields: [
        { path: 'session_config.stop_debounce_s', before: 30, after: 15 },
        { path: 'machine_name', after: 'Press' },
      ],
    },
  ]);
  assert.equal(body.added[0].device_id, 'lathe');
  assert.deepEqual(body.removed[0].fields[0], { path: 'mqtt_topic', value: 't/saw' });
  for (const from of ['2', 'current']) {
    const back = await call('GET', `/api/configurations/${from}/diff/1`);
    assert.equal(back.body.added[0].device_id, 'saw');
  }
});

test('going back hands the kept one in, and tells what changed', async () => {
  const { call, restored, older, access } = stage();
  const { status, body } = await call('POST', '/api/configurations/1/restore');
  assert.equal(status, 200);
  assert.deepEqual([body.updated, body.removed], [['press'], ['saw']]);
  assert.deepEqual(restored, [older]);
  assert.equal(access.get('POST /api/configurations/:id/restore'), 'change');
  assert.equal(access.get('GET /api/configurations'), 'view');
  assert.equal((await call('POST', '/api/configurations/99/restore')).status, 404);
});

test('one that cannot be used any more is refused with the reasons', async () => {
  const errors = [{ path: 'devices[0].parser_type', message: 'must be one of …' }];
  const invalid = await stage({ status: 'invalid', errors }).call('POST', '/api/configurations/1/restore');
  assert.deepEqual([invalid.status, invalid.body.errors], [422, errors]);
  const failed = await stage({ status: 'failed', reason: 'disk full' }).call(
    'POST',
    '/api/configurations/1/restore',
  );
  assert.equal(failed.status, 503);
  assert.match(failed.body.message, /disk full/);
});
