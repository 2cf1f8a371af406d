import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { HistoryError } from '../history/history-error.ts';
import { curvesRoutes, type MachineCurve } from './curves.ts';
import { createTestRoutes } from './test-routes.ts';

const NOW = Date.UTC(2026, 4, 1, 10, 0, 12);
const MILL = { deviceId: 'mill', standbyThresholdW: 5, workingThresholdW: 50 };

function routes(answer: () => Promise<MachineCurve[]>) {
  const asked: [fromMs: number, toMs: number, points: number][] = [];
  const made = createTestRoutes((app) =>
    curvesRoutes(app, {
      clock: { wallMs: () => NOW },
      curves(...query) {
        asked.push(query);
        return answer();
      },
    }),
  );
  return { ...made, asked };
}

test('half an hour in steps that end with the running one', async () => {
  const { call, access, asked } = routes(async () => [{ ...MILL, points: [null, 12.345, 0] }]);
  const { status, body } = await call('GET', '/api/curves');
  assert.equal(status, 200);
  assert.deepEqual(body, {
    step_s: 30,
    from: '2026-05-01T09:30:30.000Z',
    curves: [{ device_id: 'mill', standby_threshold_w: 5, working_threshold_w: 50, points: [null, 12.3, 0] }],
  });
  const toMs = Date.UTC(2026, 4, 1, 10, 0, 30);
  assert.deepEqual(asked, [[toMs - 1_800_000, toMs, 60]]);
  assert.equal(access.get('GET /api/curves'), 'view');
});

test('other minutes and points, within bounds', async () => {
  const { call, asked } = routes(async () => []);
  assert.equal((await call('GET', '/api/curves?minutes=60&points=120')).body.step_s, 30);
  assert.equal(asked[0]?.[2], 120);
  for (const query of ['minutes=0', 'minutes=241', 'points=1', 'points=241', 'minutes=x']) {
    assert.equal((await call('GET', `/api/curves?${query}`)).status, 422, query);
  }
});

test('those who ask at the same time share the work, and later ones do not', async () => {
  const work = Promise.withResolvers<never[]>();
  const begun = Promise.withResolvers<void>();
  const { call, asked } = routes(() => {
    begun.resolve();
    return work.promise;
  });
  const asking = Array.from({ length: 3 }, () => call('GET', '/api/curves'));
  await begun.promise;
  // Every question is at the route before the first is answered.
  for (let i = 0; i < 10; i++) await turn();
  work.resolve([]);
  const answers = await Promise.all(asking);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  assert.equal(asked.length, 1);
  await call('GET', '/api/curves');
  assert.equal(asked.length, 2);
});

test('a history that cannot answer is told as such', async () => {
  const { call } = routes(() => Promise.reject(new HistoryError('it is busy')));
  const { status, body } = await call('GET', '/api/curves');
  assert.deepEqual([status, body.message], [503, 'There is no answer: it is busy']);
});
