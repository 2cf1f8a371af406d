import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Input } from '../detect/detector.ts';
import { openMemoryHistory } from '../store/history-database.ts';
import { InputPieces } from './input-pieces.ts';
import { powerCurves } from './power-curves.ts';
import { ReadingLog } from './reading-log.ts';

const T0 = Date.UTC(2026, 0, 31, 10);
const MINUTE_S = 60;
const at = (seconds: number) => T0 + seconds * 1000;

function power(seconds: number, powerW: number): Input {
  const time = { receivedAt: at(seconds), steadyAt: at(seconds) };
  return { kind: 'reading', reading: { ...time, retained: false, qos: 1, powerW } };
}
const lost = (seconds: number): Input => ({ kind: 'link_lost', steadyAt: at(seconds) });

/** The curves of devices over [0, toS) in `points` steps, asked for at `nowS`. */
function curves(
  heard: Record<string, readonly Input[]>,
  { toS, points, nowS = toS, gapS = 60 }: { toS: number; points: number; nowS?: number; gapS?: number },
) {
  const database = openMemoryHistory();
  const log = new ReadingLog(database);
  const pieces = new InputPieces();
  for (const [deviceId, inputs] of Object.entries(heard)) {
    for (const input of inputs) {
      const wallAt = input.kind === 'reading' ? input.reading.receivedAt : input.steadyAt;
      pieces.add(deviceId, input, wallAt, T0);
    }
  }
  database.transaction(() => {
    for (const piece of pieces.takeAll()) log.append(piece);
  });
  const devices = [...Object.keys(heard), 'never heard'].map((deviceId) => ({
    deviceId,
    gapMs: gapS * 1000,
  }));
  const query = { fromMs: T0, toMs: at(toS), points, devices };
  return powerCurves(database)(query, at(nowS)).slice(0, -1);
}

test('each step tells its highest power; a power holds until the next reading', () => {
  const [mill, lathe] = curves(
    { mill: [power(1, 10), power(4, 30), power(6, 5), power(25, 7)], lathe: [power(-5, 3), power(12, 1)] },
    { toS: 40, points: 4 },
  );
  assert.deepEqual(mill, [30, 5, 7, 7]);
  assert.deepEqual(lathe, [3, 3, 1, 1]);
});

test('nothing is told of a longer silence, a lost link, and what is still to come', () => {
  const [silent, deaf, coming] = curves(
    {
      silent: [power(5, 1), power(95, 2)],
      deaf: [power(5, 1), lost(15)],
      coming: [power(85, 4)],
    },
    { toS: 120, points: 12, nowS: 100 },
  );
  const none = (count: number) => Array.from({ length: count }, () => null);
  assert.deepEqual(silent, [1, ...none(8), 2, ...none(2)]);
  assert.deepEqual(deaf, [1, 1, ...none(10)]);
  assert.deepEqual(coming, [...none(8), 4, 4, ...none(2)]);
});

test('a device that was never heard has an empty curve', () => {
  assert.deepEqual(curves({ mill: [] }, { toS: 10, points: 2 }), [[null, null]]);
});

test('of very many readings the minutes tell', () => {
  const many = Array.from({ length: 300_001 }, (_, i) => power(i * 0.001, i % 7));
  const heard = { many, steady: [power(0, 9), power(3 * MINUTE_S, 4)] };
  const [, steady] = curves(heard, { toS: 6 * MINUTE_S, points: 6, gapS: 120 });
  assert.deepEqual(steady, [9, 9, 9, 4, 4, 4]);
  const [, gap] = curves(heard, { toS: 6 * MINUTE_S, points: 6, gapS: 119 });
  assert.deepEqual(gap, [9, null, null, 4, null, null]);
});
