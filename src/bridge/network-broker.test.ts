import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NEUTRAL_REMEDIES } from '../mqtt/connection-fault.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { NetworkBroker } from './network-broker.ts';

const GATHER_MS = 10;
const LISTENERS = 50;

function setUp() {
  const clock = new ManualClock();
  const around = { subscribed: 0 };
  const broker = new NetworkBroker(
    {
      id: 'hall',
      general: false,
      settings: {
        url: 'mqtt://127.0.0.1:1883',
        clientId: 'bridge',
        tls: { insecure: false },
        protocolVersion: 5,
        keepAliveS: 30,
        cleanSession: false,
      },
      remedies: NEUTRAL_REMEDIES,
      alwaysFilters: [],
      subscriptions: () => {
        around.subscribed += 1;
        return [{ filter: 'kept/#', qos: 1 }];
      },
      formerFilters: [],
      rememberFilters: () => undefined,
      onMessage: () => undefined,
      onUp: () => undefined,
      onDown: () => undefined,
      onProven: () => undefined,
    },
    { clock, random: () => 0, log: logTo({ write: () => undefined }, 'ERROR'), metrics: createMetrics() },
  );
  return { clock, broker, around };
}

test('many who listen within a moment are subscribed for at once, and so is their leaving', async () => {
  const { clock, broker, around } = setUp();
  const asked = Array.from({ length: LISTENERS }, (_, i) => broker.listen(`answers/${i}`));
  clock.advance(GATHER_MS);
  const refused = { listening: false, reason: 'the broker is not connected' };
  assert.deepEqual(
    await Promise.all(asked),
    asked.map(() => refused),
  );
  assert.equal(around.subscribed, 1);
  clock.advance(GATHER_MS);
  await Promise.resolve();
  assert.equal(around.subscribed, 2);
});

test('a message is passing while somebody listens for it, unless it is subscribed for longer', async () => {
  const { clock, broker } = setUp();
  broker.subscribe();
  assert.equal(broker.isPassing('answers/1'), false);
  const asked = broker.listen('#');
  assert.deepEqual([broker.isPassing('answers/1'), broker.isPassing('kept/1')], [true, false]);
  clock.advance(GATHER_MS);
  await asked;
  assert.equal(broker.isPassing('answers/1'), false);
});
