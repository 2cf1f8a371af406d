import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DetectorOptions } from '../model/device.ts';
import { at, EXAMPLE_OPTIONS, Timeline } from './timeline.ts';

/** Plays messages `second:W:Wh` of power and energy counter; either may be missing. */
function play(timeline: Timeline, rows: string): Timeline {
  for (const row of rows.split(' ')) {
    const [second, powerW, counterWh] = row.split(':');
    timeline.reading(at(Number(second)), {
      ...(powerW && { powerW: Number(powerW) }),
      ...(counterWh && { energyTotalKwh: Number(counterWh) / 1000 }),
    });
  }
  return timeline;
}

const RATED = { ratedPowerW: 400 };

/** Sessions from 10 to 30 at 360 W: 0.1 Wh a second, 2 Wh by the integral of power. */
const ENERGIES: {
  name: string;
  rows: string;
  options?: Partial<DetectorOptions>;
  wh: number;
  source: 'counter' | 'integrated';
}[] = [
  {
    name: 'no counter',
    rows: '10:360 29:360 30:0',
    wh: 2,
    source: 'integrated',
  },
  {
    name: 'baseline in the message that starts',
    rows: '10:360:100 29:360 30:0:103',
    wh: 3,
    source: 'counter',
  },
  {
    name: 'baseline before the start',
    rows: '0:0:99 5:0:100 10:360 29:360 30:0:103',
    wh: 3,
    source: 'counter',
  },
  {
    name: 'baseline as old as the message timeout',
    rows: '-10:0:100 10:360 29:360 30:0:103',
    wh: 3,
    source: 'counter',
  },
  {
    name: 'baseline 1 ms too old, none inside: nothing is covered',
    rows: '-10.001:0:100 10:360 29:360 30:0:103',
    wh: 2,
    source: 'integrated',
  },
  {
    name: 'baseline of any age for a device that never times out',
    rows: '-1000:0:100 10:360 30:0:103',
    options: { messageTimeoutMs: null },
    wh: 3,
    source: 'counter',
  },
  {
    name: 'baseline at the start in a message of its own, after an older one',
    rows: '5:0:100 10:360 10::100.5 29:360 30:0:103',
    wh: 2.5,
    source: 'counter',
  },
  {
    name: 'first reading inside: 95 % covered, the beginning integrated',
    rows: '10:360 11:360:101 29:360 30:0:103',
    wh: 2.1,
    source: 'counter',
  },
  {
    name: 'first reading inside: 1 ms less',
    rows: '10:360 11.001:360:101 29:360 30:0:103',
    wh: 2,
    source: 'integrated',
  },
  {
    name: 'last reading before the end: 95 % covered, the end integrated',
    rows: '10:360:100 29:360:102.9 30:0',
    wh: 3,
    source: 'counter',
  },
  {
    name: 'last reading before the end: 1 ms less',
    rows: '10:360:100 28.999:360:102.9 30:0',
    wh: 2,
    source: 'integrated',
  },
  {
    name: 'what the counter shows after the end is not billed',
    rows: '10:360:100 30:0:103 35:0:150',
    options: { messageTimeoutMs: 60_000 },
    wh: 3,
    source: 'counter',
  },
  {
    name: 'a drop of 1 Wh is rounding: the old maximum stays',
    rows: '10:360:100 20:360:101.5 21:360:100.5 30:0:103',
    wh: 3,
    source: 'counter',
  },
  {
    name: 'the time after it is covered',
    rows: '10:360:100 20:360:101.5 29.5:360:100.5 30:0',
    wh: 1.5 + 0.05,
    source: 'counter',
  },
  {
    name: 'a drop that the next reading confirms is a reset: the stretch between is integrated',
    rows: '10:360:100 20:360:101.5 21:360:0 22:360:0.1 30:0:1.3',
    wh: 1.5 + 0.1 + 1.3,
    source: 'counter',
  },
  {
    name: 'a drop of just more than 1 Wh is doubted; not confirmed, it leaves the stretch uncovered',
    rows: '10:360:100 20:360:101.5 30:0:100.499',
    wh: 2,
    source: 'integrated',
  },
  {
    name: 'one low reading is a glitch',
    rows: '10:360:100 20:360:101.5 21:360:0 22:360:101.7 30:0:103',
    wh: 3,
    source: 'counter',
  },
  {
    name: 'one high reading is a glitch',
    rows: '10:360:100 20:360:101.5 21:360:5000 22:360:101.7 30:0:103',
    options: RATED,
    wh: 3,
    source: 'counter',
  },
  {
    name: 'two different wild readings are two glitches',
    rows: '10:360:100 20:360:101.5 21:360:0 22:360:5000 23:360:101.9 30:0:103',
    options: RATED,
    wh: 3,
    source: 'counter',
  },
  {
    name: 'a jump that the next reading confirms: the stretch between is integrated',
    rows: '10:360:100 20:360:101.5 21:360:5000 22:360:5000.1 30:0:5001.3',
    options: RATED,
    wh: 1.5 + 0.1 + 1.3,
    source: 'counter',
  },
  {
    name: 'the newest doubtful reading is the one to confirm',
    rows: '10:360:100 20:360:101.5 20.5:360:0 21:360:7000 22:360:7000.1 30:0:7001.3',
    options: RATED,
    wh: 1.5 + 0.1 + 1.3,
    source: 'counter',
  },
  {
    name: 'the most that is believed: 1.2 × (400 W × 19.5 s + what flowed unseen)',
    rows: '10:360:100 29.5:360:104.94 30:0',
    options: RATED,
    wh: 4.94 + 0.05,
    source: 'counter',
  },
  {
    name: 'a little more is not believed',
    rows: '10:360:100 29.5:360:104.941 30:0',
    options: RATED,
    wh: 2,
    source: 'integrated',
  },
  {
    name: 'what flowed unseen is granted once',
    rows: '10:360:100 20:360:101 29.5:360:104 30:0',
    options: RATED,
    wh: 2,
    source: 'integrated',
  },
  {
    name: 'while nobody knows the rated power one high reading is a glitch too, once the old level is back',
    rows: '10:360:100 20:360:101.5 21:360:5000 22:360:101.7 23:360:101.8 30:0:103',
    wh: 3,
    source: 'counter',
  },
  {
    name: 'while nobody knows the rated power no jump is doubted',
    rows: '10:360:100 20:360:5100 30:0:5101',
    wh: 5001,
    source: 'counter',
  },
  {
    name: 'a coarse counter shows late what flowed long before',
    rows: '10:360:100 25:360:100 40:360:100 55:360:100 56:360:105 60:0:105',
    options: RATED,
    wh: 5,
    source: 'counter',
  },
  {
    name: 'a counter that stands still covers the time all the same',
    rows: '10:360:100 20:360:100 30:0:100',
    wh: 0,
    source: 'counter',
  },
  {
    name: 'a reset just before the start, confirmed inside',
    rows: '0:0:100 9:0:0 10:360 11:360:0.1 29:360 30:0:3',
    wh: 3,
    source: 'counter',
  },
  {
    name: 'a reset in the session before, confirmed inside',
    rows: '10:360:100 30:360:102 31:360:0 32:0 48:360 49:360:0.1 67:360 68:0:2',
    wh: 2,
    source: 'counter',
  },
  {
    name: 'time before the start covers nothing',
    rows: '5:0:100 10:360 25:360:101.5 30:0',
    wh: 2,
    source: 'integrated',
  },
  {
    name: 'a machine that feeds back uses nothing',
    rows: '10:360 20:-360 25:360 30:0',
    wh: 1.5,
    source: 'integrated',
  },
];

