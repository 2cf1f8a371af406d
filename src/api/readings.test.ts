import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { HistoryError } from '../history/history-error.ts';
import type { ReplayParams } from '../history/replay-task.ts';
import type { SuggestionParams } from '../history/suggestion-task.ts';
import type { DetectorOptions } from '../model/device.ts';
import type { ReadingsQuery, ReadingsSeries } from '../model/reading-series.ts';
import { type ReplayReport, replayReportSchema, type Suggestion } from '../model/replay.ts';
import { openMemoryDatabase } from '../store/database.ts';
import { type SessionFilter, sessionsTable } from '../store/sessions.ts';
import { readingsRoutes } from './readings.ts';
import { stopped } from './test-api.ts';
import { createTestRoutes } from './test-routes.ts';

const DAY_MS = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

const OPTIONS: DetectorOptions = {
  deviceId: 'mill',
  machineName: 'Mill',
  standbyThresholdW: 5,
  workingThresholdW: 50,
  startDebounceMs: 3000,
  stopDebounceMs: 15_000,
  messageTimeoutMs: 90_000,
  heartbeatIntervalMs: 300_000,
  startOn: 'standby',
  powerSign: 'consume',
  ratedPowerW: null,
  offlineTimeoutMs: null,
  maxClockSkewMs: 5000,
  gapMaxMs: 3_600_000,
  forwardMeasurements: false,
};
const NOTHING = { sessions: 0, duration_s: 0, energy_kwh: 0 };
const SERIES: ReadingsSeries = {
  source: 'steps',
  stepMs: 90_000,
  points: [
    { at: 1000, minW: 1, maxW: 3, avgW: 2, lastW: 3 },
    { at: 91_000, minW: 4, maxW: 4, avgW: 4, lastW: 4, energyTotalKwh: 7.5, voltageV: 230, currentA: 0.1 },
  ],
  gaps: [{ fromMs: 2000, toMs: 90_000 }],
};

/** The routes over a device `mill`; what they ask the history for is kept. */
function routes(t: TestContext) {
  const now = Date.UTC(2026, 4, 1);
  const sessions = sessionsTable(openMemoryDatabase());
  const asked: { readings: ReadingsQuery[]; replays: ReplayParams[]; suggestions: SuggestionParams[] } = {
    readings: [],
    replays: [],
    suggestions: [],
  };
  const around = { fault: null as Error | null, signal: null as AbortSignal | null };
  const period = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => ({
    from: iso(fromMs),
    to: iso(toMs),
  });
  const report = (params: ReplayParams): ReplayReport => ({
    ...period(params),
    partial: false,
    readings: 0,
    late_messages: 0,
    before: NOTHING,
    after: NOTHING,
    changes: null,
    sessions: [],
    lost: [],
    truncated: false,
  });
  const suggestion = (params: SuggestionParams): Suggestion => ({
    ...period(params),
    confidence: 'none',
    session_config: null,
    clusters: [],
    margins: { standby: null, working: null },
    sentences: ['There are too few data.'],
    data: { readings: 0, heard_s: 0 },
    effect: null,
  });
  const pages: SessionFilter[] = [];
  const { app, call, access } = createTestRoutes((server) =>
    readingsRoutes(server, {
      clock: { wallMs: () => now, soon: (run) => queueMicrotask(run) },
      sessions: {
        list: (filter, limit, after) => {
          pages.push(filter);
          return sessions.list(filter, limit, after);
        },
      },
      configurationOf(deviceId, change) {
        if (deviceId !== 'mill') return null;
        const { standby_threshold_w: standbyW = 5 } = (change.session_config ?? {}) as Record<string, number>;
        if (standbyW > 50) {
          const errors = [{ path: 'session_config.standby_threshold_w', message: 'is above the other' }];
          return { ok: false, errors };
        }
        const startOn = change.start_on === 'working' ? 'working' : 'standby';
        const options = { ...OPTIONS, standbyThresholdW: standbyW, startOn } as const;
        return { ok: true, options, reportIntervalMs: 60_000 };
      },
      async readings(query) {
        asked.readings.push(query);
        if (around.fault) throw around.fault;
        return SERIES;
      },
      async replay(params, signal) {
        asked.replays.push(params);
        around.signal = signal;
        if (around.fault) throw around.fault;
        return report(params);
      },
      async suggestion(params) {
        asked.suggestions.push(params);
        if (around.fault) throw around.fault;
        return suggestion(params);
      },
    }),
  );
  t.after(() => app.close());
  const get = (url: string) => call('GET', url);
  const post = (body: object, id = 'mill') => call('POST', `/api/devices/${id}/replay`, body);
  return { get, post, access, sessions, asked, around, pages, now };
}

test('readings are told in the units of the wire', async (t) => {
  const api = routes(t);
  const answer = await api.get('/api/devices/mill/readings?points=50');
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, {
    device_id: 'mill',
    from: iso(api.now - DAY_MS),
    to: iso(api.now),
    source: 'steps',
    step_s: 90,
    points: [
      { at: iso(1000), min_w: 1, max_w: 3, avg_w: 2, last_w: 3 },
      {
        at: iso(91_000),
        min_w: 4,
        max_w: 4,
        avg_w: 4,
        last_w: 4,
        energy_kwh: 7.5,
        voltage_v: 230,
        current_a: 0.1,
      },
    ],
    gaps: [{ from: iso(2000), to: iso(90_000) }],
  });
  const query = { deviceId: 'mill', fromMs: api.now - DAY_MS, toMs: api.now, pointsMax: 50, gapMs: 90_000 };
  assert.deepEqual(api.asked.readings, [query]);
});

