import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runMessages, runReadings } from '../e2e/history-load.ts';

test('1 000 000 messages: pages within 100 ms, memory flat, pruning of half of them delays nobody', async (t) => {
  const { fillS, bytesPerMessage, pages, delays, left, memory, faults } = await runMessages(t, 1_000_000);
  t.diagnostic(`written in ${fillS.toFixed(0)} s, ${bytesPerMessage.toFixed(0)} bytes each`);
  for (const [name, p50Ms, p99Ms] of pages) {
    t.diagnostic(`${name}: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`);
  }
  t.diagnostic(
    `resident: ${JSON.stringify(memory)}; longest delay of the main loop ${JSON.stringify(delays)}`,
  );
  assert.deepEqual([left, faults], [0, [0, []]]);
  for (const [name, , p99Ms] of pages) assert.ok(p99Ms < 100, `${name}: ${p99Ms} ms`);
  assert.ok(memory.searchedMb - memory.emptyMb < 150, JSON.stringify(memory));
  assert.ok(delays.delayMs < 50, `the main loop was held for ${JSON.stringify(delays)} ms`);
});

test('a month of readings at 1 Hz', async (t) => {
  const { read, bytesPerReading, speed, faults } = await runReadings(t, 2_600_000);
  t.diagnostic(`${bytesPerReading.toFixed(1)} bytes each, minutes included; ${JSON.stringify(speed)}`);
  assert.deepEqual([read, faults], [2_600_000, [0, []]]);
  assert.ok(bytesPerReading < 14, `${bytesPerReading} bytes`);
  assert.ok(speed.readS < 10, `${speed.readS} s`);
});