/** The energy of the one session in `timeline`, Wh, and its source. */
function energyOfEnd(timeline: Timeline): { wh: number; source: string } {
  const [end, ...more] = timeline.ofType('session_stopped', 'session_timeout').slice(-1);
  assert.ok(end && more.length === 0);
  return { wh: Math.round(end.payload.energy_kwh * 1e6) / 1e3, source: end.payload.energy_source };
}

for (const { name, rows, options, wh, source } of ENERGIES) {
  test(`energy: ${name}`, () => {
    const timeline = play(new Timeline({ ...EXAMPLE_OPTIONS, ...options }), rows).runTo(at(200));
    assert.deepEqual(energyOfEnd(timeline), { wh: Math.round(wh * 1e3) / 1e3, source });
  });
}

/** A device that had `count` sessions of up to 360 W. */
function experienced(count: number): Timeline {
  const timeline = new Timeline();
  for (let i = count; i > 0; i--) {
    timeline.power(at(-100 * i), 360).power(at(-100 * i + 10), 0);
  }
  assert.equal(timeline.runTo(at(0)).state.sessionNumber, count);
  return timeline;
}

describe('rated power by experience', () => {
  const JUMP = '10:360:100 29.5:360:105 30:0';
  test('a jump in the ninth session is believed', () => {
    assert.deepEqual(energyOfEnd(play(experienced(8), JUMP).runTo(at(100))), { wh: 5.05, source: 'counter' });
  });
  test('after ten sessions it is not: 1.2 × (360 W + 360 W) × 19.5 s is 4.68 Wh', () => {
    assert.deepEqual(energyOfEnd(play(experienced(10), JUMP).runTo(at(100))), {
      wh: 2,
      source: 'integrated',
    });
  });
  test('a power seen later counts too', () => {
    const timeline = experienced(10).power(at(-50), 1000).power(at(-49), 0).power(at(-40), 0);
    assert.deepEqual(energyOfEnd(play(timeline, JUMP).runTo(at(100))), { wh: 5.05, source: 'counter' });
  });
});
