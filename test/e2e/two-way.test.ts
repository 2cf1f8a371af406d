import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { connectAsync } from 'mqtt';
import type { Broker } from '../../src/model/broker.ts';
import type { ServiceReport } from '../../src/model/service.ts';
import { type Mosquitto, passwordFile, startMosquitto, WITH_LOGIN } from '../mosquitto.ts';
import { atEnd } from './rig.ts';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';

type Answer = { status: number; body: Record<string, unknown> };
type Kept = { direction: string; topic: string; payload: string; broker_id: string };

/** The API as a person uses it. */
function apiOf(bridge: RunningBridge) {
  const call = async (method: string, path: string, body?: object): Promise<Answer> => {
    const headers = { 'content-type': 'application/json' };
    const { status, body: answer } = await bridge.request(path, {
      method,
      ...(body && { headers, body: JSON.stringify(body) }),
    });
    return { status, body: (answer ?? {}) as Record<string, unknown> };
  };
  const service = async () => (await call('GET', '/api/service')).body as unknown as ServiceReport;
  return {
    get: (path: string) => call('GET', path),
    post: (path: string, body: object = {}) => call('POST', path, body),
    patch: (path: string, body: object) => call('PATCH', path, body),
    delete: (path: string) => call('DELETE', path),
    service,
    connected: () =>
      eventually('connected', async () => ((await service()).connection === 'connected' ? true : null)),
    history: async (query: string): Promise<Kept[]> =>
      (await call('GET', `/api/messages?${query}`)).body.messages as Kept[],
    subscription: (id: string, state: string) =>
      eventually(`subscription ${state}`, async () => {
        const { body } = await call('GET', `/api/subscriptions/${id}`);
        const { state: now } = body as { state: { state: string } };
        return now.state === state ? body : null;
      }),
  };
}

async function startOver(t: TestContext, broker: Mosquitto, dataDir: string) {
  const bridge = await RunningBridge.start(dataDir, { MQTT_URL: broker.url, MQTT_CLIENT_ID: 'walk' });
  atEnd(t, () => bridge.end());
  return { bridge, api: apiOf(bridge) };
}

/** Another program on the same broker. */
async function other(t: TestContext, url: string, filter: string) {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
  atEnd(t, () => client.endAsync(true));
  const heard: { topic: string; payload: string; contentType: string | undefined }[] = [];
  client.on('message', (topic, payload, { properties }) =>
    heard.push({ topic, payload: payload.toString(), contentType: properties?.contentType }),
  );
  await client.subscribeAsync(filter);
  return { client, heard };
}

async function stage(t: TestContext) {
  const broker = await startMosquitto();
  atEnd(t, () => broker.stop());
  const { path: dataDir, remove } = temporaryFolder();
  atEnd(t, remove);
  return { broker, dataDir, ...(await startOver(t, broker, dataDir)) };
}

describe('two-way MQTT, as its document walks through it', () => {
  test('service, broker, subscription, message, history, restart', async (t) => {
    const { broker, dataDir, bridge, api } = await stage(t);
    await api.connected();

    const stopped = await api.post('/api/service/stop');
    assert.equal(stopped.status, 200);
    assert.deepEqual(
      [(await api.service()).status, (await api.service()).connection],
      ['stopped', 'disconnected'],
    );
    const health = await bridge.health();
    assert.equal(health.status, 'degraded');
    assert.match(String(health.problems), /service is stopped/i);
    assert.equal((await api.post('/api/service/start')).status, 200);
    assert.ok(['connecting', 'connected'].includes((await api.service()).connection));
    await api.connected();

    const works = await api.post('/api/brokers/test', { name: 'a', url: broker.url });
    assert.deepEqual([works.status, works.body.ok], [200, true]);
    const fails = await api.post('/api/brokers/test', { name: 'a', url: 'mqtt://127.0.0.1:1' });
    assert.deepEqual([fails.status, fails.body.ok], [200, false]);
    assert.match(String(fails.body.message), /nothing listens/);

    const made = await api.post('/api/subscriptions', { topic: 'workshop/#', qos: 1 });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const subscriptionId = String(made.body.subscription_id);
    await api.subscription(subscriptionId, 'active');

    const { client, heard } = await other(t, broker.url, 'workshop/hello');
    const sent = await api.post('/api/messages', {
      subscription_id: subscriptionId,
      topic: 'workshop/hello',
      payload: '{"lamp":true}',
      payload_format: 'json',
      qos: 2,
      content_type: 'application/json',
    });
    assert.equal(sent.status, 200, JSON.stringify(sent.body));
    await eventually('the other program has it', () => heard[0] ?? null);
    assert.deepEqual(heard, [
      { topic: 'workshop/hello', payload: '{"lamp":true}', contentType: 'application/json' },
    ]);
    const both = await eventually('sent and received', async () => {
      const found = await api.history('topic=workshop/hello');
      return found.length >= 2 ? found : null;
    });
    assert.deepEqual(both.map(({ direction, payload }) => [direction, payload]).sort(), [
      ['in', '{"lamp":true}'],
      ['out', '{"lamp":true}'],
    ]);

    await client.publishAsync('workshop/door', 'open', { qos: 1 });
    const [door] = await eventually('received by itself', async () => {
      const found = await api.history('topic=workshop/door');
      return found.length > 0 ? found : null;
    });
    assert.deepEqual([door?.direction, door?.payload, door?.broker_id], ['in', 'open', 'main']);

    await api.post('/api/service/stop');
    const refused = await api.post('/api/messages', { topic: 'workshop/hello', payload: 'x' });
    assert.equal(refused.status, 503);
    assert.match(String(refused.body.message), /stopped|not connected/i);

    await bridge.end();
    const again = await startOver(t, broker, dataDir);
    await again.api.connected();
    await again.api.subscription(subscriptionId, 'active');
    await client.publishAsync('workshop/door', 'closed', { qos: 1 });
    const doors = await eventually('received after the restart', async () => {
      const found = await again.api.history('topic=workshop/door');
      return found.some(({ payload }) => payload === 'closed') ? found : null;
    });
    assert.deepEqual(doors.map(({ payload }) => payload).toSorted(), ['closed', 'open']);
  });

  test('a service that is stopped for good stays so', async (t) => {
    const { broker, dataDir, bridge, api } = await stage(t);
    await api.post('/api/service/stop', { persist: true });
    await bridge.end();
    const again = await startOver(t, broker, dataDir);
    assert.equal((await again.api.service()).status, 'stopped');
    assert.equal((await again.bridge.request('/ready')).status, 503);
    await again.api.post('/api/service/start');
    await again.api.connected();
  });
});

