import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DetectorOptions } from '../model/device.ts';
import { at, EXAMPLE_OPTIONS, Timeline } from './timeline.ts';

/** Plays messages `second:W`, the power may be missing, and lets the session end. */
function play(rows: string, options: Partial<DetectorOptions> = {}): Timeline {
  const timeline = new Timeline({ ...EXAMPLE_OPTIONS, ...options });
  for (const row of rows.split(' ')) {
    const [second, powerW] = row.split(':');
    timeline.reading(at(Number(second)), powerW ? { powerW: Number(powerW) } : {});
  }
  return timeline.runTo(at(1000));
}

function endOf(timeline: Timeline) {
  const [end, ...more] = timeline.ofType('session_stopped', 'session_timeout');
  assert.ok(end && more.length === 0);
  return end.payload;
}

describe('durations: total, standby, working, interruption', () => {
  for (const [name, rows, options, expected] of [
    ['starting counts by its level', '10:20 12:60 14:20 29:20 30:0', {}, [20, 18, 2, 0]],
    ['the final STOPPING is not billed', '10:60 20:0 25:1 34:4', {}, [10, 0, 10, 0]],
    ['a STOPPING with return is an interruption', '10:60 20:0 34.999:20 40:0', {}, [30, 5.001, 10, 14.999]],
    ['two interruptions', '10:60 20:0 21:60 22:0 24:60 30:0', {}, [20, 0, 17, 3]],
    ['a message without power keeps the level', '10:60 20: 39: 40:0', {}, [30, 0, 30, 0]],
    ['to the millisecond', '10.001:60 13.002:20 15.004:0', {}, [5.003, 2.002, 3.001, 0]],
    ['a timeout ends at the last message', '10:60 15:', {}, [5, 0, 5, 0]],
    [
      'a timeout in STOPPING ends where the power went',
      '10:60 15:0 20:0',
      { stopDebounceMs: 60_000 },
      [5, 0, 5, 0],
    ],
    ['one message', '10:60', {}, [0, 0, 0, 0]],
  ] as const) {
    test(name, () => {
      const p = endOf(play(rows, options));
      assert.deepEqual(
        [p.duration_s, p.standby_duration_s, p.working_duration_s, p.interruption_duration_s],
        expected,
      );
    });
  }
});

describe('average and highest power', () => {
  for (const [name, rows, avgW, maxW] of [
    ['weighted by time', '10:60 12:500 13:60 30:0', (19 * 60 + 500) / 20, 500],
    ['an interruption counts', '10:100 20:1 25:100 30:0', 75.25, 100],
    ['the final STOPPING does not', '10:100 20:1 30:3', 100, 100],
    ['starting counts', '10:900 11:100 20:0', 180, 900],
    ['a session without length shows its power', '10:60', 60, 60],
  ] as const) {
    test(name, () => {
      const p = endOf(play(rows));
      assert.deepEqual([p.avg_power_w, p.max_power_w], [avgW, maxW]);
    });
  }
  test('by the absolute value for a clamp the wrong way round', () => {
    const p = endOf(play('10:-100 20:-300 30:-1', { powerSign: 'abs' }));
    assert.deepEqual([p.avg_power_w, p.max_power_w], [200, 300]);
  });
});

describe('message_count counts started_at ≤ at < ended_at', () => {
  for (const [name, rows, count] of [
    ['the first counts, the one that ends does not', '10:60 20:60 30:0', 2],
    ['1 ms before the end', '10:60 29.999:60 30:0', 2],
    ['one of the end instant that came before', '10:60 30:60 30:0', 1],
    ['two of one instant inside', '10:60 20:60 20:70 30:0', 3],
    ['those of the start instant, also before the power came on', '9:0 10:0 10: 10:60 30:0', 3],
    ['1 ms before the start', '9.999:0 10:60 20:0', 1],
    ['messages without power count', '10:60 20: 30:0', 2],
    ['an interruption counts', '10:60 20:0 22:0 24:60 30:0 31:0', 4],
    ['at a timeout the last message is the end', '10:60 20:60 25:60', 2],
    ['a session without length has none', '10:60', 0],
  ] as const) {
    test(name, () => assert.equal(endOf(play(rows, { messageTimeoutMs: 30_000 })).message_count, count));
  }
  test('retained messages do not count', () => {
    const timeline = new Timeline().power(at(10), 60).reading(at(15), { powerW: 60, retained: true });
    assert.equal(endOf(timeline.power(at(20), 0).runTo(at(100))).message_count, 1);
  });
});

test('session_started tells the power at the confirmation', () => {
  const [started] = play('10:60 12:20').ofType('session_started');
  assert.deepEqual(started?.payload, {
    session_id: started?.payload.session_id,
    machine_name: 'Mill',
    started_at: new Date(at(10)).toISOString(),
    state: 'standby',
    power_w: 20,
    reason: 'power_threshold',
  });
});

test('a timeout tells the last message, also in STOPPING', () => {
  const timeline = play('10:60 15:0 20:0', { stopDebounceMs: 60_000 });
  const [end] = timeline.ofType('session_timeout');
  assert.equal(end?.payload.ended_at, new Date(at(15)).toISOString());
  assert.equal(end?.payload.last_message_at, new Date(at(20)).toISOString());
});

test('forwarded measurements carry what was measured and nothing else', () => {
  const timeline = new Timeline({ ...EXAMPLE_OPTIONS, forwardMeasurements: true });
  timeline
    .reading(at(1), { powerW: -3, voltageV: 230, energyTotalKwh: 1.5 })
    .reading(at(2), { currentA: 1, frequencyHz: 50 });
  timeline.reading(at(3), { powerW: 60, retained: true }).reading(at(1), { powerW: 60 });
  assert.deepEqual(
    timeline.ofType('power_measurement').map((event) => event.payload),
    [
      { apower: -3, voltage: 230, total_energy_kwh: 1.5 },
      { current: 1, frequency: 50 },
    ],
  );
});
