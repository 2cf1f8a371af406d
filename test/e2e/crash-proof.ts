import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import {
  assertApiAgrees,
  assertDatedSessions,
  assertNothingLost,
  assertNumbers,
  assertOrder,
  assertSameBytes,
} from './crash-evidence.ts';
import { type CrashOptions, runCrashSeries } from './crash-series.ts';

/** Kills bridges at random instants and proves that Odoo got every fact once, in order, unchanged. */
export async function proveCrashes(t: TestContext, options: CrashOptions): Promise<void> {
  t.diagnostic(`seed ${options.seed}`);
  const evidence = await runCrashSeries(t, options);
  const { odoo, park, store, everStored, kills, faults, errors, durationMs } = evidence;
  assert.deepEqual(errors, [], 'error lines in the logs');
  assertNothingLost(evidence);
  const repeats = assertSameBytes(odoo, everStored);
  assertOrder(odoo, store.events);
  const { sessions, heartbeats } = assertNumbers(evidence);
  assertApiAgrees(evidence);
  const dated = assertDatedSessions(evidence);
  t.diagnostic(
    `kills ${JSON.stringify(kills)}, ${park.messages} messages, ${store.events.length} events, ` +
      `${sessions} sessions (${dated} at their published times), ${heartbeats} heartbeats, ` +
      `${odoo.received.length} requests (${repeats} repeats, ${faults} answered badly), ` +
      `${Math.round(durationMs / 1000)} s`,
  );
}

/** A seed of the clock, or the one of `CRASH_SEED` to repeat a run. */
export function crashSeed(): number {
  return Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
}
