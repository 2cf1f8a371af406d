import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { HistoryError } from '../history/history-error.ts';
import type { ReplayParams } from '../history/replay-task.ts';
import type { DetectorOptions } from '../model/device.ts';
import type { ReadingsQuery } from '../model/reading-series.ts';
import type { ReplayReport, ReplayTransition } from '../model/replay.ts';
import { sessionWhySchema } from '../model/session-why.ts';
import { openMemoryDatabase } from '../store/database.ts';
import { outboxTable } from '../store/outbox.ts';
import { sessionsTable } from '../store/sessions.ts';
import { deadlinesOf, sessionWhyRoute } from './session-why.ts';
import { stopped, uuid } from './test-api.ts';
import { createTestRoutes } from './test-routes.ts';

const STARTED = Date.UTC(2026, 4, 1, 10);
const NOW = STARTED + 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();
const NOTHING = { sessions: 0, duration_s: 0, energy_kwh: 0 };

const OPTIONS: DetectorOptions = {
  deviceId: 'mill',
  machineName: 'Mill',
  standbyThresholdW: 5,
  workingThresholdW: 50,
  startDebounceMs: 3000,
  stopDebounceMs: 15_000,
  messageTimeoutMs: 90_000,
  heartbeatIntervalMs: null,
  startOn: 'standby',
  powerSign: 'consume',
  ratedPowerW: null,
  offlineTimeoutMs: null,
  maxClockSkewMs: 5000,
  gapMaxMs: 3_600_000,
  forwardMeasurements: false,
};
const TRANSITIONS: ReplayTransition[] = [
  { at: iso(STARTED), state: 'starting' },
  { at: iso(STARTED + 3000), state: 'working' },
  { at: iso(STARTED + 60_000), state: 'stopping' },
  { at: iso(STARTED + 75_000), state: 'idle' },
];

/** The route over one session of `mill` and one of a device that is no more. */
function routes(t: TestContext) {
  const database = openMemoryDatabase();
  const sessions = sessionsTable(database);
  const outbox = outboxTable(database);
  sessions.record(stopped(1, STARTED));
  sessions.record(stopped(2, STARTED, { deviceId: 'gone' }));
  const asked: { readings: ReadingsQuery[]; replays: ReplayParams[] } = { readings: [], replays: [] };
  const around = { fault: null as Error | null, changes: { same: 1, changed: 0, new: 3, lost: 0 } };
  const { app, call, access } = createTestRoutes((server) =>
    sessionWhyRoute(server, {
      clock: { wallMs: () => NOW, soon: (run) => queueMicrotask(run) },
      sessions,
      outbox,
      configurationOf: (id) =>
        id === 'mill' ? { ok: true, options: OPTIONS, reportIntervalMs: 60_000 } : null,
      async readings(query) {
        asked.readings.push(query);
        if (around.fault) throw around.fault;
        const points = [{ at: STARTED, minW: 1, maxW: 3, avgW: 2, lastW: 3, voltageV: 230 }];
        return { source: 'readings', stepMs: null, points, gaps: [{ fromMs: STARTED - 5, toMs: STARTED }] };
      },
      async replay(params): Promise<ReplayReport> {
        asked.replays.push(params);
        return {
          from: iso(params.fromMs),
          to: iso(params.toMs),
          partial: false,
          readings: 1,
          late_messages: 0,
          before: NOTHING,
          after: NOTHING,
          changes: around.changes,
          sessions: [],
          lost: [],
          transitions: TRANSITIONS,
          truncated: false,
        };
      },
    }),
  );
  t.after(() => app.close());
  const why = (n: number) => call('GET', `/api/sessions/${uuid(n)}/why`);
  return { why, access, outbox, asked, around };
}

