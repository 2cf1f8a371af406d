import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reading } from '../model/reading.ts';
import { at, EXAMPLE_OPTIONS, Timeline } from './timeline.ts';

/** A session at 60 W since 10, link lost at 20, back at `back`, then one message. */
function gap(back: number, before: Partial<Reading>, after: Partial<Reading>): Timeline {
  const timeline = new Timeline()
    .reading(at(10), { powerW: 60, ...before })
    .power(at(20), 60)
    .runTo(at(20));
  return timeline
    .lose(at(20))
    .regain(at(back))
    .reading(at(back + 1), { powerW: 60, ...after });
}

/** 5 W from second 10 to 3622, as a counter shows it. */
const STANDBY_KWH = (5 * 3612) / 3_600_000;

for (const [name, back, before, after, told] of [
  ['of gap_max_s: the session goes on', 3620, {}, {}, []],
  [
    '1 ms longer, no counter: it ends at the last message',
    3620.001,
    {},
    {},
    ['3621.001 session_timeout 10-20 gap'],
  ],
  [
    'across which the counter shows standby power',
    3621,
    { energyTotalKwh: 1 },
    { energyTotalKwh: 1 + STANDBY_KWH + 1e-9 },
    [],
  ],
  [
    'across which it shows less',
    3621,
    { energyTotalKwh: 1 },
    { energyTotalKwh: 1 + STANDBY_KWH * 0.999 },
    ['3622 session_timeout 10-20 gap'],
  ],
  ['without a counter before', 3621, {}, { energyTotalKwh: 9 }, ['3622 session_timeout 10-20 gap']],
  ['without a counter after', 3621, { energyTotalKwh: 1 }, {}, ['3622 session_timeout 10-20 gap']],
  [
    'with a counter that fell',
    3621,
    { energyTotalKwh: 9 },
    { energyTotalKwh: 1 },
    ['3622 session_timeout 10-20 gap'],
  ],
] as const) {
  test(`a gap ${name}`, () => {
    assert.deepEqual(gap(back, before, after).sessions().slice(1), told);
  });
}

test('the message that ends a session by its gap may begin the next', () => {
  const timeline = gap(9000, { energyTotalKwh: 1 }, { energyTotalKwh: 1.001 }).reading(at(9011), {
    powerW: 0,
    energyTotalKwh: 1.003,
  });
  timeline.runTo(at(9100));
  assert.deepEqual(timeline.sessions().slice(1), [
    '9001 session_timeout 10-20 gap',
    '9004 session_started 9001 working',
    '9026 session_stopped 9001-9011 normal',
  ]);
  const [, last] = timeline.ofType('session_timeout', 'session_stopped');
  assert.equal(last?.payload.energy_kwh, 0.002);
});

test('a counter that was reset in the gap is a baseline at once for what begins now', () => {
  const timeline = gap(9000, { energyTotalKwh: 9 }, { energyTotalKwh: 1 });
  timeline.reading(at(9011), { powerW: 0, energyTotalKwh: 1.002 }).runTo(at(9100));
  const [end] = timeline.ofType('session_stopped');
  assert.deepEqual([end?.payload.energy_kwh, end?.payload.energy_source], [0.002, 'counter']);
});

test('exactly the standby power on average is enough', () => {
  assert.deepEqual(gap(7209, { energyTotalKwh: 0 }, { energyTotalKwh: 0.01 }).sessions().slice(1), []);
});

test('judged at the first sign of life, also one without power', () => {
  const timeline = new Timeline().power(at(10), 60).runTo(at(20)).lose(at(20)).regain(at(9000));
  assert.deepEqual(timeline.reading(at(9001)).sessions().slice(1), ['9001 session_timeout 10-10 gap']);
  assert.equal(timeline.state.phase, 'idle');
});

test('a gap in STOPPING ends where the power went', () => {
  const timeline = new Timeline()
    .power(at(10), 60)
    .power(at(18), 0)
    .runTo(at(20))
    .lose(at(20))
    .regain(at(9000));
  assert.deepEqual(timeline.power(at(9001), 60).sessions().slice(1), ['9001 session_timeout 10-18 gap']);
});

test('a gap in STARTING ends silently', () => {
  const timeline = new Timeline().power(at(10), 60).lose(at(11)).regain(at(9000)).power(at(9001), 0);
  assert.deepEqual(timeline.sessions(), []);
  assert.equal(timeline.state.phase, 'idle');
});

test('silence after a gap is a timeout like any other', () => {
  const timeline = new Timeline()
    .power(at(10), 60)
    .runTo(at(20))
    .lose(at(20))
    .regain(at(9000))
    .runTo(at(1e5));
  assert.deepEqual(timeline.sessions().slice(1), ['9020 session_timeout 10-10 timeout']);
  assert.deepEqual(
    timeline
      .power(at(1e5), 60)
      .runTo(at(1e5 + 3))
      .sessions()
      .slice(2),
    ['100003 session_started 100000 working'],
  );
});

test('a link that flickers before anything is heard does not shorten the gap', () => {
  const timeline = new Timeline().power(at(10), 60).runTo(at(20)).lose(at(20));
  timeline.regain(at(9000)).lose(at(9005)).regain(at(9010)).power(at(9011), 60);
  assert.deepEqual(timeline.sessions().slice(1), ['9011 session_timeout 10-10 gap']);
});

test('two gaps with a message between are two', () => {
  const timeline = new Timeline().power(at(10), 60).runTo(at(20)).lose(at(20));
  timeline.regain(at(3000)).power(at(3001), 60).lose(at(3002)).regain(at(6000)).power(at(6001), 60);
  assert.equal(timeline.state.phase, 'working');
});

test('backlog shortens the gap: it is counted from its last message', () => {
  const play = (arrival: number) => {
    const timeline = new Timeline()
      .reading(at(10), { powerW: 60, deviceTime: at(10) })
      .runTo(at(20))
      .lose(at(20));
    for (const second of [3000, 6000]) {
      timeline.reading(at(arrival), { powerW: 60, deviceTime: at(second) });
    }
    return timeline
      .regain(at(arrival))
      .power(at(arrival + 1), 60)
      .sessions()
      .slice(1);
  };
  assert.deepEqual(play(9600), []);
  assert.deepEqual(play(9600.001), ['9601.001 session_timeout 10-6000 gap']);
});

test('gap_max_s is the device’s', () => {
  const timeline = new Timeline({ ...EXAMPLE_OPTIONS, gapMaxMs: 60_000 }).power(at(10), 60).runTo(at(20));
  assert.deepEqual(timeline.lose(at(20)).regain(at(81)).power(at(82), 60).sessions().slice(1), [
    '82 session_timeout 10-10 gap',
  ]);
});
