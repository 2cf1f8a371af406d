import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Reading } from '../model/reading.ts';
import { dateReading } from './dating.ts';
import { type Input, nextDeadline, step } from './detector.ts';
import { initialState } from './state.ts';
import { at, EXAMPLE_OPTIONS, inWords, readingAt, Timeline } from './timeline.ts';

describe('dating of a message that arrives at 125', () => {
  const MINUTE = { deviceTimePrecisionMs: 60_000 };
  const LIVE = 125;
  /** `at` in seconds for what gets a time. */
  type Row = [
    name: string,
    before: { lost?: boolean; proven?: boolean; newest?: number },
    deviceSecond: number | null,
    precision: Partial<Reading>,
    kind: 'live' | 'backlog' | 'undated' | 'late',
    second: number | null,
    proven: boolean,
  ];
  const lost = true;
  const proven = true;
  const ROWS: Row[] = [
    ['no time of its own', {}, null, {}, 'live', LIVE, false],
    ['no time of its own leaves the proof alone', { proven }, null, {}, 'live', LIVE, true],
    ['off by the skew proves the clock', {}, 120, {}, 'live', LIVE, true],
    ['ahead by the skew proves the clock', {}, 130, {}, 'live', LIVE, true],
    ['older than the skew, unproven', {}, 119.999, {}, 'live', LIVE, false],
    ['older than the skew, proven: a stalled link', { proven }, 119.999, {}, 'backlog', 119.999, true],
    ['older than what is known is a wrong clock', { proven, newest: 120 }, 119.999, {}, 'live', LIVE, false],
    ['ahead by more than the skew is a wrong clock', { proven }, 130.001, {}, 'live', LIVE, false],
    ['lost, no time of its own', { lost, proven }, null, {}, 'undated', null, true],
    ['lost, in its own time, proven', { lost, proven }, 120, {}, 'live', LIVE, true],
    ['lost, in its own time, but it proves nothing', { lost }, 120, {}, 'undated', null, false],
    ['lost, older, proven', { lost, proven }, 119.999, {}, 'backlog', 119.999, true],
    ['lost, older, unproven', { lost }, 119.999, {}, 'undated', null, false],
    ['lost, older than what is known', { lost, proven, newest: 100 }, 99.999, {}, 'late', null, true],
    ['lost, of the newest instant', { lost, proven, newest: 100 }, 100, {}, 'backlog', 100, true],
    ['lost, ahead by more than the skew', { lost, proven }, 130.001, {}, 'undated', null, false],
    ['a minute that ended within the skew', {}, 60, MINUTE, 'live', LIVE, true],
    ['a minute that ended before the skew', { proven }, 59.999, MINUTE, 'backlog', 59.999, true],
    ['a minute keeps the order of arrival', { proven, newest: 90 }, 59.999, MINUTE, 'backlog', 90, true],
    ['a minute over before the newest', { lost, proven, newest: 121 }, 59.999, MINUTE, 'late', null, true],
  ];
  for (const [name, before, deviceSecond, precision, kind, second, provenAfter] of ROWS) {
    test(name, () => {
      const state = {
        ...initialState(),
        newestAt: at(before.newest ?? 50),
        lostAt: before.lost ? at(before.newest ?? 50) : null,
        clockProven: before.proven ?? false,
      };
      const reading = readingAt(at(LIVE), {
        ...precision,
        ...(deviceSecond !== null && { deviceTime: at(deviceSecond) }),
      });
      assert.deepEqual(dateReading(state, EXAMPLE_OPTIONS, reading), {
        kind,
        ...(second !== null && { at: at(second) }),
        clockProven: provenAfter,
      });
    });
  }
});

test('late messages are counted and change nothing', () => {
  const timeline = new Timeline().power(at(10), 60).power(at(12), 60);
  const before = timeline.state;
  timeline.power(at(11.999), 0);
  assert.deepEqual(timeline.state, { ...before, lateMessages: 1 });
  assert.deepEqual(timeline.effects.at(-1), { kind: 'late' });
  // The deadline at 13 was carried out, so 12.999 is late.
  assert.equal(timeline.runTo(at(13)).power(at(12.999), 0).state.lateMessages, 2);
  assert.equal(timeline.power(at(13), 0).state.phase, 'stopping');
});

