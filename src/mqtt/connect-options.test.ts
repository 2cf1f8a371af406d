import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { testConnection } from './connection-test.ts';
import { Link } from './link.ts';

/** What passed as PEM may still be refused by OpenSSL: a key too short, a hash too weak. */
const settings = {
  url: 'mqtts://127.0.0.1:8883',
  clientId: 'bridge',
  tls: { cert: 'no certificate', key: 'no key', insecure: false },
  protocolVersion: 5 as const,
  keepAliveS: 30,
  cleanSession: false,
};

test('certificates that OpenSSL does not take are a fault like any other: tried again for ever', async () => {
  const clock = new ManualClock();
  const link = new Link({
    settings,
    clock,
    random: () => 0,
    log: logTo({ write: () => undefined }, 'ERROR'),
    metrics: createMetrics(),
    onMessage: () => undefined,
    onUp: () => undefined,
    onDown: () => undefined,
    onProven: () => undefined,
  });
  link.start();
  const { mode, lastFault } = link.status();
  assert.equal(mode, 'waiting');
  clock.advance(120_000);
  assert.equal(link.status().mode, 'waiting');
  assert.ok((link.status().lastFault?.at ?? 0) > (lastFault?.at ?? 0));
  await link.stop();
});

test('a test of such a connection tells the fault', async () => {
  const result = await testConnection(settings, { clock: new ManualClock(), random: () => 0 });
  assert.equal(result.ok, false);
});
