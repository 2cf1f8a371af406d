import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Reading } from '../model/reading.ts';
import { nextDeadline } from './detector.ts';
import { at, EXAMPLE_OPTIONS, inWords, Timeline } from './timeline.ts';

/** A device whose clock is proven by a message at 0. */
function proven(options = EXAMPLE_OPTIONS): Timeline {
  return new Timeline(options).reading(at(0), { powerW: 0, deviceTime: at(0) });
}

/** What a broker kept, `second:W` by the device's clock, arriving all at once at `arrival`. */
function backlog(timeline: Timeline, arrival: number, rows: string, more: Partial<Reading> = {}): Timeline {
  for (const row of rows.split(' ')) {
    const [second, powerW] = row.split(':').map(Number);
    timeline.reading(at(arrival), { ...more, deviceTime: at(second ?? 0), powerW: powerW ?? 0 });
  }
  return timeline;
}

function dueOf(timeline: Timeline): string {
  const due = nextDeadline(timeline.state, timeline.options);
  return due ? `${(due.at - at(0)) / 1000} ${due.kind}` : 'never';
}

describe('dated backlog', () => {
  test('its times carry out confirm and stop', () => {
    const timeline = backlog(proven().lose(at(5)), 1000, '10:60 14:60 20:0 36:0 40:60').regain(at(1001));
    assert.deepEqual(timeline.sessions(), [
      '13 session_started 10 working',
      '35 session_stopped 10-20 normal',
    ]);
    assert.equal(timeline.state.phase, 'starting');
  });
  test('a debounce ends 1 ms before, at and 1 ms after its times', () => {
    for (const [second, told] of [
      [34.999, 1],
      [35, 2],
      [35.001, 2],
    ] as const) {
      const timeline = backlog(proven().lose(at(5)), 1000, `10:60 20:0 ${second}:60`);
      assert.equal(timeline.sessions().length, told);
    }
  });
  test('a false start within it is one', () => {
    assert.deepEqual(backlog(proven().lose(at(5)), 1000, '10:60 12:0 20:0').sessions(), []);
  });
  test('it carries out no timeout, heartbeat or offline', () => {
    const options = { ...EXAMPLE_OPTIONS, heartbeatIntervalMs: 10_000, offlineTimeoutMs: 30_000 };
    const timeline = backlog(proven(options).lose(at(5)), 1000, '10:60 500:60 510:0 530:0');
    assert.deepEqual(timeline.events.slice(1).map(inWords), [
      '13 session_started 10 working',
      '525 session_stopped 10-510 normal',
    ]);
  });
  test('afterwards timeout, heartbeat and offline start anew', () => {
    for (const [changes, due] of [
      [{}, '1020 timeout'],
      [{ heartbeatIntervalMs: 8000 }, '1008 heartbeat'],
      [{ offlineTimeoutMs: 7000 }, '1007 offline'],
    ] as const) {
      const timeline = backlog(proven({ ...EXAMPLE_OPTIONS, ...changes }).lose(at(5)), 999, '10:60 20:60');
      assert.equal(dueOf(timeline), 'never');
      assert.equal(dueOf(timeline.regain(at(1000))), due);
    }
  });
  test('the rest of a debounce, from the last backlog on, runs from link back', () => {
    const timeline = backlog(proven().lose(at(5)), 1000, '10:60 14:60 20:0 25:0').regain(at(1001));
    assert.equal(dueOf(timeline), '1011 stop');
    assert.deepEqual(timeline.runTo(at(2000)).sessions().slice(1), ['1011 session_stopped 10-20 normal']);
  });
  test('the rest of a start debounce too; the session began where the power came on', () => {
    const timeline = backlog(proven().lose(at(5)), 1000, '10:60 12:60')
      .regain(at(1001))
      .power(at(1001.999), 60);
    assert.deepEqual(timeline.runTo(at(1002)).sessions(), ['1002 session_started 10 working']);
  });
  test('what is older than what is known is late', () => {
    const timeline = backlog(proven().lose(at(50)), 1000, '60:60 59.999:0');
    assert.equal(timeline.state.lateMessages, 1);
    assert.equal(timeline.state.phase, 'starting');
  });
  test('two of one instant are taken in the order of arrival', () => {
    assert.equal(backlog(proven().lose(at(5)), 1000, '10:0 10:60').state.phase, 'starting');
    assert.equal(backlog(proven().lose(at(5)), 1000, '10:60 10:0').state.phase, 'idle');
  });
  test('known to the minute only, the order of arrival holds', () => {
    const timeline = proven().lose(at(5));
    backlog(timeline, 1000, '60:60 60:60 120:0 180:0', { deviceTimePrecisionMs: 60_000 });
    assert.deepEqual(timeline.sessions(), [
      '63 session_started 60 working',
      '135 session_stopped 60-120 normal',
    ]);
  });
  test('in a session its age counts, whatever the wall clock says', () => {
    const timeline = proven()
      .reading(at(10), { powerW: 60, deviceTime: at(10) })
      .runTo(at(20))
      .lose(at(20));
    const stepped = { receivedAt: at(3700), steadyAt: at(100) };
    timeline.reading(at(100), { ...stepped, deviceTime: at(3630), powerW: 0 });
    assert.equal(timeline.state.session?.stoppingSince, at(30));
  });
  test('without a loss: a stalled link', () => {
    const timeline = proven().reading(at(10), { powerW: 60, deviceTime: at(10) });
    backlog(timeline, 40, '15:60 20:0 25:60 34:60');
    assert.equal(timeline.state.clockProven, true);
    assert.equal(timeline.state.lastMessageAt, at(34));
    timeline.power(at(41), 0).runTo(at(100));
    const [end] = timeline.ofType('session_stopped');
    assert.deepEqual([end?.payload.duration_s, end?.payload.interruption_duration_s], [31, 5]);
  });
  test('says that it was backlog, for the link to settle', () => {
    const timeline = backlog(proven().lose(at(5)), 1000, '10:0');
    assert.deepEqual(timeline.effects, [{ kind: 'backlog', dated: true }]);
  });
});

