import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { at, EXAMPLE_OPTIONS, Timeline } from './timeline.ts';

const WAY_TO = {
  idle: [[0, 0]],
  starting: [[0, 60]],
  working: [
    [0, 60],
    [4, 60],
  ],
  stopping: [
    [0, 60],
    [4, 60],
    [5, 1],
  ],
} as const;

describe('start on working', () => {
  for (const [phase, powerW, next] of [
    ['idle', 49.999, 'idle'],
    ['idle', 50, 'starting'],
    ['starting', 49.999, 'idle'],
    ['starting', 50, 'starting'],
    ['working', 49.999, 'standby'],
    ['working', 4.999, 'stopping'],
    ['stopping', 5, 'standby'],
  ] as const) {
    test(`${phase}, ${powerW} W → ${next}`, () => {
      const timeline = new Timeline({ ...EXAMPLE_OPTIONS, startOn: 'working' });
      for (const [second, watts] of WAY_TO[phase]) timeline.power(at(second), watts);
      assert.equal(timeline.state.phase, phase);
      assert.equal(timeline.power(at(phase === 'starting' ? 2 : 6), powerW).state.phase, next);
    });
  }
});

describe('levels', () => {
  for (const [powerSign, measuredW, phase] of [
    ['consume', -60, 'idle'],
    ['abs', -60, 'starting'],
    ['abs', -4.999, 'idle'],
    ['consume', 5, 'starting'],
  ] as const) {
    test(`${measuredW} W by ${powerSign} → ${phase}`, () => {
      const timeline = new Timeline({ ...EXAMPLE_OPTIONS, powerSign }).power(at(0), measuredW);
      assert.equal(timeline.state.phase, phase);
    });
  }
  test('equal thresholds know no standby', () => {
    const timeline = new Timeline({ ...EXAMPLE_OPTIONS, standbyThresholdW: 50 });
    timeline.power(at(0), 49.999);
    assert.equal(timeline.state.phase, 'idle');
    timeline.power(at(1), 50).runTo(at(4));
    assert.equal(timeline.state.phase, 'working');
  });
  test('with a threshold of 0 the machine is never off', () => {
    const timeline = new Timeline({ ...EXAMPLE_OPTIONS, standbyThresholdW: 0 });
    timeline.power(at(0), 0).power(at(4), -5);
    assert.equal(timeline.state.phase, 'standby');
  });
});

test('a false start tells nothing and leaves the session number alone', () => {
  const timeline = new Timeline().power(at(0), 60).power(at(2.999), 0).power(at(4), 60).runTo(at(7));
  assert.deepEqual(timeline.sessions(), ['7 session_started 4 working']);
  assert.equal(timeline.state.sessionNumber, 1);
});

test('a session that timed out waits for the next message that is on', () => {
  const timeline = new Timeline().power(at(0), 60).runTo(at(30)).reading(at(31));
  assert.equal(timeline.state.phase, 'idle');
  assert.equal(timeline.power(at(32), 60).state.phase, 'starting');
});
