import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryDatabase } from '../store/database.ts';
import { sessionsTable } from '../store/sessions.ts';
import { sessionsSummary } from './schemas.ts';
import { sessionSummaryRoutes } from './session-summary.ts';
import { createTestApi, FULL_TOKEN, stopped, uuid } from './test-api.ts';
import { createTestRoutes } from './test-routes.ts';

function createSummary() {
  const sessions = sessionsTable(openMemoryDatabase());
  let breaths = 0;
  const clock = {
    soon(work: () => void) {
      breaths += 1;
      setImmediate(work);
    },
  };
  return {
    sessions,
    breaths: () => breaths,
    ...createTestRoutes((app) => sessionSummaryRoutes(app, { sessions, clock })),
  };
}

test('the sums are of everything that matches, without the dust of binary fractions', async () => {
  const api = createSummary();
  for (let n = 0; n < 3; n += 1) {
    const event = stopped(n, Date.UTC(2026, 0, 1 + n), { durationS: 0.1 });
    api.sessions.record({ ...event, payload: { ...event.payload, energy_kwh: 0.1 } });
  }
  const { status, body } = await api.call('GET', '/api/sessions/summary');
  assert.equal(status, 200);
  sessionsSummary.strict().parse(body);
  assert.deepEqual(body, {
    sessions: 3,
    open: 0,
    duration_s: 0.3,
    standby_duration_s: 0,
    working_duration_s: 0.3,
    interruption_duration_s: 0,
    energy_kwh: 0.3,
  });
  assert.equal(api.breaths(), 2);
});

test('the filters are those of the list; faults say where', async () => {
  const api = createSummary();
  api.sessions.record(stopped(1, Date.UTC(2026, 0, 1)));
  api.sessions.record(stopped(2, Date.UTC(2026, 0, 2), { deviceId: 'saw' }));
  const count = async (query: string) =>
    (await api.call('GET', `/api/sessions/summary?${query}`)).body.sessions;
  assert.equal(await count('device_id=saw'), 1);
  assert.equal(await count('from=2026-01-02'), 1);
  assert.equal(await count('to=2026-01-02'), 1);
  assert.equal(await count('open=true'), 0);
  assert.equal(await count('reason=normal'), 2);
  assert.equal(await count('reason=timeout'), 0);
  const fault = await api.call('GET', '/api/sessions/summary?reason=because');
  assert.equal(fault.status, 422);
  assert.equal(fault.body.errors[0].path, 'reason');
  assert.equal((await api.call('GET', '/api/sessions/summary?from=2026-01-02&to=2026-01-01')).status, 422);
  assert.deepEqual([...api.access], [['GET /api/sessions/summary', 'view']]);
});

test('list and file know the reason too', async () => {
  const { app, sessions } = createTestApi();
  const headers = { authorization: `Bearer ${FULL_TOKEN}` };
  sessions.record(stopped(1, Date.UTC(2026, 0, 1)));
  const ids = async (reason: string) => {
    const { body } = await app.inject({ url: `/api/sessions?reason=${reason}`, headers });
    return JSON.parse(body).sessions.map((one: { session_id: string }) => one.session_id);
  };
  assert.deepEqual(await ids('normal'), [uuid(1)]);
  assert.deepEqual(await ids('gap'), []);
  const { body } = await app.inject({ url: '/api/sessions.csv?reason=gap', headers });
  assert.equal(body.trim().split('\r\n').length, 1);
  await app.close();
});