describe('live messages while the link is lost', () => {
  test('a live one with a proven clock ends the loss for its device', () => {
    const timeline = proven()
      .lose(at(5))
      .reading(at(100), { powerW: 60, deviceTime: at(95) });
    assert.equal(timeline.state.lostAt, null);
    assert.deepEqual(timeline.runTo(at(103)).sessions(), ['103 session_started 100 working']);
  });
  test('what was held comes before it', () => {
    const timeline = proven().lose(at(5)).power(at(99), 0);
    timeline.reading(at(100), { powerW: 60, deviceTime: at(100) });
    assert.equal(timeline.state.held, null);
    assert.equal(timeline.state.phase, 'starting');
  });
  test('a will counts, and is no sign of life', () => {
    const timeline = proven().lose(at(5));
    const before = timeline.state.lastMessageAt;
    timeline.reading(at(50), { presence: 'offline', retained: true }).reading(at(51), { presence: 'online' });
    assert.deepEqual(timeline.events.slice(1).map(inWords), [
      '50 device_offline last_will',
      '51 device_online last_will',
    ]);
    assert.equal(timeline.state.lastMessageAt, before);
  });
});

test('a device known by its will alone: silence counts from link back', () => {
  const timeline = new Timeline({ ...EXAMPLE_OPTIONS, offlineTimeoutMs: 18_000 });
  timeline.reading(at(0), { presence: 'online' }).lose(at(5)).regain(at(100));
  assert.equal(dueOf(timeline), '118 offline');
});