/** A message at `second` of steady time, with the wall clock off by `aheadS`. */
const stepped = (timeline: Timeline, second: number, aheadS: number, powerW: number) =>
  timeline.reading(at(second), { receivedAt: at(second + aheadS), powerW });

describe('a step of the wall clock', () => {
  for (const aheadS of [3600, -3600]) {
    const name = aheadS > 0 ? 'forward' : 'back';
    test(`${name} in a session changes none of its figures`, () => {
      const timeline = new Timeline().power(at(10), 60);
      for (let second = 11; second < 30; second++) {
        stepped(timeline.runTo(at(second)), second, second > 20 ? aheadS : 0, 60);
      }
      stepped(timeline, 30, aheadS, 0).runTo(at(100));
      assert.deepEqual(timeline.sessions(), [
        '13 session_started 10 working',
        '45 session_stopped 10-30 normal',
      ]);
      assert.equal(timeline.state.lateMessages, 0);
    });
    test(`${name} in a session: afterwards the device follows the wall clock again`, () => {
      for (const timers of [true, false]) {
        const timeline = new Timeline().power(at(10), 60);
        if (timers) timeline.runTo(at(99));
        stepped(timeline, 100, aheadS, 60).runTo(at(110));
        assert.deepEqual(timeline.sessions(), [
          '13 session_started 10 working',
          '30 session_timeout 10-10 timeout',
          `${103 + aheadS} session_started ${100 + aheadS} working`,
        ]);
      }
    });
    test(`${name} in STARTING neither confirms nor delays`, () => {
      const timeline = new Timeline().power(at(10), 60);
      stepped(timeline, 12.9, aheadS, 60);
      assert.equal(timeline.state.phase, 'starting');
      assert.deepEqual(timeline.runTo(at(14)).sessions(), ['13 session_started 10 working']);
    });
    test(`${name} while idle: the next session is on the new time`, () => {
      const timeline = stepped(new Timeline().power(at(0), 0), 10, aheadS, 60).runTo(at(14));
      assert.deepEqual(timeline.sessions(), [`${13 + aheadS} session_started ${10 + aheadS} working`]);
      assert.equal(timeline.state.lateMessages, 0);
    });
    test(`${name} while idle is no silence`, () => {
      const timeline = new Timeline({ ...EXAMPLE_OPTIONS, offlineTimeoutMs: 90_000 }).power(at(0), 0);
      timeline.reconfigure(at(50), {}).power(at(60), 0);
      timeline.reading(at(70), { receivedAt: at(70 + aheadS), presence: 'online' }).runTo(at(149.999));
      assert.deepEqual(timeline.events.map(inWords), ['0 device_online message']);
      timeline.runTo(at(150));
      assert.deepEqual(timeline.events.slice(1).map(inWords), [`${150 + aheadS} device_offline silence`]);
    });
    test(`${name} while idle: what was due before is told in the time of before`, () => {
      const timeline = new Timeline({ ...EXAMPLE_OPTIONS, offlineTimeoutMs: 50_000 }).power(at(0), 0);
      stepped(timeline, 60, aheadS, 0);
      assert.deepEqual(timeline.events.map(inWords), [
        '0 device_online message',
        '50 device_offline silence',
        `${60 + aheadS} device_online message`,
      ]);
    });
    test(`${name} while idle leaves a doubtful reading of the counter its age`, () => {
      const timeline = new Timeline({ ...EXAMPLE_OPTIONS, ratedPowerW: 400 });
      timeline.reading(at(0), { powerW: 0, energyTotalKwh: 5 }).reading(at(5), { energyTotalKwh: 1 });
      stepped(timeline, 10, aheadS, 60).reading(at(15), { powerW: 60, energyTotalKwh: 1.0005 });
      timeline.reading(at(20), { powerW: 0, energyTotalKwh: 1.0008 }).runTo(at(100));
      const [end] = timeline.ofType('session_stopped');
      assert.deepEqual([end?.payload.energy_kwh, end?.payload.energy_source], [0.0008, 'counter']);
    });
    test(`${name} while idle leaves a fresh baseline of the counter fresh`, () => {
      const timeline = new Timeline().reading(at(0), { powerW: 0, energyTotalKwh: 1 });
      stepped(timeline, 10, aheadS, 60).reading(at(20), { powerW: 0, energyTotalKwh: 1.5 }).runTo(at(100));
      const [end] = timeline.ofType('session_stopped');
      assert.deepEqual([end?.payload.energy_kwh, end?.payload.energy_source], [0.5, 'counter']);
    });
    test(`${name} while idle and the options change`, () => {
      const timeline = new Timeline().power(at(0), 0);
      timeline.input({ kind: 'reconfigured', wallAt: at(5 + aheadS), steadyAt: at(5) });
      stepped(timeline, 10, aheadS, 60).runTo(at(14));
      assert.deepEqual(timeline.sessions(), [`${13 + aheadS} session_started ${10 + aheadS} working`]);
    });
    test(`${name} while idle and the link is lost`, () => {
      const timeline = new Timeline().power(at(0), 0).lose(at(1));
      timeline.input({ kind: 'link_back', wallAt: at(5 + aheadS), steadyAt: at(5) });
      stepped(timeline, 10, aheadS, 60).runTo(at(14));
      assert.deepEqual(timeline.sessions(), [`${13 + aheadS} session_started ${10 + aheadS} working`]);
      assert.equal(timeline.state.lateMessages, 0);
    });
    test(`${name} while idle, then backlog`, () => {
      const timeline = new Timeline().reading(at(0), { powerW: 0, deviceTime: at(0) }).lose(at(1));
      for (const [second, powerW] of [
        [100, 60],
        [110, 60],
        [120, 0],
        [140, 0],
      ] as const) {
        timeline.reading(at(200), { receivedAt: at(200 + aheadS), deviceTime: at(second + aheadS), powerW });
      }
      assert.deepEqual(timeline.sessions(), [
        `${103 + aheadS} session_started ${100 + aheadS} working`,
        `${135 + aheadS} session_stopped ${100 + aheadS}-${120 + aheadS} normal`,
      ]);
    });
  }
});

