import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DetectorOptions } from '../model/device.ts';
import { at, EXAMPLE_OPTIONS, inWords, Timeline } from './timeline.ts';

/** Plays `second:W` with timers on time. */
function play(rows: string, timeline = new Timeline()): Timeline {
  for (const row of rows.split(' ')) {
    const [second = 0, powerW = 0] = row.split(':').map(Number);
    timeline.runTo(at(second)).power(at(second), powerW);
  }
  return timeline;
}

describe('deadlines are recomputed from their start, never to before the change', () => {
  const QUIET: Partial<DetectorOptions> = { messageTimeoutMs: null };
  const ROWS: [
    name: string,
    rows: string,
    before: Partial<DetectorOptions>,
    second: number,
    change: Partial<DetectorOptions>,
    told: string[],
  ][] = [
    [
      'start debounce longer',
      '10:60',
      QUIET,
      12,
      { startDebounceMs: 10_000 },
      ['20 session_started 10 working'],
    ],
    [
      'start debounce shorter',
      '10:60',
      QUIET,
      12,
      { startDebounceMs: 2500 },
      ['12.5 session_started 10 working'],
    ],
    ['start debounce over', '10:60', QUIET, 12, { startDebounceMs: 1000 }, ['12 session_started 10 working']],
    [
      'stop debounce longer',
      '10:60 20:0',
      QUIET,
      25,
      { stopDebounceMs: 30_000 },
      ['50 session_stopped 10-20 normal'],
    ],
    [
      'stop debounce shorter',
      '10:60 20:0',
      QUIET,
      25,
      { stopDebounceMs: 6000 },
      ['26 session_stopped 10-20 normal'],
    ],
    [
      'stop debounce over',
      '10:60 20:0',
      QUIET,
      25,
      { stopDebounceMs: 3000 },
      ['25 session_stopped 10-20 normal'],
    ],
    ['timeout longer', '10:60', {}, 25, { messageTimeoutMs: 60_000 }, ['70 session_timeout 10-10 timeout']],
    ['timeout over', '10:60', {}, 25, { messageTimeoutMs: 5000 }, ['25 session_timeout 10-10 timeout']],
    ['timeout off', '10:60', {}, 25, { messageTimeoutMs: null }, []],
    [
      'heartbeat over',
      '10:60',
      QUIET,
      50,
      { heartbeatIntervalMs: 30_000 },
      ['50 session_heartbeat 10-50 working', '80 session_heartbeat 50-80 working'],
    ],
    [
      'heartbeat turned on counts from session_started',
      '10:60',
      { ...QUIET, heartbeatIntervalMs: null },
      20,
      { heartbeatIntervalMs: 60_000 },
      ['73 session_heartbeat 10-73 working'],
    ],
    [
      'offline over',
      '10:0',
      { offlineTimeoutMs: 90_000 },
      50,
      { offlineTimeoutMs: 30_000 },
      ['50 device_offline silence'],
    ],
  ];
  for (const [name, rows, before, second, change, told] of ROWS) {
    test(name, () => {
      const timeline = play(rows, new Timeline({ ...EXAMPLE_OPTIONS, ...before })).runTo(at(second));
      timeline.events.length = 0;
      assert.deepEqual(timeline.reconfigure(at(second), change).events, []);
      assert.deepEqual(timeline.runTo(at(100)).events.map(inWords), told);
    });
  }
});

test('thresholds apply from the next message on; an open session stays open', () => {
  const timeline = play('10:60').reconfigure(at(20), { standbyThresholdW: 70, workingThresholdW: 100 });
  assert.equal(timeline.state.phase, 'working');
  assert.equal(timeline.reading(at(24)).state.phase, 'working');
  assert.equal(timeline.power(at(25), 60).state.phase, 'stopping');
  assert.equal(timeline.power(at(26), 70).state.phase, 'standby');
  const [end] = timeline.power(at(27), 0).runTo(at(100)).ofType('session_stopped');
  assert.deepEqual(
    [end?.payload.working_duration_s, end?.payload.interruption_duration_s, end?.payload.standby_duration_s],
    [15, 1, 1],
  );
});

test('what was due before the change is carried out by the old options', () => {
  const timeline = new Timeline().power(at(10), 60).power(at(12), 60);
  timeline.input({ kind: 'reconfigured', wallAt: at(20), steadyAt: at(20) });
  assert.deepEqual(timeline.sessions(), ['13 session_started 10 working']);
});

describe('a confirm that finds the level below the start level ends silently', () => {
  for (const change of [{ startOn: 'working' }, { standbyThresholdW: 20.001 }] as const) {
    test(JSON.stringify(change), () => {
      const timeline = play('10:20').reconfigure(at(12), change).runTo(at(13));
      assert.deepEqual(timeline.sessions(), []);
      assert.equal(timeline.state.phase, 'idle');
    });
  }
  test('exactly at the start level it is confirmed', () => {
    const timeline = play('10:20').reconfigure(at(12), { standbyThresholdW: 20 }).runTo(at(13));
    assert.deepEqual(timeline.sessions(), ['13 session_started 10 standby']);
  });
});

