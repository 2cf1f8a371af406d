import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { initialState } from './state.ts';
import { at, EXAMPLE_OPTIONS, inWords, Timeline } from './timeline.ts';

/** Plays `second:W` with timers on time. */
function play(rows: string, options = EXAMPLE_OPTIONS): Timeline {
  const timeline = new Timeline(options);
  for (const row of rows.split(' ')) {
    const [second, powerW] = row.split(':').map(Number);
    timeline.runTo(at(second ?? 0) - 1).power(at(second ?? 0), powerW ?? 0);
  }
  return timeline;
}

describe('other options', () => {
  for (const [name, rows, when, changes, then, told] of [
    [
      'thresholds apply from the next message on',
      '10:60',
      20,
      { workingThresholdW: 100 },
      '25:60 26:0',
      ['45 x'],
    ],
  ] as const) {
    test(name, () => {
      const timeline = play(rows).reconfigure(at(when), changes);
      assert.equal(timeline.state.phase, 'working');
      for (const row of then.split(' ')) {
        const [second, powerW] = row.split(':').map(Number);
        timeline.power(at(second ?? 0), powerW ?? 0);
      }
      assert.deepEqual(told.length, 1);
      const [end] = timeline.runTo(at(100)).ofType('session_stopped');
      assert.deepEqual([end?.payload.working_duration_s, end?.payload.standby_duration_s], [15, 1]);
    });
  }
});
