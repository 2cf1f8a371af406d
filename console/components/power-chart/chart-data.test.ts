import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartData, indexAt, type Readings, summaries } from './chart-data.ts';

const iso = (s: number) => new Date(s * 1000).toISOString();
const point = (s: number, watts: number, spread = 0) => ({
  at: iso(s),
  min_w: watts - spread,
  max_w: watts + spread,
  avg_w: watts,
  last_w: watts + spread,
});
const readings = (over: Partial<Readings>): Readings => ({
  source: 'readings',
  step_s: null,
  points: [],
  gaps: [],
  ...over,
});

test('a reading holds until a gap begins, and nothing is drawn within it', () => {
  const data = chartData(
    readings({ points: [point(10, 5), point(20, 6), point(60, 7)], gaps: [{ from: iso(30), to: iso(60) }] }),
    [],
    null,
  );
  assert.deepEqual(data[0], [10, 20, 30, 30.001, 60]);
  assert.deepEqual(data[1], [5, 6, 6, null, 7]);
});

test('a gap before the first and after the last value is one, too', () => {
  const gaps = [
    { from: iso(0), to: iso(10) },
    { from: iso(30), to: iso(90) },
  ];
  const data = chartData(readings({ points: [point(10, 5)], gaps }), [], 90_000);
  assert.deepEqual(data[0], [0.001, 10, 30, 30.001]);
  assert.deepEqual(data[1], [null, 5, 5, null]);
});

test('steps tell their extremes, and what comes live goes on after them', () => {
  const steps = readings({ source: 'steps', step_s: 10, points: [point(10, 100, 20)] });
  const live = [
    { atMs: 15_000, powerW: 1 },
    { atMs: 21_000, powerW: 50 },
    { atMs: 22_000, powerW: 60 },
  ];
  const data = chartData(steps, live, 25_000);
  assert.deepEqual(data, [
    [10, 21, 22, 25],
    [100, 50, 60, 60],
    [80, null, null, null],
    [120, null, null, null],
  ]);
});

test('the value at a time is the one before it', () => {
  assert.deepEqual(
    [5000, 10_000, 14_999, 99_000].map((at) => indexAt([10, 15], at)),
    [-1, 0, 0, 1],
  );
});

test('a summary weighs by time and leaves out what is not known', () => {
  const data = chartData(
    readings({ points: [point(0, 0), point(75, 100)], gaps: [{ from: iso(100), to: iso(200) }] }),
    [],
    null,
  );
  const [first, second] = summaries(data, { fromMs: 0, toMs: 200_000 }, 2);
  assert.deepEqual(first, { fromMs: 0, toMs: 100_000, minW: 0, maxW: 100, avgW: 25 });
  assert.equal(second?.maxW ?? null, 100);
  assert.deepEqual(summaries(chartData(null, [], null), { fromMs: 0, toMs: 10 }, 1), [null]);
});
