import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Input } from '../detect/detector.ts';
import type { Reading } from '../model/reading.ts';
import type { ReadingsQuery, ReadingsSeries } from '../model/reading-series.ts';
import { openMemoryHistory } from '../store/history-database.ts';
import { InputPieces } from './input-pieces.ts';
import { ReadingLog } from './reading-log.ts';
import { readingsSeries } from './readings-series.ts';

const T0 = Date.UTC(2026, 0, 31, 10);
const at = (seconds: number) => T0 + Math.round(seconds * 1000);

function reading(seconds: number, values: Partial<Reading>): Input {
  const time = { receivedAt: at(seconds), steadyAt: at(seconds) };
  return { kind: 'reading', reading: { ...time, retained: false, qos: 1, ...values } };
}
const power = (seconds: number, powerW: number) => reading(seconds, { powerW });
const lost = (seconds: number): Input => ({ kind: 'link_lost', steadyAt: at(seconds) });
const back = (seconds: number): Input => {
  return { kind: 'link_back', wallAt: at(seconds), steadyAt: at(seconds) };
};
const restarted = (seconds: number): Input => {
  return { kind: 'restarted', wallAt: at(seconds), steadyAt: at(seconds), heardSteadyAt: at(seconds - 1) };
};
const every = (stepS: number, count: number, powerW: (i: number) => number, fromS = 0) =>
  Array.from({ length: count }, (_, i) => power(fromS + i * stepS, powerW(i)));

/** The chart of `inputs` in [0, toS), asked for at `nowS`. */
function chart(inputs: readonly Input[], query: Partial<ReadingsQuery> & { toS: number; nowS?: number }) {
  const { toS, nowS = toS, ...more } = query;
  const database = openMemoryHistory();
  const log = new ReadingLog(database);
  const pieces = new InputPieces();
  for (const input of inputs) {
    const wallAt = input.kind === 'reading' ? input.reading.receivedAt : input.steadyAt;
    pieces.add('mill', input, wallAt, T0);
  }
  database.transaction(() => {
    for (const piece of pieces.takeAll()) log.append(piece);
  });
  const asked = { deviceId: 'mill', fromMs: T0, toMs: at(toS), pointsMax: 100, gapMs: 60_000, ...more };
  return readingsSeries(database).series(asked, at(nowS));
}

/** Points as `second: min..avg..max last`, gaps as `from-to`. */
function inWords({ source, stepMs, points, gaps }: ReadingsSeries) {
  const seconds = (ms: number) => (ms - T0) / 1000;
  const figure = (n: number) => String(Math.round(n * 100) / 100);
  return {
    how: stepMs === null ? source : `${source} ${stepMs / 1000} s`,
    points: points.map(({ at: when, minW, avgW, maxW, lastW }) => {
      return `${seconds(when)}: ${figure(minW)}..${figure(avgW)}..${figure(maxW)} ${figure(lastW)}`;
    }),
    gaps: gaps.map(({ fromMs, toMs }) => `${seconds(fromMs)}-${seconds(toMs)}`),
  };
}

test('few readings are points of their own, with all they told', () => {
  const told = [
    reading(1, { powerW: 10, voltageV: 230, energyTotalKwh: 1.5 }),
    reading(2, { voltageV: 231 }),
  ];
  const { source, stepMs, points, gaps } = chart([...told, power(3, 20)], { toS: 10 });
  const flat = (powerW: number) => ({ minW: powerW, maxW: powerW, avgW: powerW, lastW: powerW });
  assert.deepEqual(
    { source, stepMs, points, gaps },
    {
      source: 'readings',
      stepMs: null,
      points: [
        { at: at(1), ...flat(10), energyTotalKwh: 1.5, voltageV: 230 },
        { at: at(3), ...flat(20) },
      ],
      // Nothing is known before the first.
      gaps: [{ fromMs: at(0), toMs: at(1) }],
    },
  );
});