test('rounding of the two clocks puts no event before an earlier one', () => {
  const options = { ...EXAMPLE_OPTIONS, heartbeatIntervalMs: null, offlineTimeoutMs: 2000 };
  const startMs = Date.UTC(2026, 0, 31, 10, 3, 56);
  const minuteMs = Date.UTC(2026, 0, 31, 10, 3);
  const reading = (wallMs: number, steadyAt: number): Input => ({
    kind: 'reading',
    reading: {
      receivedAt: wallMs,
      steadyAt,
      retained: false,
      qos: 1,
      powerW: 0,
      deviceTime: minuteMs,
      deviceTimePrecisionMs: 60_000,
    },
  });
  const inputs: Input[] = [
    reading(startMs, startMs - 1),
    { kind: 'deadline', steadyAt: startMs + 2000 },
    { kind: 'link_lost', steadyAt: startMs + 2100 },
    // Kept by the broker since the minute before, and by now the clocks agree.
    reading(startMs + 12_000, startMs + 12_000),
  ];
  const times: string[] = [];
  let state = initialState();
  for (const input of inputs) {
    const result = step(state, options, input, '7d444840-9dc0-11d1-b245-5ffdce74fad2');
    state = result.state;
    for (const { event_type, ts } of result.events) times.push(`${ts} ${event_type}`);
  }
  assert.equal(times.length, 3);
  assert.deepEqual(times, times.toSorted());
});