test('a period ends now at the latest, and has bounds', async (t) => {
  const api = routes(t);
  const { now } = api;
  const ask = (from: number | null, to: number | null) => {
    const query = [
      ...(from === null ? [] : [`from=${iso(from)}`]),
      ...(to === null ? [] : [`to=${iso(to)}`]),
    ];
    return api.get(`/api/devices/mill/suggestion?${query.join('&')}`);
  };
  for (const [from, to, fromMs, toMs] of [
    [null, null, now - 30 * DAY_MS, now],
    [now - 10, now + DAY_MS, now - 10, now],
    [null, now - DAY_MS, now - 31 * DAY_MS, now - DAY_MS],
    [now - 92 * DAY_MS, null, now - 92 * DAY_MS, now],
  ] as const) {
    assert.equal((await ask(from, to)).status, 200);
    const { deviceId, reportIntervalMs, ...asked } = api.asked.suggestions.at(-1) ?? assert.fail();
    assert.deepEqual([deviceId, reportIntervalMs], ['mill', 60_000]);
    assert.deepEqual(asked, { options: OPTIONS, fromMs, toMs });
  }
  for (const [from, to, fault] of [
    [now, now - 1, 'to must be later than from'],
    [now, null, 'from must not be in the future'],
    [now - 92 * DAY_MS - 1, null, 'from must be at most 92 days before to'],
  ] as const) {
    const answer = await ask(from, to);
    const [error] = answer.body.errors;
    assert.deepEqual([answer.status, `${error.path} ${error.message}`], [422, fault]);
  }
});

test('a replay takes what is given in place of what is configured, and the sessions that were', async (t) => {
  const api = routes(t);
  const { now } = api;
  for (let n = 0; n < 1203; n++)
    api.sessions.record(stopped(n, now - DAY_MS + n * 60_000, { durationS: 30 }));
  api.sessions.record(stopped(2000, now - DAY_MS, { deviceId: 'saw' }));
  const body = {
    from: iso(now - DAY_MS),
    to: iso(now),
    session_config: { standby_threshold_w: 7 },
    start_on: 'working',
  };
  const answer = await api.post(body);
  assert.equal(answer.status, 200);
  replayReportSchema.parse(answer.body);
  const { live, ...asked } = api.asked.replays[0] ?? assert.fail();
  assert.deepEqual(asked, {
    deviceId: 'mill',
    options: { ...OPTIONS, standbyThresholdW: 7, startOn: 'working' },
    fromMs: now - DAY_MS,
    toMs: now,
    nowMs: now,
    transitions: false,
  });
  assert.equal(live.length, 1203);
  assert.deepEqual(live[0], {
    started_at: iso(now - DAY_MS),
    ended_at: iso(now - DAY_MS + 30_000),
    reason: 'normal',
    duration_s: 30,
    energy_kwh: 0.125,
  });
  assert.ok(live.every(({ started_at }, i) => i === 0 || started_at > (live[i - 1]?.started_at ?? '')));
  assert.equal(api.pages.length, 3);
});

test('a replay is refused with the paths of its faults', async (t) => {
  const api = routes(t);
  const period = { from: iso(api.now - 1000), to: iso(api.now) };
  for (const [body, id, status, path] of [
    [period, 'saw', 404, undefined],
    [
      { ...period, session_config: { standby_threshold_w: 60 } },
      'mill',
      422,
      'session_config.standby_threshold_w',
    ],
    [{ from: period.to, to: period.from }, 'mill', 422, 'to'],
    [{ to: period.to }, 'mill', 422, 'from'],
    [{ from: iso(api.now - 401 * DAY_MS), to: period.to }, 'mill', 422, 'from'],
    [{ ...period, mqtt_topic: 'a' }, 'mill', 422, 'mqtt_topic'],
    [
      { ...period, session_config: { standby_treshold_w: 7 } },
      'mill',
      422,
      'session_config.standby_treshold_w',
    ],
    [{ ...period, session_config: 5 }, 'mill', 422, 'session_config'],
  ] as const) {
    const answer = await api.post(body, id);
    assert.deepEqual([answer.status, answer.body.errors[0]?.path], [status, path], JSON.stringify(body));
  }
  assert.equal(api.asked.replays.length, 0);
  for (const url of ['/api/devices/saw/readings', '/api/devices/saw/suggestion']) {
    assert.equal((await api.get(url)).status, 404);
  }
});

test('a history that cannot answer now is a 503, and what is wrong inside is not told', async (t) => {
  const api = routes(t);
  const period = { from: iso(api.now - 1000), to: iso(api.now) };
  const all = () =>
    Promise.all([
      api.get('/api/devices/mill/readings'),
      api.get('/api/devices/mill/suggestion'),
      api.post(period),
    ]);
  api.around.fault = new HistoryError('the computation took too long');
  for (const answer of await all()) {
    assert.deepEqual(
      [answer.status, answer.body.message],
      [503, 'There is no answer: the computation took too long'],
    );
  }
  api.around.fault = new Error('secret');
  for (const answer of await all()) {
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.text, /secret/);
  }
});

test('who may only look may use all of them; when nobody waits any more that is said', async (t) => {
  const api = routes(t);
  assert.deepEqual([...api.access.values()], ['view', 'view', 'view']);
  await api.post({ from: iso(api.now - 1000), to: iso(api.now) });
  assert.equal(api.around.signal?.aborted, true);
});
