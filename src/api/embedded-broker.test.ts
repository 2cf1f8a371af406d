import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EmbeddedAddress, embeddedBrokerRoutes } from './embedded-broker.ts';
import { createTestRoutes } from './test-routes.ts';

const ADDRESS: EmbeddedAddress = {
  listening: true,
  host: '0.0.0.0',
  ports: { mqtt: 1883, mqtts: null, ws: 9001 },
  allowAnonymous: false,
};

for (const { name, address, body } of [
  {
    name: 'its host and ports are told',
    address: ADDRESS,
    body: {
      exists: true,
      listening: true,
      host: '0.0.0.0',
      mqtt_port: 1883,
      mqtts_port: null,
      ws_port: 9001,
      allow_anonymous: false,
    },
  },
  {
    name: 'without one that is said',
    address: null,
    body: {
      exists: false,
      listening: null,
      host: null,
      mqtt_port: null,
      mqtts_port: null,
      ws_port: null,
      allow_anonymous: null,
    },
  },
]) {
  test(`the embedded broker: ${name}`, async (t) => {
    const { app, call, access } = createTestRoutes((inner) =>
      embeddedBrokerRoutes(inner, { embeddedAddress: () => address }),
    );
    t.after(() => app.close());
    assert.equal(access.get('GET /api/embedded-broker'), 'view');
    const answer = await call('GET', '/api/embedded-broker');
    assert.deepEqual([answer.status, answer.body], [200, body]);
  });
}