describe('a restart of the bridge', () => {
  /** Another process whose steady clock has nothing to do with the former one. */
  const STEADY = 5000;
  /** The same device in a new process: state through JSON, the wall clock at `second`. */
  function restarted(timeline: Timeline, heardSecond: number | null, second: number): Timeline {
    const next = new Timeline(timeline.options, JSON.parse(JSON.stringify(timeline.state)));
    return next.input({
      kind: 'restarted',
      wallAt: at(second),
      steadyAt: STEADY + second * 1000,
      heardSteadyAt: heardSecond === null ? null : at(heardSecond),
    });
  }
  const back = (timeline: Timeline, second: number) =>
    timeline.input({ kind: 'link_back', wallAt: at(second), steadyAt: STEADY + second * 1000 });
  const power = (timeline: Timeline, second: number, powerW: number) =>
    timeline.input({
      kind: 'reading',
      reading: readingAt(at(second), { steadyAt: STEADY + second * 1000, powerW }),
    });
  const runTo = (timeline: Timeline, second: number) => timeline.runTo(STEADY + second * 1000);

  test('a session survives it; the time away belongs to it', () => {
    const timeline = back(restarted(new Timeline().power(at(10), 60).power(at(20), 60), 20.5, 130), 140);
    power(timeline, 141, 60);
    runTo(power(timeline, 151, 0), 200);
    assert.deepEqual(timeline.sessions(), ['166 session_stopped 10-151 normal']);
  });
  test('what was due before the last sign of the link is carried out at its time', () => {
    const timeline = restarted(new Timeline().power(at(10), 60).power(at(12), 60), 13, 500);
    assert.deepEqual(timeline.sessions(), ['13 session_started 10 working']);
  });
  test('the rest of a debounce runs from link back', () => {
    const timeline = new Timeline().power(at(10), 60).power(at(14), 60).power(at(20), 1).runTo(at(25));
    const next = back(restarted(timeline, 25, 90), 100);
    assert.deepEqual(nextDeadline(next.state, next.options), { kind: 'stop', at: at(110) });
    assert.deepEqual(runTo(next, 200).sessions(), ['110 session_stopped 10-20 normal']);
  });
  test('without a word on the link the state itself tells how far it knew', () => {
    const timeline = back(restarted(new Timeline().power(at(10), 60), null, 100), 110);
    assert.deepEqual(nextDeadline(timeline.state, timeline.options), { kind: 'confirm', at: at(113) });
  });
  test('a wall clock that is behind: a session does not run backwards', () => {
    const timeline = back(restarted(new Timeline().power(at(10), 60).power(at(20), 60), 20, -500), -500);
    assert.deepEqual(nextDeadline(timeline.state, timeline.options), { kind: 'timeout', at: at(40) });
    runTo(power(timeline, -490, 0), 0);
    assert.deepEqual(timeline.sessions(), ['45 session_stopped 10-30 normal']);
  });
  test('a wall clock that is behind: an idle device follows it', () => {
    const timeline = back(restarted(new Timeline().power(at(10), 0), 11, -500), -490);
    power(timeline, -480, 60);
    assert.deepEqual(runTo(timeline, -470).sessions(), ['-477 session_started -480 working']);
    assert.equal(timeline.state.lateMessages, 0);
  });
  for (const aheadS of [3600, -3600]) {
    test(`a step of the wall clock by ${aheadS} s before it is not billed`, () => {
      const timeline = new Timeline().power(at(10), 60);
      timeline.reading(at(20), { receivedAt: at(20 + aheadS), powerW: 60 });
      const wall = (second: number) => ({ wallAt: at(second + aheadS), steadyAt: STEADY + second * 1000 });
      const next = new Timeline(timeline.options, JSON.parse(JSON.stringify(timeline.state)));
      next.input({ kind: 'restarted', ...wall(30), heardSteadyAt: at(21) });
      next.input({ kind: 'link_back', ...wall(40) });
      runTo(power(next, 50, 0), 100);
      assert.deepEqual(next.sessions(), ['65 session_stopped 10-50 normal']);
    });
  }
  test('the link was lost already', () => {
    const timeline = new Timeline().power(at(10), 60).power(at(14), 60).power(at(20), 1).lose(at(22));
    const next = back(restarted(timeline, 50, 90), 100);
    assert.deepEqual(nextDeadline(next.state, next.options), { kind: 'stop', at: at(113) });
  });
});
