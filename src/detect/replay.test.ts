import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { DetectorOptions } from '../model/device.ts';
import { replayedSessionSchema } from '../model/replay.ts';
import type { Input } from './detector.ts';
import { type ReplayPeriod, replay } from './replay.ts';
import { at, EXAMPLE_OPTIONS, readingAt, secondsOf, T0, Timeline } from './timeline.ts';

const ALWAYS: ReplayPeriod = { fromMs: 0, toMs: Number.POSITIVE_INFINITY, untilMs: null };

/** Readings `second:W`, arriving live. */
function readings(rows: string): Input[] {
  return rows.split(' ').map((row) => {
    const [second = 0, powerW = 0] = row.split(':').map(Number);
    return { kind: 'reading', reading: readingAt(at(second), { powerW }) };
  });
}

/** The sessions that a live device told as ended, in the words of a replay. */
function toldBy(timeline: Timeline) {
  return timeline
    .ofType('session_stopped', 'session_timeout')
    .map(({ payload }) => replayedSessionSchema.strip().parse(payload));
}

/** A world in which a device is listened to: what is said to the detector, and when. */
type Said = { input: Input; wallAt: number; steadyAt: number };

type Action = { gapMs: number } & (
  | { kind: 'reading'; powerW: number | null; addedWh: number | null; ageMs: number | null }
  | { kind: 'lost' | 'back' | 'removed' | 'restarted' | 'offline' }
  | { kind: 'stepped'; byMs: number }
);

const gapMs = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 4000 }) },
  { weight: 5, arbitrary: fc.constantFrom(0, 3000, 15_000, 20_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5_000_000 }) },
);
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        gapMs,
        kind: fc.constant('reading' as const),
        powerW: fc.constantFrom(null, 0, 4, 20, 60, 60, 300, -60),
        addedWh: fc.constantFrom(null, null, 0, 1, 50, -500),
        ageMs: fc.constantFrom(null, 0, 4000, 20_000),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        gapMs,
        kind: fc.constantFrom(...(['lost', 'back', 'back', 'removed', 'restarted', 'offline'] as const)),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        gapMs,
        kind: fc.constant('stepped' as const),
        byMs: fc.constantFrom(-3_600_000, -1, 250, 3_600_000),
      }),
    },
  ),
  { maxLength: 80 },
);

function worldOf(script: readonly Action[]): Said[] {
  const said: Said[] = [];
  let wallAt = T0;
  let steadyAt = T0;
  let kwh = 7;
  let lostAt: number | null = null;
  for (const action of script) {
    wallAt += action.gapMs;
    steadyAt += action.gapMs;
    const say = (input: Input) => said.push({ input, wallAt, steadyAt });
    switch (action.kind) {
      case 'reading': {
        if (action.addedWh !== null) kwh = Math.max(0, kwh + action.addedWh / 1000);
        const ageMs = lostAt === null ? 0 : Math.min(action.ageMs ?? 0, wallAt - lostAt);
        const reading = readingAt(wallAt, {
          steadyAt,
          ...(action.powerW !== null && { powerW: action.powerW }),
          ...(action.addedWh !== null && { energyTotalKwh: kwh }),
          ...(action.ageMs !== null && { deviceTime: wallAt - ageMs }),
        });
        say({ kind: 'reading', reading });
        break;
      }
      case 'offline':
        say({ kind: 'reading', reading: readingAt(wallAt, { steadyAt, presence: 'offline' }) });
        break;
      case 'lost':
        lostAt ??= wallAt;
        say({ kind: 'link_lost', steadyAt });
        break;
      case 'back':
        lostAt = null;
        say({ kind: 'link_back', wallAt, steadyAt });
        break;
      case 'removed':
        say({ kind: 'removed', wallAt, steadyAt });
        break;
      case 'restarted': {
        lostAt ??= wallAt;
        const heardSteadyAt = steadyAt;
        steadyAt = wallAt;
        say({ kind: 'restarted', wallAt, steadyAt, heardSteadyAt });
        break;
      }
      case 'stepped':
        wallAt += action.byMs;
        break;
    }
  }
  return said;
}