test('a session is told with its readings, transitions, deadlines, events and the configuration', async (t) => {
  const api = routes(t);
  const row = { deviceId: 'mill', ts: STARTED, body: Buffer.from('{}') };
  api.outbox.append(
    [
      { ...row, uid: 'a', sessionId: uuid(1), eventType: 'session_started' },
      { ...row, uid: 'b', sessionId: uuid(9), eventType: 'session_started' },
      { ...row, uid: 'c', sessionId: uuid(1), eventType: 'session_stopped' },
    ],
    NOW,
  );
  api.outbox.settle([{ seq: 3, outcome: 'parked', reason: '404 no such machine' }], NOW + 5);
  const answer = await api.why(1);
  assert.equal(answer.status, 200);
  const told = sessionWhySchema.parse(answer.body);
  assert.equal(told.session.session_id, uuid(1));
  assert.deepEqual([told.from, told.to], [iso(STARTED - 60_000), iso(STARTED + 60_000 + 105_000 + 60_000)]);
  assert.equal(told.agreement, 'same');
  assert.deepEqual(told.transitions, TRANSITIONS);
  assert.deepEqual(told.readings, {
    source: 'readings',
    step_s: null,
    points: [{ at: iso(STARTED), min_w: 1, max_w: 3, avg_w: 2, last_w: 3 }],
    gaps: [{ from: iso(STARTED - 5), to: iso(STARTED) }],
  });
  assert.deepEqual(
    told.events.map((event) => [event.type, event.state, event.attempts, event.last_error, event.settled_at]),
    [
      ['session_started', 'pending', 0, null, null],
      ['session_stopped', 'parked', 1, '404 no such machine', iso(NOW + 5)],
    ],
  );
  assert.deepEqual(
    [told.configuration?.message_timeout_s, told.configuration?.heartbeat_interval_s],
    [90, null],
  );
  const [replayed] = api.asked.replays;
  assert.deepEqual([replayed?.live.length, replayed?.live[0]?.started_at], [1, iso(STARTED)]);
  assert.deepEqual([api.asked.readings[0]?.pointsMax, api.asked.readings[0]?.gapMs], [5000, 90_000]);
});

test('whether the configuration in force gives the session is told', async (t) => {
  const api = routes(t);
  for (const [changes, agreement] of [
    [{ same: 0, changed: 1, new: 0, lost: 0 }, 'changed'],
    [{ same: 0, changed: 0, new: 2, lost: 1 }, 'missing'],
  ] as const) {
    api.around.changes = changes;
    assert.equal((await api.why(1)).body.agreement, agreement);
  }
});

test('of a device that is no more there are readings, and nothing that follows from its configuration', async (t) => {
  const api = routes(t);
  const { status, body } = await api.why(2);
  assert.equal(status, 200);
  assert.deepEqual(
    [body.configuration, body.agreement, body.transitions, body.deadlines],
    [null, null, [], []],
  );
  assert.equal(body.readings.points.length, 1);
  assert.equal(api.asked.replays.length, 0);
});

test('each start and stop waited for its debounce, and silence for the timeout', () => {
  const at = (s: number) => iso(STARTED + s * 1000);
  const session = (reason: string, endedAt: string | null) =>
    ({ reason, ended_at: endedAt }) as Parameters<typeof deadlinesOf>[2];
  const words = (transitions: ReplayTransition[], reason = 'normal', endedAt: string | null = null) =>
    deadlinesOf(transitions, OPTIONS, session(reason, endedAt)).map(
      ({ kind, set_at, due_at, outcome }) =>
        `${kind} ${(Date.parse(set_at) - STARTED) / 1000}-${(Date.parse(due_at) - STARTED) / 1000} ${outcome}`,
    );
  assert.deepEqual(words(TRANSITIONS), ['confirm 0-3 met', 'stop 60-75 met']);
  assert.deepEqual(
    words([
      { at: at(0), state: 'starting' },
      { at: at(1), state: 'idle' },
      { at: at(9), state: 'stopping' },
      { at: at(12), state: 'standby' },
      { at: at(20), state: 'stopping' },
    ]),
    ['confirm 0-3 withdrawn', 'stop 9-24 withdrawn', 'stop 20-35 open'],
  );
  assert.deepEqual(words([{ at: at(0), state: 'starting' }], 'timeout', at(5)), [
    'confirm 0-3 open',
    'timeout 5-95 met',
  ]);
  const silent = [
    { at: at(0), state: 'stopping' },
    { at: at(9), state: 'idle' },
  ] as const;
  assert.deepEqual(words([...silent], 'timeout', at(0)), ['stop 0-15 withdrawn', 'timeout -81-9 met']);
});

test('an unknown session is a 404, a history that cannot answer a 503; who may only look may look', async (t) => {
  const api = routes(t);
  assert.equal((await api.why(7)).status, 404);
  api.around.fault = new HistoryError('the computation took too long');
  const { status, body } = await api.why(1);
  assert.deepEqual([status, body.message], [503, 'There is no answer: the computation took too long']);
  assert.deepEqual([...api.access.values()], ['view']);
});
