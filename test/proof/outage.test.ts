import { test } from 'node:test';
import { proveOutage } from '../e2e/outage-run.ts';

test('10 000 events wait through every kind of outage and arrive once, in order', async (t) => {
  await proveOutage(t, 10_000);
});
