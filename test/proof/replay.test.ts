import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runReplay } from '../e2e/replay-load.ts';

test('a month at one reading a second is replayed in under 10 s, to the sessions that were detected live', async (t) => {
  const { inputs, live, report, replayS } = await runReplay(t, 2_600_000);
  t.diagnostic(`${inputs} inputs, ${live} sessions, replayed in ${replayS.toFixed(1)} s`);
  assert.ok(live > 700, String(live));
  assert.deepEqual(report.changes, { same: live, changed: 0, new: 0, lost: 0 });
  assert.deepEqual(report.after, report.before);
  assert.ok(replayS < 10, `${replayS} s`);
});
