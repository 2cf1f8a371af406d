import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { SimulatorClock } from './clock.ts';

type Sleeper = { dueMs: number; wake: () => void };

/**
 * A clock for tests, on which waiting costs nothing: whenever everybody waits, it jumps to the next
 * sleeper's time. Sleepers wake in the order of their times, one per turn of the event loop.
 */
export function fastClock(startMs = Date.UTC(2026, 0, 31, 10)): SimulatorClock {
  let nowMs = startMs;
  let jumping = false;
  const sleepers: Sleeper[] = [];

  async function jump(): Promise<void> {
    jumping = true;
    while (sleepers.length > 0) {
      await turnOfTheLoop();
      const next = sleepers.toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (!next) break;
      nowMs = Math.max(nowMs, next.dueMs);
      next.wake();
    }
    jumping = false;
  }

  return {
    nowMs: () => nowMs,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { dueMs: nowMs + Math.max(0, ms), wake };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
        if (!jumping) void jump();
      });
    },
  };
}