describe('undated backlog', () => {
  test('of many only the last counts, at link back', () => {
    const timeline = new Timeline().power(at(0), 0).lose(at(5));
    for (const powerW of [60, 0, 70, 0, 20]) timeline.power(at(100), powerW);
    assert.equal(timeline.state.phase, 'idle');
    timeline.regain(at(101)).runTo(at(104));
    assert.deepEqual(timeline.sessions(), ['104 session_started 101 standby']);
    assert.equal(timeline.state.lateMessages, 0);
  });
  test('hours that arrive in milliseconds hide no session and make none', () => {
    const timeline = new Timeline().power(at(0), 60).runTo(at(5)).lose(at(5));
    for (let i = 0; i < 100; i++) timeline.power(at(100) + i, i % 2 === 0 ? 60 : 0);
    timeline.power(at(100.5), 60).regain(at(101)).power(at(102), 60);
    assert.deepEqual(timeline.sessions(), ['3 session_started 0 working']);
    assert.equal(timeline.state.phase, 'working');
  });
  test('later values win, values that are missing stay', () => {
    const timeline = new Timeline({ ...EXAMPLE_OPTIONS, forwardMeasurements: true })
      .power(at(0), 0)
      .lose(at(5));
    timeline.reading(at(100), { powerW: 60, voltageV: 230, energyTotalKwh: 1 });
    timeline.reading(at(100), { voltageV: 231 }).reading(at(100), { energyTotalKwh: 2 }).regain(at(101));
    assert.deepEqual(timeline.ofType('power_measurement')[1]?.payload, {
      apower: 60,
      voltage: 231,
      total_energy_kwh: 2,
    });
  });
  test('says that it may have been backlog', () => {
    const timeline = new Timeline().power(at(0), 0).lose(at(5)).power(at(50), 60);
    assert.deepEqual(timeline.effects, [{ kind: 'backlog', dated: false }]);
  });
  test('a restart in between keeps it', () => {
    const timeline = new Timeline().power(at(0), 60).lose(at(5)).power(at(50), 0);
    const next = new Timeline(EXAMPLE_OPTIONS, JSON.parse(JSON.stringify(timeline.state)));
    next.input({ kind: 'restarted', wallAt: at(60), steadyAt: 0, heardSteadyAt: null });
    next.input({ kind: 'link_back', wallAt: at(70), steadyAt: 10_000 });
    assert.equal(next.state.session?.stoppingSince, at(70));
  });

  const energy = (kwh: number, powerW: number) => ({ powerW, energyTotalKwh: kwh });
  for (const [name, first, held, unattributedWh] of [
    ['no session: it is told apart', energy(1, 0), energy(1.5, 0), 500],
    ['a session that begins now does not get it', energy(1, 0), energy(1.5, 60), 500],
    ['an open session gets it', energy(1, 60), energy(1.5, 60), null],
    ['a counter that fell tells nothing', energy(1, 0), energy(0.5, 0), null],
  ] as const) {
    test(`energy: ${name}`, () => {
      const timeline = new Timeline().reading(at(0), first).runTo(at(4)).lose(at(5));
      timeline.reading(at(100), held).regain(at(101));
      const told = timeline.effects.filter((effect) => effect.kind === 'unattributed');
      assert.deepEqual(
        told,
        unattributedWh === null ? [] : [{ kind: 'unattributed', kwh: unattributedWh / 1000 }],
      );
    });
  }
  test('energy: the open session has it in the end', () => {
    const timeline = new Timeline().reading(at(0), energy(1, 60)).runTo(at(4)).lose(at(5));
    timeline
      .reading(at(100), energy(1.5, 60))
      .regain(at(101))
      .reading(at(102), energy(1.5, 0))
      .runTo(at(200));
    assert.equal(timeline.ofType('session_stopped')[0]?.payload.energy_kwh, 0.5);
  });
  test('energy: a session that the gap ends does not get it', () => {
    const timeline = new Timeline().reading(at(0), energy(1, 60)).runTo(at(4)).lose(at(5));
    timeline.reading(at(36_000), energy(1.01, 0)).regain(at(36_000));
    assert.deepEqual(timeline.sessions().slice(1), ['36000 session_timeout 0-0 gap']);
    const told = timeline.effects.flatMap((effect) => (effect.kind === 'unattributed' ? [effect.kwh] : []));
    assert.deepEqual(
      told.map((kwh) => Math.round(kwh * 1e6)),
      [10_000],
    );
  });
});
