import assert from 'node:assert/strict';
import { it } from 'node:test';
import { realClock } from './clock.ts';

const HOUR_MS = 3_600_000;

it('a sleep ends at once when it is aborted, before or while it lasts', async () => {
  const clock = realClock();
  const controller = new AbortController();
  const startMs = clock.nowMs();
  const sleeping = clock.sleep(HOUR_MS, controller.signal);
  controller.abort();
  await sleeping;
  await clock.sleep(HOUR_MS, controller.signal);
  assert.ok(clock.nowMs() - startMs < HOUR_MS);
});

it('a sleep of nothing gives way to what waits', async () => {
  const order: string[] = [];
  setImmediate(() => order.push('the other'));
  await realClock().sleep(-5);
  order.push('the sleeper');
  assert.deepEqual(order, ['the other', 'the sleeper']);
});
