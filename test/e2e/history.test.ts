import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runMessages, runReadings } from './history-load.ts';

test('a history of 100 000 messages answers at once, and its pruning delays nobody', async (t) => {
  const { pages, delays, left, faults } = await runMessages(t, 100_000);
  assert.deepEqual(faults, [0, []]);
  assert.equal(left, 0);
  for (const [name, p50Ms] of pages) assert.ok(p50Ms < 100, `${name}: ${p50Ms} ms`);
  assert.ok(delays.delayMs < 50, `the main loop was held for ${JSON.stringify(delays)} ms`);
});

test('three days of readings at 1 Hz are kept in a few bytes each', async (t) => {
  const { read, avgW, points, bytesPerReading, faults } = await runReadings(t, 260_000);
  assert.deepEqual([read, faults], [260_000, [0, []]]);
  assert.ok(Math.abs(avgW - 1200) < 1, String(avgW));
  assert.ok(points > 500 && points <= 1000, String(points));
  assert.ok(bytesPerReading < 14, `${bytesPerReading} bytes`);
});