describe('a change of the stop debounce while the link is lost', () => {
  for (const [name, stopDebounceMs, told] of [
    ['the rest of the new one runs from link back', 20_000, '115 session_stopped 10-20 normal'],
    ['one that is over by then ends at link back', 3000, '100 session_stopped 10-20 normal'],
  ] as const) {
    test(name, () => {
      const timeline = play('10:60 20:0').runTo(at(25)).lose(at(25)).reconfigure(at(50), { stopDebounceMs });
      assert.deepEqual(timeline.runTo(at(90)).sessions().slice(1), []);
      assert.deepEqual(timeline.regain(at(100)).runTo(at(500)).sessions().slice(1), [told]);
    });
  }
});

test('backlog carries a shortened debounce out, but not before the change', () => {
  for (const [second, told] of [
    [49.999, []],
    [50, ['50 session_stopped 10-20 normal']],
    [60, ['50 session_stopped 10-20 normal']],
  ] as const) {
    const timeline = play('10:60 20:0')
      .reading(at(21), { powerW: 0, deviceTime: at(21) })
      .runTo(at(25));
    timeline.lose(at(25)).reconfigure(at(50), { stopDebounceMs: 3000 });
    timeline.reading(at(90), { powerW: 0, deviceTime: at(second) });
    assert.deepEqual(timeline.sessions().slice(1), told);
  }
});

describe('a device that leaves', () => {
  test('its session ends at the last message, told at the removal', () => {
    const timeline = play('10:60 20:20 22:20').remove(at(30));
    assert.deepEqual(timeline.sessions().slice(1), ['30 session_stopped 10-22 device_removed']);
    const [end] = timeline.ofType('session_stopped');
    assert.deepEqual(
      { ...end?.payload, session_id: '', energy_kwh: 0 },
      {
        session_id: '',
        machine_name: 'Mill',
        started_at: new Date(at(10)).toISOString(),
        ended_at: new Date(at(22)).toISOString(),
        duration_s: 12,
        standby_duration_s: 2,
        working_duration_s: 10,
        interruption_duration_s: 0,
        energy_kwh: 0,
        energy_source: 'integrated',
        power_w: 20,
        avg_power_w: Math.round((640 / 12) * 1e3) / 1e3,
        max_power_w: 60,
        message_count: 2,
        reason: 'device_removed',
      },
    );
  });
  test('what was due before comes first', () => {
    const timeline = new Timeline().power(at(10), 60).power(at(14), 60).power(at(20), 0).remove(at(36));
    assert.deepEqual(timeline.sessions().slice(1), ['35 session_stopped 10-20 normal']);
  });
  test('while the link is lost nothing is due before', () => {
    const timeline = play('10:60 20:0').lose(at(25)).remove(at(1000));
    assert.deepEqual(timeline.sessions().slice(1), ['1000 session_stopped 10-20 device_removed']);
  });
  test('what was held for it is forgotten', () => {
    const timeline = play('10:0').lose(at(15)).power(at(20), 60).remove(at(30)).regain(at(40));
    assert.equal(timeline.state.phase, 'idle');
    assert.equal(timeline.state.lastMessageAt, null);
  });
  test('what comes back while the link is lost waits for it', () => {
    const timeline = play('10:0').lose(at(15)).remove(at(30)).power(at(35), 60);
    assert.equal(timeline.state.phase, 'idle');
    assert.equal(timeline.regain(at(40)).state.session?.startedAt, at(40));
  });
  test('what comes back starts in IDLE; numbers, and so ids, go on', () => {
    const timeline = play('10:60 20:60').remove(at(30));
    assert.equal(timeline.state.phase, 'idle');
    assert.equal(timeline.runTo(at(100)).reading(at(100)).state.phase, 'idle');
    play('110:60 120:0', timeline).runTo(at(200));
    assert.deepEqual(timeline.events.map(inWords), [
      '10 device_online message',
      '13 session_started 10 working',
      '30 session_stopped 10-20 device_removed',
      '100 device_online message',
      '113 session_started 110 working',
      '135 session_stopped 110-120 normal',
    ]);
    assert.equal(new Set(timeline.events.map((event) => event.event_uid)).size, 6);
    const ids = timeline.ofType('session_started').map((event) => event.payload.session_id);
    assert.equal(new Set(ids).size, 2);
  });
  test('its counter is forgotten: what it showed meanwhile belongs to nobody', () => {
    const timeline = new Timeline().reading(at(0), { powerW: 0, energyTotalKwh: 1 }).remove(at(1));
    timeline.reading(at(10), { powerW: 360 }).reading(at(10.5), { energyTotalKwh: 2 });
    timeline.reading(at(20), { powerW: 0, energyTotalKwh: 2.001 }).runTo(at(100));
    const [end] = timeline.ofType('session_stopped');
    assert.deepEqual([end?.payload.energy_kwh, end?.payload.energy_source], [0.00105, 'counter']);
  });
});
