import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectAsync, type MqttClient } from 'mqtt';
import { atEnd, startRig } from './rig.ts';
import { eventually } from './running-bridge.ts';

type Heard = { topic: string; body: Record<string, unknown> };

/** Everything that `client` hears below `filter`. */
async function listen(client: MqttClient, filter: string): Promise<Heard[]> {
  const heard: Heard[] = [];
  client.on('message', (topic, payload) => heard.push({ topic, body: JSON.parse(payload.toString()) }));
  await client.subscribeAsync(filter, { qos: 1 });
  return heard;
}

test('over a broker of one’s own the bridge answers each client on a topic of its own', async (t) => {
  const { bridge, broker } = await startRig(t, [], {
    environment: { BROKER_HOOK_TOKEN: 'hook-token-of-enough-length' },
  });
  const client = await connectAsync(broker.url, { protocolVersion: 4 });
  atEnd(t, () => client.endAsync(true));
  const heard = await listen(client, 'provision/response/#');
  const call = (path: string, method: string, body: object) =>
    bridge.request(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const made = (await call('/api/templates', 'POST', { name: 'fleet' })).body as Record<string, string>;
  const { provision_key, provision_secret } = made;
  const ask = (clientId: string, request: object) =>
    client.publishAsync(`provision/request/${clientId}`, JSON.stringify(request), { qos: 1 });
  await ask('first', { device_name: 'Lathe', provision_key, provision_secret });
  await ask('second', { device_name: 'Saw', provision_key, provision_secret: 'wrong-wrong-wrong-20' });
  await eventually('two answers', () => (heard.length === 2 ? true : null));
  assert.deepEqual(
    heard.map(({ topic, body }) => `${topic} ${body.status} ${body.error}`),
    ['provision/response/first SUCCESS undefined', 'provision/response/second FAILURE INVALID_KEY'],
  );

  const id = String(heard[0]?.body.device_id);
  const told = await listen(client, `messages/${id}/attribute/server`);
  await call(`/api/devices/${id}/attributes`, 'PUT', { limit_w: 1500 });
  await eventually('the attribute at the device', () =>
    told.some(({ topic, body }) => topic.endsWith('/attribute/server') && body.limit_w === 1500)
      ? true
      : null,
  );
  await client.publishAsync(`messages/${id}/attribute`, '{"power": 42}', { qos: 1 });
  await eventually('the reading at the bridge', async () => {
    const { devices } = (await bridge.request('/api/devices')).body as {
      devices: { power_w: number | null }[];
    };
    return devices[0]?.power_w === 42 ? true : null;
  });
});
