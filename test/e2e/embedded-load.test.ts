import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLoad } from './embedded-load.ts';

test('200 connected devices: no message is lost, no connection is', async (t) => {
  const { sent, acknowledged, received, closed, connected, kibPerConnection } = await runLoad(t, 200, 6);
  assert.deepEqual([acknowledged, received, closed, connected], [sent, sent, 0, 200]);
  assert.ok(sent >= 100);
  assert.ok(kibPerConnection < 200, `${kibPerConnection} KiB for each connection`);
});