/**
 * A device with timers that fire on time; what was due by a restart was carried out by the process before.
 * @returns it, and the log of what it was told
 */
function live(said: readonly Said[], options: DetectorOptions): { timeline: Timeline; log: Input[] } {
  const timeline = new Timeline(options);
  const log: Input[] = [];
  for (const { input, steadyAt } of said) {
    const firedBy = input.kind === 'restarted' ? (input.heardSteadyAt ?? steadyAt) : steadyAt;
    timeline.runTo(firedBy, (deadline) => log.push(deadline));
    timeline.input(input);
    log.push(input);
  }
  return { timeline, log };
}

const OPTIONS: DetectorOptions = { ...EXAMPLE_OPTIONS, offlineTimeoutMs: 30_000, gapMaxMs: 600_000 };

/** Scripts that once gave other sessions. */
const FOUND: Action[][] = [
  [
    { kind: 'reading', gapMs: 0, powerW: null, addedWh: null, ageMs: 20_000 },
    { kind: 'lost', gapMs: 0 },
    { kind: 'reading', gapMs: 0, powerW: 300, addedWh: null, ageMs: 20_000 },
    { kind: 'reading', gapMs: 15_000, powerW: null, addedWh: null, ageMs: 20_000 },
  ],
  [
    { kind: 'reading', gapMs: 0, powerW: 20, addedWh: null, ageMs: null },
    { kind: 'stepped', gapMs: 0, byMs: -3_600_000 },
    { kind: 'back', gapMs: 0 },
  ],
];

test('a replay of the log gives the sessions that were detected live', () => {
  fc.assert(
    fc.property(actions, (script) => {
      const said = worldOf(script);
      const { timeline, log } = live(said, OPTIONS);
      const last = said.at(-1);
      timeline.runTo((last?.steadyAt ?? T0) + 100_000);
      const told = replay(log, OPTIONS, { ...ALWAYS, untilMs: (last?.wallAt ?? T0) + 100_000 });
      const ended = told.sessions.filter(({ ended_at }) => ended_at !== null);
      assert.deepEqual(ended, toldBy(timeline));
      const isOpen = timeline.state.session !== null && timeline.state.phase !== 'starting';
      assert.equal(told.sessions.length - ended.length, isOpen ? 1 : 0);
      assert.equal(told.lateMessages, timeline.state.lateMessages);
    }),
    { numRuns: 500, examples: FOUND.map((script) => [script]) },
  );
});

