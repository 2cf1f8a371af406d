import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLoad } from '../e2e/embedded-load.ts';

const SECONDS = Number(process.env.LOAD_SECONDS ?? 300);

test(`2000 connected devices for ${SECONDS} s: no message is lost, no connection is`, async (t) => {
  const { sent, acknowledged, received, closed, connected, kibPerConnection } = await runLoad(
    t,
    2000,
    SECONDS,
  );
  assert.deepEqual([acknowledged, received, closed, connected], [sent, sent, 0, 2000]);
  assert.ok(kibPerConnection < 100, `${kibPerConnection} KiB for each connection`);
});