test('more of them are told in steps, weighted by time', () => {
  const inputs = [...every(1, 10, (i) => i), power(10, 100), power(18, 0)];
  const told = inWords(chart(inputs, { toS: 30, pointsMax: 3 }));
  assert.deepEqual(told, {
    how: 'steps 10 s',
    points: ['0: 0..4.5..9 9', '10: 0..80..100 0', '20: 0..0..0 0'],
    gaps: [],
  });
});

test('the power that a period begins with was told before it', () => {
  const told = chart([power(-30, 7), power(5, 8)], { toS: 10, pointsMax: 1 });
  assert.deepEqual(inWords(told).points, ['5: 8..8..8 8']);
  const steps = inWords(chart([power(-30, 7), power(5, 8), power(6, 9)], { toS: 10, pointsMax: 1 }));
  assert.deepEqual(steps, { how: 'steps 5 s', points: ['0: 7..7..7 7', '5: 8..8.8..9 9'], gaps: [] });
});

const SILENCES: [name: string, inputs: Input[], toS: number, gaps: string[]][] = [
  ['a silence as long as it may be', [power(0, 1), power(60, 2)], 90, []],
  ['a longer one', [power(0, 1), power(61, 2)], 90, ['0-61']],
  ['one until now', [power(0, 1), power(10, 2)], 300, ['10-300']],
  ['a lost link', [power(0, 1), lost(5), back(20), power(25, 2), power(70, 2)], 90, ['5-25']],
  ['signs of life keep the power', [power(0, 1), reading(50, {}), power(100, 1)], 150, []],
  ['an offline device', [power(0, 1), reading(10, { presence: 'offline' }), power(50, 1)], 90, ['10-50']],
  [
    'a restart: how long was listened before is not known',
    [power(0, 1), restarted(9), power(50, 2)],
    90,
    ['0-50'],
  ],
  ['a figure that no machine draws', [power(0, 1), power(10, -1e300), power(50, 2)], 90, []],
];
for (const [name, inputs, toS, gaps] of SILENCES) {
  test(`gaps: ${name}`, () => {
    assert.deepEqual(inWords(chart(inputs, { toS })).gaps, gaps);
  });
}

test('backlog is shown when it happened', () => {
  const backlog = reading(100, { powerW: 50, deviceTime: at(40) });
  const told = inWords(chart([power(0, 1), lost(30), backlog, back(101), power(102, 2)], { toS: 110 }));
  assert.deepEqual(told.points, ['0: 1..1..1 1', '40: 50..50..50 50', '102: 2..2..2 2']);
  assert.deepEqual(told.gaps, ['30-102']);
});

test('of a long period the minutes tell, and agree with the readings', () => {
  const inputs = [...every(1, 3600, (i) => i % 60), ...every(1, 600, () => 100, 7200)];
  const { source, stepMs, points, gaps } = chart(inputs, { toS: 7800, pointsMax: 70 });
  assert.deepEqual([source, stepMs], ['minutes', 120_000]);
  assert.deepEqual(inWords({ source, stepMs, points, gaps }).gaps, ['3600-7200']);
  assert.equal(points.length, 35);
  assert.deepEqual(
    [points[0], points.at(-1)].map((p) => [p?.minW, p?.avgW, p?.maxW, p?.lastW]),
    [
      [0, 29.5, 59, 59],
      [100, 100, 100, 100],
    ],
  );
});

test('a power that holds for minutes without a message is no gap unless it is too long', () => {
  const inputs = [power(0, 5), power(1500, 9), power(4800, 1)];
  const chartOf = (gapMs: number) => inWords(chart(inputs, { toS: 4860, pointsMax: 9, gapMs }));
  assert.deepEqual(chartOf(3_600_000).gaps, []);
  assert.deepEqual(chartOf(1_800_000).gaps, ['1560-4800']);
  assert.equal(chartOf(3_600_000).points.length, 9);
  assert.equal(chartOf(1_800_000).points.length, 4);
});

test('of an unknown device nothing is known', () => {
  const { points, gaps } = chart([power(0, 1)], { toS: 10, deviceId: 'saw' });
  assert.deepEqual([points, gaps], [[], [{ fromMs: at(0), toMs: at(10) }]]);
});
