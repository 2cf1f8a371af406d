import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../simulator/random.ts';
import type { DetectorOptions } from '../model/device.ts';
import { type Confidence, type Suggestion, suggestionSchema } from '../model/replay.ts';
import type { Input } from './detector.ts';
import { suggest } from './suggestion.ts';
import {
  alwaysOn,
  between,
  blipping,
  compressor,
  cycle,
  HOUR,
  laserCutter,
  lazy,
  type Machine,
  mill,
  narrow,
  play,
  printer,
  pump,
  repeat,
  thermostat,
  washer,
} from './synthetic-machines.ts';
import { EXAMPLE_OPTIONS, readingAt, T0 } from './timeline.ts';

const OPTIONS: DetectorOptions = { ...EXAMPLE_OPTIONS, messageTimeoutMs: 90_000 };
function suggestionFor(machine: Machine, options: DetectorOptions = OPTIONS): Suggestion {
  const log = () => play(machine(seededRandom(7)), seededRandom(11));
  const found = suggest({ log, options, reportIntervalMs: 60_000, fromMs: T0, toMs: T0 + 90 * 86_400_000 });
  return suggestionSchema.parse(found);
}

/** Where each threshold must lie: above what is below it, below what is above it. */
type Row = {
  name: string;
  machine: Machine;
  confidence: Confidence;
  standby: [belowW: number, aboveW: number];
  /** null: the same as the standby threshold. */
  working: [belowW: number, aboveW: number] | null;
  says?: RegExp;
};
const ROWS: Row[] = [
  { name: 'laser cutter', machine: laserCutter, confidence: 'good', standby: [1.2, 11], working: [14, 70] },
  { name: 'mill with a spindle', machine: mill, confidence: 'good', standby: [1, 43], working: [48, 285] },
  {
    name: 'printer that cycles its bed',
    machine: printer,
    confidence: 'good',
    standby: [1.1, 7.6],
    working: [8.4, 57],
  },
  {
    name: 'compressor without a standby',
    machine: compressor,
    confidence: 'good',
    standby: [1, 2000],
    working: null,
    says: /Nothing tells standby from working/,
  },
  {
    name: 'washer that turns back and forth',
    machine: washer,
    confidence: 'fair',
    standby: [0.6, 2.8],
    working: [6.7, 126],
    says: /crosses the working threshold for/,
  },
  { name: 'blips between uses', machine: blipping, confidence: 'good', standby: [0.6, 85], working: null },
  { name: 'noisy pump', machine: pump, confidence: 'good', standby: [1.7, 120], working: null },
  {
    name: 'narrow gap',
    machine: narrow,
    confidence: 'poor',
    standby: [22.5, 34.5],
    working: null,
    says: /too narrow to trust/,
  },
  {
    name: 'one use only',
    machine: lazy,
    confidence: 'poor',
    standby: [0.5, 480],
    working: null,
    says: /switched on once/,
  },
];
for (const { name, machine, confidence, standby, working, says } of ROWS) {
  test(name, () => {
    const found = suggestionFor(machine);
    const text = found.sentences.join('\n');
    const config = found.session_config;
    assert.ok(config, text);
    const isIn = (value: number, [low, high]: [number, number], what: string) =>
      assert.ok(value > low && value < high, `${what} ${value} is not in ${low}–${high}\n${text}`);
    isIn(config.standby_threshold_w, standby, 'standby');
    isIn(config.working_threshold_w, working ?? standby, 'working');
    if (!working) assert.equal(config.working_threshold_w, config.standby_threshold_w, text);
    assert.equal(found.confidence, confidence, text);
    if (says) assert.match(text, says);
  });
}

describe('nothing is proposed, and why is said, when', () => {
  const nearlyNothing: Machine = () => [{ seconds: 25, powerW: 0.5 }];
  const brief: Machine = () => [
    { seconds: 200, powerW: 0.5 },
    { seconds: 300, powerW: 500 },
  ];
  const silent: Machine = () => [];
  for (const [name, machine, says] of [
    ['the machine is always on', alwaysOn, /one range only, 220–350 W/],
    ['it regulates itself', thermostat, /between 56–66 W and 240–270 W all the time/],
    ['there are few readings', nearlyNothing, /too few data: 25 readings/],
    ['little time is known', brief, /too few data: 500 readings, 8 min/],
    ['there is nothing', silent, /too few data: 0 readings/],
  ] as const) {
    test(name, () => {
      const { confidence, session_config, effect, margins, sentences } = suggestionFor(machine);
      assert.deepEqual([confidence, session_config, effect], ['none', null, null]);
      assert.deepEqual(margins, { standby: null, working: null });
      assert.equal(sentences.length, 1);
      assert.match(sentences.join(), says);
    });
  }
});

