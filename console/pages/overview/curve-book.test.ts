import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CurveBook, DRAWING, pathOf } from './curve-book.ts';

const STEP_MS = 30_000;
const T0 = Math.ceil(Date.UTC(2026, 0, 31, 10) / STEP_MS) * STEP_MS;
const iso = (ms: number) => new Date(ms).toISOString();
const MILL = { device_id: 'mill', standby_threshold_w: 5, working_threshold_w: 50 };
/** Steps of half a minute, the last one from T0 on. */
const answer = (points: (number | null)[]) => ({
  step_s: 30,
  from: iso(T0 - (points.length - 1) * STEP_MS),
  curves: [{ ...MILL, points }],
});
const reading = (seconds: number, powerW?: number) => ({
  device_id: 'mill',
  at: iso(T0 + seconds * 1000),
  ...(powerW !== undefined && { power_w: powerW }),
});

/** Where the line is drawn at each step, by the corners of its path; null: nowhere. */
function heights(book: CurveBook, count: number): (number | null)[] {
  const found: (number | null)[] = Array.from({ length: count }, () => null);
  let y = 0;
  for (const [, command, first, second] of book
    .drawn('mill')
    .path.matchAll(/([MVH])([\d.]+)(?: ([\d.]+))?/g)) {
    if (command === 'M') y = Number(second);
    if (command === 'V') y = Number(first);
    if (command === 'H') found[Math.round((Number(first) / DRAWING.width) * count) - 1] = y;
  }
  return found;
}
const yOf = (powerW: number, topW: number) =>
  Number((DRAWING.height - 1 - (DRAWING.height - 2) * Math.sqrt(powerW / topW)).toFixed(1));

test('a stepped line with gaps', () => {
  assert.equal(
    pathOf([1, 2, null, 3], (powerW) => powerW),
    'M0.0 1.0H30.0V2.0H60.0M90.0 3.0H120.0',
  );
  assert.equal(
    pathOf([null, null], (powerW) => powerW),
    '',
  );
});

test('a step shows its highest power, the running one that of now, which holds until the next reading', () => {
  const book = new CurveBook();
  book.setAll(answer([null, 100, 20, 10]));
  book.readings([reading(1, 30), reading(2, 25)]);
  assert.deepEqual(heights(book, 4), [null, yOf(100, 100), yOf(20, 100), yOf(25, 100)]);
  book.readings([reading(65, 8)]);
  assert.deepEqual(heights(book, 4), [yOf(20, 60), yOf(30, 60), yOf(25, 60), yOf(8, 60)]);
});

test('time goes on without readings, and nothing is told of a machine that is offline', () => {
  const book = new CurveBook();
  book.setAll(answer([10, 10, 10]));
  book.readings([reading(1, 10)]);
  book.takeChanged();
  book.advance(T0 + 29_000);
  assert.equal(book.takeChanged().size, 0);
  book.offline('mill');
  book.advance(T0 + 31_000);
  assert.deepEqual([...book.takeChanged()], ['mill']);
  assert.deepEqual(heights(book, 3), [yOf(10, 60), yOf(10, 60), null]);
  book.advance(T0 + 1e9);
  assert.equal(book.drawn('mill').path, '');
});

test('a reading that is no news draws nothing again', () => {
  const book = new CurveBook();
  book.setAll(answer([10, 10]));
  book.takeChanged();
  const before = book.drawn('mill');
  book.readings([reading(1, 10), reading(2)]);
  assert.equal(book.takeChanged().size, 0);
  assert.equal(book.drawn('mill'), before);
});

test('what was heard while the bridge answered stays; a machine that is new gets a curve', () => {
  const book = new CurveBook();
  book.setAll(answer([1, 1]));
  book.readings([reading(1, 80), { ...reading(1, 3), device_id: 'new' }]);
  book.setAll(answer([1, 2]));
  assert.deepEqual(heights(book, 2), [yOf(1, 80), yOf(80, 80)]);
  book.advance(T0 + STEP_MS);
  assert.deepEqual(heights(book, 2), [yOf(80, 80), yOf(80, 80)]);
  book.readings([{ ...reading(2, 3), device_id: 'new' }]);
  assert.notEqual(book.drawn('new').path, '');
  assert.deepEqual(book.drawn('none'), { path: '', standbyY: null, workingY: null });
});
