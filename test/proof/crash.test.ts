import { test } from 'node:test';
import { crashSeed, proveCrashes } from '../e2e/crash-proof.ts';

test('200 kills at random instants: every fact reaches Odoo once, in order, unchanged', async (t) => {
  await proveCrashes(t, { kills: 200, seed: crashSeed(), workMs: [200, 3000] });
});
