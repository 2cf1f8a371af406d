import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Reading } from '../model/reading.ts';
import { at, EXAMPLE_OPTIONS, secondsOf, Timeline } from './timeline.ts';

const OPTIONS = { ...EXAMPLE_OPTIONS, heartbeatIntervalMs: 10_000 };
const wh = (value: number) => Math.round(value * 1e3) / 1e6;

/** What the heartbeats told; interval in seconds. */
function told(timeline: Timeline) {
  return timeline.ofType('session_heartbeat').map(({ ts, payload }) => {
    const { session_id, started_at, interval_end, interval_start, ...figures } = payload;
    assert.equal(interval_end, ts);
    assert.equal(secondsOf(started_at), 10);
    assert.match(session_id, /-5...-/);
    return Object.assign(figures, { from: secondsOf(interval_start), to: secondsOf(ts) });
  });
}

describe('heartbeats', () => {
  test('the first interval begins with the session; figures of the interval and of the session so far', () => {
    const timeline = new Timeline(OPTIONS);
    for (const [second, powerW] of [
      [10, 360],
      [15, 36],
      [22, 720],
      [23.5, 180],
      [32, 0],
    ] as const) {
      timeline.power(at(second), powerW);
    }
    timeline.runTo(at(36));
    assert.deepEqual(told(timeline), [
      {
        from: 10,
        to: 23,
        state: 'working',
        duration_s: 13,
        standby_duration_s: 7,
        working_duration_s: 6,
        interruption_duration_s: 0,
        power_w: 720,
        avg_power_w: Math.round(((5 * 360 + 7 * 36 + 720) / 13) * 1e3) / 1e3,
        min_power_w: 36,
        max_power_w: 720,
        energy_kwh: wh(0.5 + 0.07 + 0.2),
        interval_energy_kwh: wh(0.77),
        energy_source: 'integrated',
        message_count: 3,
      },
      {
        from: 23,
        to: 33,
        state: 'stopping',
        duration_s: 23,
        standby_duration_s: 7,
        working_duration_s: 15,
        interruption_duration_s: 1,
        power_w: 0,
        avg_power_w: (0.5 * 720 + 8.5 * 180) / 10,
        min_power_w: 0,
        max_power_w: 720,
        energy_kwh: wh(0.77 + 0.1 + 0.425),
        interval_energy_kwh: wh(0.525),
        energy_source: 'integrated',
        message_count: 2,
      },
    ]);
  });

  test('they are provisional: the end may be lower', () => {
    const timeline = new Timeline(OPTIONS).power(at(10), 60).power(at(20), 1).runTo(at(100));
    assert.deepEqual(
      told(timeline).map((beat) => [beat.duration_s, beat.interruption_duration_s]),
      [
        [13, 3],
        [23, 13],
      ],
    );
    assert.deepEqual(timeline.sessions().slice(1), ['35 session_stopped 10-20 normal']);
  });

  test('due every interval after session_started, whatever messages come', () => {
    const timeline = new Timeline(OPTIONS).power(at(10), 60);
    for (let second = 11.5; second < 60; second += 7) timeline.power(at(second), 60);
    assert.deepEqual(
      told(timeline).map(({ from, to }) => [from, to]),
      [
        [10, 23],
        [23, 33],
        [33, 43],
        [43, 53],
      ],
    );
  });

  test('a message at its instant belongs to the next interval', () => {
    const timeline = new Timeline(OPTIONS)
      .power(at(10), 60)
      .power(at(23), 60)
      .power(at(32), 60)
      .runTo(at(33));
    assert.deepEqual(
      told(timeline).map((beat) => beat.message_count),
      [1, 2],
    );
  });

  test('energy by the counter, each interval its part', () => {
    const timeline = new Timeline(OPTIONS);
    const readings: [number, Partial<Reading>][] = [
      [10, { powerW: 360, energyTotalKwh: 1 }],
      [22.9, { powerW: 360, energyTotalKwh: 1.002 }],
      [32.9, { powerW: 360, energyTotalKwh: 1.003 }],
      [43, { powerW: 360, energyTotalKwh: 1.005 }],
    ];
    for (const [second, values] of readings) timeline.reading(at(second), values);
    const beats = told(timeline);
    assert.deepEqual(
      beats.map((beat) => [beat.energy_source, beat.energy_kwh, beat.interval_energy_kwh]),
      [
        ['counter', wh(2.01), wh(2.01)],
        ['counter', wh(3.01), wh(1)],
        ['integrated', wh(3.3), wh(0.29)],
      ],
    );
  });

  test('none with an interval of 0 seconds', () => {
    const timeline = new Timeline({ ...OPTIONS, heartbeatIntervalMs: null })
      .power(at(10), 60)
      .power(at(25), 60)
      .runTo(at(100));
    assert.deepEqual(timeline.ofType('session_heartbeat'), []);
  });
});