describe('times', () => {
  const dipping = (dipS: number, pauseS: number): Machine => {
    return (random) =>
      repeat(12, () => [
        { seconds: pauseS, powerW: 0.5, noise: 0.1, every: 30 },
        ...cycle(3, { seconds: 300, powerW: 400 }, { seconds: between(random, dipS / 2, dipS), powerW: 0.5 }),
        { seconds: 400, powerW: 400 },
      ]);
  };
  const chattering: Machine = (random) =>
    repeat(300, () => [
      { seconds: Math.round(6 * 100 ** random()), powerW: 0.5 },
      { seconds: 300, powerW: 400, every: 5 },
    ]);
  test('a stop debounce that is in force stays when it will do, else it is between dips and pauses', () => {
    for (const [dipS, pauseS, stopDebounceMs, low, high] of [
      [9, 7200, 15_000, 15, 15],
      [9, 7200, 40_000, 40, 40],
      [40, 7200, 15_000, 45, 120],
      [40, 200, 15_000, 45, 180],
      [40, 7200, 3_600_000 * 1.5, 45, 120],
    ] as const) {
      const { session_config, sentences } = suggestionFor(dipping(dipS, pauseS), {
        ...OPTIONS,
        stopDebounceMs,
      });
      const stopS = session_config?.stop_debounce_s ?? Number.NaN;
      assert.ok(stopS >= low && stopS <= high, `${dipS} ${pauseS} ${stopS}`);
      assert.match(sentences.join('\n'), /longer than the \d+ dips of up to/);
    }
  });
  test('pauses of all lengths leave the stop debounce as it is, and that is said', () => {
    const { session_config, sentences } = suggestionFor(chattering, { ...OPTIONS, stopDebounceMs: 33_000 });
    assert.equal(session_config?.stop_debounce_s, 33);
    assert.match(sentences.join('\n'), /pauses are of all lengths.* 33 s is kept/);
  });
  test('a start debounce is longer than blips that are no use', () => {
    const found = suggestionFor(blipping);
    assert.deepEqual([found.session_config?.start_debounce_s, found.effect?.changes?.lost], [15, 20]);
    assert.match(found.sentences.join('\n'), /20 blips of up to 6 s; the shortest use is 15 min/);
  });
  test('a start debounce is not longer than the power holds at first', () => {
    const stuttering: Machine = () =>
      repeat(15, () => [
        { seconds: HOUR, powerW: 0.5, every: 30 },
        { seconds: 8, powerW: 300 },
        { seconds: 6, powerW: 0.5 },
        { seconds: 900, powerW: 300 },
      ]);
    const found = suggestionFor(stuttering, { ...OPTIONS, startDebounceMs: 10_000 });
    assert.equal(found.session_config?.start_debounce_s, 4);
  });
  test('the message timeout is obeyed by the device: kept, lengthened or shortened', () => {
    for (const [messageTimeoutMs, timeoutS] of [
      [90_000, 90],
      [20_000, 120],
      [500_000, 500],
      [7_200_000, 120],
      [null, null],
    ] as const) {
      const { session_config } = suggestionFor(mill, { ...OPTIONS, messageTimeoutMs });
      assert.equal(session_config?.message_timeout_s, timeoutS, `${messageTimeoutMs}`);
    }
  });
});

test('the effect is what a replay of both gives', () => {
  const { effect } = suggestionFor(narrow);
  assert.equal(effect?.before.sessions, 1);
  assert.equal(effect?.after.sessions, 12);
  assert.deepEqual(effect?.changes, { same: 0, changed: 1, new: 11, lost: 0 });
});

test('time in which nobody listened tells nothing', () => {
  function* log(): Generator<Input> {
    yield* play(pump(seededRandom(7)), seededRandom(11));
    // On at the loss, and not heard for a year.
    const end = T0 + 400_000_000;
    yield { kind: 'reading', reading: readingAt(end, { powerW: 5000 }) };
    yield { kind: 'link_lost', steadyAt: end + 1000 };
    yield { kind: 'reading', reading: readingAt(end + 9_000_000, { powerW: 5000 }) };
    yield { kind: 'link_back', wallAt: end + 3e10, steadyAt: end + 3e10 };
    yield { kind: 'reading', reading: readingAt(end + 3e10, { powerW: 1 }) };
  }
  const found = suggest({ log, options: OPTIONS, reportIntervalMs: 60_000, fromMs: T0, toMs: T0 + 5e10 });
  assert.deepEqual(found.session_config, suggestionFor(pump).session_config);
  assert.ok(found.data.heard_s < 110_000, String(found.data.heard_s));
});
