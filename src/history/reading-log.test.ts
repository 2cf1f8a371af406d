import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Input } from '../detect/detector.ts';
import { openMemoryHistory } from '../store/history-database.ts';
import { InputPieces } from './input-pieces.ts';
import { ReadingLog, type ReadingPiece, readInputs } from './reading-log.ts';

const T0 = Date.UTC(2026, 0, 31, 10);
const DAY_MS = 86_400_000;

/** A log that is written piece by piece, and what it says. */
function stage() {
  const database = openMemoryHistory();
  const log = new ReadingLog(database);
  const pieces = new InputPieces();
  const write = (list: readonly ReadingPiece[]) =>
    database.transaction(() => list.reduce((lost, piece) => lost + log.append(piece), 0));
  const read = (deviceId = 'mill', fromMs = 0, toMs = Number.MAX_SAFE_INTEGER) => [
    ...readInputs(database, deviceId, fromMs, toMs),
  ];
  const chunks = () =>
    database.prepare('SELECT inputs, length(data) AS bytes FROM reading_chunks ORDER BY id').all();
  return { database, log, pieces, write, read, chunks };
}

const wallOf = (input: Input) =>
  input.kind === 'reading' ? input.reading.receivedAt : 'wallAt' in input ? input.wallAt : input.steadyAt;
const power = (at: number, powerW: number, more: object = {}): Input => ({
  kind: 'reading',
  reading: { receivedAt: at, steadyAt: at, retained: false, qos: 1, powerW, ...more },
});

/** Inputs as they come: time goes on, is stepped back now and then, and jumps by days. */
const inputs = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: 0, max: 5000 }) },
        { weight: 1, arbitrary: fc.integer({ min: -7_200_000, max: 3 * DAY_MS }) },
      ),
      fc.oneof({ weight: 20, arbitrary: fc.constant('reading') }, fc.constantFrom('link_back', 'removed')),
      fc.double({ noNaN: true }),
    ),
    { maxLength: 600 },
  )
  .map((steps) => {
    let at = T0;
    return steps.map(([aheadMs, kind, powerW]): Input => {
      at += aheadMs;
      if (kind === 'reading') return power(at, powerW);
      return { kind: kind as 'link_back', wallAt: at, steadyAt: at };
    });
  });

test('what detectors were told comes back in its order, however it is handed over', () => {
  fc.assert(
    fc.property(inputs, fc.array(fc.nat(600), { maxLength: 10 }), (told, cuts) => {
      const { database, pieces, write, read } = stage();
      for (const [i, input] of told.entries()) {
        pieces.add('mill', input, wallOf(input), T0);
        if (i % 3 === 0) pieces.add('saw', input, wallOf(input), T0);
        if (cuts.includes(i)) write(pieces.takeOf('mill'));
      }
      write(pieces.takeAll());
      assert.deepStrictEqual(read(), told);
      assert.deepStrictEqual(
        read('saw'),
        told.filter((_, i) => i % 3 === 0),
      );
      const middle = wallOf(told[Math.floor(told.length / 2)] ?? power(T0, 0));
      assert.deepStrictEqual(
        read('mill', middle, middle + DAY_MS),
        told.filter((input) => wallOf(input) >= middle && wallOf(input) < middle + DAY_MS),
      );
      database.close();
    }),
    { seed: 4, numRuns: 100 },
  );
});

test('a lost link stands where it was told, also at the beginning of a chunk', () => {
  const { pieces, write, read } = stage();
  const aheadMs = 5000;
  const told: Input[] = [
    { kind: 'link_lost', steadyAt: T0 },
    { kind: 'link_back', wallAt: T0 + aheadMs + 60_000, steadyAt: T0 + 60_000 },
    { kind: 'link_lost', steadyAt: T0 + 120_000 },
  ];
  for (const input of told) {
    pieces.add('mill', input, 'wallAt' in input ? input.wallAt : T0 + aheadMs + 120_000, T0);
    if (input === told[0]) pieces.beginAnew();
  }
  write(pieces.takeAll());
  assert.deepEqual(read('mill', T0 + aheadMs + 61_000), [told[0], told[2]]);
  assert.deepEqual(read('mill', T0 + aheadMs + 121_000), []);
});

test('pieces may be small: a chunk goes on until it fills a page', () => {
  const { pieces, write, chunks } = stage();
  for (let i = 0; i < 3000; i++) {
    pieces.add('mill', power(T0 + i * 1000, (i * 37) % 1000), T0 + i * 1000, T0 + i * 1000);
    write(pieces.takeDue(T0 + i * 1000));
  }
  write(pieces.takeAll());
  const list = chunks();
  assert.equal(
    list.reduce((sum, { inputs: count }) => sum + Number(count), 0),
    3000,
  );
  for (const { bytes } of list.slice(0, -1)) assert.ok(Number(bytes) >= 3900 && Number(bytes) < 4000);
});

test('what waits is handed over within 60 s, not all at once', () => {
  const pieces = new InputPieces();
  for (let i = 0; i < 1000; i++) pieces.add(`device-${i}`, power(T0, i), T0, T0);
  const times: number[] = [];
  let handedOver = 0;
  for (let ms = 0; ms <= 61_000; ms += 500) {
    const { length } = pieces.takeDue(T0 + ms);
    handedOver += length;
    if (length > 0) times.push(ms);
    assert.ok(length <= 60, `${length} after ${ms} ms`);
  }
  assert.equal(handedOver, 1000);
  assert.ok((times[0] ?? 0) >= 45_000 && (times.at(-1) ?? 0) <= 60_000, String(times));
  assert.equal(pieces.waits, false);
});

test('inputs whose beginning is missing are left out and counted; the next chunk is whole again', () => {
  const { log, pieces, write, read } = stage();
  const add = (i: number) => pieces.add('mill', power(T0 + i, i), T0 + i, T0);
  add(1);
  write(pieces.takeAll());
  add(2);
  pieces.takeAll();
  add(3);
  add(4);
  assert.equal(write(pieces.takeAll()), 2);
  pieces.beginAnew();
  add(5);
  assert.equal(write(pieces.takeAll()), 0);
  log.forget();
  add(6);
  assert.equal(write(pieces.takeAll()), 1);
  assert.deepEqual(read(), [power(T0 + 1, 1), power(T0 + 5, 5)]);
});