describe('a whole recording', () => {
  const back = (second: number): Input => ({ kind: 'link_back', wallAt: at(second), steadyAt: at(second) });
  const lost = (second: number): Input => ({ kind: 'link_lost', steadyAt: at(second) });
  const log: Input[] = [
    ...readings('0:0 10:60 14:60 20:1 40:0'),
    ...readings('100:60 110:60'),
    lost(115),
    back(200),
    ...readings('201:60 210:20 215:0 230:0'),
    ...readings('300:60 305:60'),
    // The process was started again; its steady clock is another one.
    { kind: 'restarted', wallAt: at(400), steadyAt: at(400), heardSteadyAt: at(306) },
    back(402),
    ...readings('403:60 410:60'),
    { kind: 'removed', wallAt: at(420), steadyAt: at(420) },
    ...readings('500:60 510:60 511:300'),
  ];
  const words = (period: ReplayPeriod, options = EXAMPLE_OPTIONS) =>
    replay(log, options, period).sessions.map(
      ({ started_at, ended_at, reason }) =>
        `${secondsOf(started_at)}-${ended_at === null ? 'open' : `${secondsOf(ended_at)} ${reason}`}`,
    );

  test('link gaps, a restart and a removal are in it as they were', () => {
    const told = ['10-20 normal', '100-215 normal', '300-410 device_removed', '500-open'];
    assert.deepEqual(words(ALWAYS), told);
    assert.deepEqual(words({ ...ALWAYS, untilMs: at(600) }), [...told.slice(0, 3), '500-511 timeout']);
  });
  test('under other options there are others', () => {
    const options = { ...EXAMPLE_OPTIONS, stopDebounceMs: 120_000, messageTimeoutMs: null };
    assert.deepEqual(words(ALWAYS, options), ['10-410 device_removed', '500-open']);
    assert.deepEqual(
      words(ALWAYS, { ...EXAMPLE_OPTIONS, standbyThresholdW: 100, workingThresholdW: 100 }),
      [],
    );
  });
  test('a session is told whole when some of it lies in the period', () => {
    for (const [from, to, told] of [
      [0, 10, []],
      [20, 21, ['10-20 normal']],
      [20.001, 100, []],
      [0, 10.001, ['10-20 normal']],
      [20.001, 110, ['100-215 normal']],
      [120, 121, ['100-215 normal']],
    ] as const) {
      assert.deepEqual(words({ fromMs: at(from), toMs: at(to), untilMs: at(600) }), told, `${from} ${to}`);
    }
  });
  test('nothing is read beyond the end of the last session of the period', () => {
    let read = 0;
    function* counted(): Generator<Input> {
      for (const input of log) {
        read++;
        yield input;
      }
    }
    replay(counted(), EXAMPLE_OPTIONS, { fromMs: at(0), toMs: at(30), untilMs: at(600) });
    assert.equal(read, 5);
  });
  test('totals are those of the sessions, an open one as far as the data go', () => {
    const { sessions, totals } = replay(log, EXAMPLE_OPTIONS, ALWAYS);
    const sum = (pick: (session: (typeof sessions)[number]) => number) =>
      Math.round(sessions.reduce((total, session) => total + pick(session), 0) * 1e6) / 1e6;
    assert.deepEqual(totals, {
      sessions: 4,
      duration_s: sum((session) => session.duration_s),
      energy_kwh: sum((session) => session.energy_kwh),
    });
    const open = sessions.at(-1);
    assert.deepEqual([open?.duration_s, open?.max_power_w, open?.message_count], [11, 300, 2]);
    for (const session of sessions) replayedSessionSchema.parse(session);
  });
});

test('the first session may have begun before the data', () => {
  for (const [rows, fromSecond, partial] of [
    ['0:60 10:60 20:0 40:0', 0, true],
    ['0:0 10:60 20:0 40:0', 0, false],
    ['0:60 10:60 20:0 40:0 50:60 60:0 80:0', 45, false],
  ] as const) {
    const period = { ...ALWAYS, fromMs: at(fromSecond) };
    assert.equal(replay(readings(rows), EXAMPLE_OPTIONS, period).partial, partial, rows);
  }
});

test('transitions are told for a chart, within the period', () => {
  const period = { ...ALWAYS, fromMs: at(11), toMs: at(30) };
  const { transitions } = replay(readings('0:0 10:60 20:20 25:0 45:0'), EXAMPLE_OPTIONS, period);
  assert.deepEqual(
    transitions.map((one) => `${secondsOf(one.at)} ${one.state}`),
    ['13 working', '20 standby', '25 stopping'],
  );
});

test('a session that never ends is followed for a day beyond the period, no longer', () => {
  let read = 0;
  function* endless(): Generator<Input> {
    for (;;) yield { kind: 'reading', reading: readingAt(at(read++ * 10), { powerW: 60 }) };
  }
  const { sessions } = replay(endless(), EXAMPLE_OPTIONS, { fromMs: 0, toMs: at(100), untilMs: at(1e9) });
  assert.deepEqual(
    sessions.map(({ ended_at, duration_s }) => [ended_at, duration_s]),
    [[null, 86_500]],
  );
});

test('no inputs give no sessions', () => {
  assert.deepEqual(replay([], EXAMPLE_OPTIONS, ALWAYS).totals, { sessions: 0, duration_s: 0, energy_kwh: 0 });
});