describe('a further broker', () => {
  test('is connected, brings the readings of its devices, and comes back with the process', async (t) => {
    const { broker, dataDir, bridge, api } = await stage(t);
    const hall = await startMosquitto(WITH_LOGIN, { passwords: passwordFile('bridge', 'right') });
    atEnd(t, () => hall.stop());
    const made = await api.post('/api/brokers', {
      name: 'Hall 2',
      url: hall.url,
      username: 'bridge',
      password: 'wrong',
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const id = (made.body as unknown as Broker).broker_id;
    const fault = await eventually('the reason is shown', async () => {
      const { state } = (await api.get(`/api/brokers/${id}`)).body as unknown as Broker;
      return state.last_fault?.message ?? null;
    });
    assert.match(fault, /user name or password|does not let/);
    assert.equal((await api.patch(`/api/brokers/${id}`, { password: 'right' })).status, 200);
    await eventually('connected', async () => {
      const { body } = await api.get(`/api/brokers/${id}`);
      assert.ok(!JSON.stringify(body).includes('right'), 'a secret is shown');
      return (body as unknown as Broker).state.connection === 'connected' ? true : null;
    });
    const device = {
      device_id: 'saw',
      machine_name: 'Saw',
      mqtt_topic: 'meters/saw',
      parser_type: 'generic',
      broker: id,
    };
    assert.equal((await api.post('/api/devices', device)).status, 201);
    const { client } = await other(t, hall.url.replace('mqtt://', 'mqtt://bridge:right@'), 'nothing');
    const power = async () => {
      await client.publishAsync('meters/saw', '61.5', { qos: 1 });
      return ((await api.get('/api/devices/saw')).body as { power_w: number | null }).power_w;
    };
    await eventually('the machine is heard', async () => ((await power()) === 61.5 ? true : null));
    const wrong = await api.delete(`/api/brokers/${id}`);
    assert.equal(wrong.status, 409);

    await bridge.end();
    const again = await startOver(t, broker, dataDir);
    await eventually('connected again', async () => {
      const { state } = (await again.api.get(`/api/brokers/${id}`)).body as unknown as Broker;
      return state.connection === 'connected' ? true : null;
    });
    assert.equal((await again.api.delete('/api/devices/saw')).status, 200);
    assert.equal((await again.api.delete(`/api/brokers/${id}`)).status, 200);
  });
});

test('over the embedded broker: a subscription is active, and a machine hears what is sent', async (t) => {
  const { path: dataDir, remove } = temporaryFolder();
  atEnd(t, remove);
  const environment = { EMBEDDED_MQTT_HOST: '127.0.0.1', EMBEDDED_MQTT_PORT: '0' };
  const bridge = await RunningBridge.start(dataDir, environment);
  atEnd(t, () => bridge.end());
  const api = apiOf(bridge);
  const made = await api.post('/api/subscriptions', { topic: 'meters/+' });
  await api.subscription(String(made.body.subscription_id), 'active');
  const device = { device_id: 'saw', machine_name: 'Saw', mqtt_topic: 'meters/saw', parser_type: 'generic' };
  assert.equal((await api.post('/api/devices', device)).status, 201);
  await eventually('the machine has heard it', async () => {
    const sent = await api.post('/api/messages', { topic: 'meters/saw', payload: '61.5' });
    assert.equal(sent.status, 200, JSON.stringify(sent.body));
    const { body } = await api.get('/api/devices/saw');
    return (body as { power_w: number | null }).power_w === 61.5 ? true : null;
  });
  const found = await api.history('topic=meters/saw');
  assert.deepEqual([...new Set(found.map(({ direction }) => direction))].sort(), ['in', 'out']);
});
