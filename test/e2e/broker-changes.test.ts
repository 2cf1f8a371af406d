import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { connectAsync } from 'mqtt';
import type { Broker } from '../../src/model/broker.ts';
import { startMosquitto } from '../mosquitto.ts';
import { atEnd, genericDevice, startRig } from './rig.ts';
import { eventually, type RunningBridge } from './running-bridge.ts';

const HALL = '/api/brokers/hall';
const END_MS_MAX = 5000;
const PATCHES = 20;
/** What a broker of MQTT 5 says of a message that it keeps for nobody. */
const NO_SUBSCRIBERS = 16;

type Connection = Broker['state']['connection'];

function send(bridge: RunningBridge, method: string, path: string, body: object = {}) {
  const headers = { 'content-type': 'application/json' };
  return bridge.request(path, { method, headers, body: JSON.stringify(body) });
}

async function connection(bridge: RunningBridge, wanted: Connection): Promise<void> {
  await eventually(wanted, async () => {
    const { state } = (await bridge.request(HALL)).body as Broker;
    return state.connection === wanted ? true : null;
  });
}

/** A bridge with a main broker and one more, `hall`, that it is connected to. */
async function stage(t: TestContext, devices: readonly object[] = []) {
  const hall = await startMosquitto();
  atEnd(t, () => hall.stop());
  const rig = await startRig(t, []);
  const { bridge } = rig;
  const made = await send(bridge, 'POST', '/api/brokers', { name: 'Hall', broker_id: 'hall', url: hall.url });
  assert.equal(made.status, 201, made.text);
  await connection(bridge, 'connected');
  assert.equal((await bridge.push({ devices })).status, 200);
  return { ...rig, hall };
}

test('a broker says how many devices are heard there: the main one has those that name none', async (t) => {
  const devices = [
    genericDevice('saw', {}),
    genericDevice('lathe', {}),
    genericDevice('mill', {}, { broker: 'hall' }),
  ];
  const { bridge } = await stage(t, devices);
  const { body } = await bridge.request('/api/brokers');
  const { brokers } = body as { brokers: { broker_id: string; devices: number }[] };
  assert.deepEqual(
    brokers.filter(({ broker_id }) => broker_id !== 'embedded').map((one) => [one.broker_id, one.devices]),
    [
      ['main', 2],
      ['hall', 1],
    ],
  );
});

describe('a broker that is changed', () => {
  test('many times at once has one connection, and none when it is removed meanwhile', async (t) => {
    const { bridge } = await stage(t);
    const since = bridge.log.length;
    const patches = Array.from({ length: PATCHES }, (_, i) =>
      send(bridge, 'PATCH', HALL, { keep_alive_s: 30 + i }),
    );
    for (const { status } of await Promise.all(patches)) assert.equal(status, 200);
    await connection(bridge, 'connected');
    const faults = bridge.log.slice(since).filter(({ event }) => event === 'mqtt_connection_failed');
    assert.deepEqual(faults, []);

    await Promise.all([send(bridge, 'PATCH', HALL, { keep_alive_s: 99 }), send(bridge, 'DELETE', HALL)]);
    const beganAt = performance.now();
    assert.equal(await bridge.end(), 0);
    assert.ok(performance.now() - beganAt < END_MS_MAX);
  });

  test('for the last time keeps no messages for us', async (t) => {
    const { bridge, hall } = await stage(t);
    const subscription = { topic: 'doors/#', qos: 1, broker_id: 'hall' };
    const made = await send(bridge, 'POST', '/api/subscriptions', subscription);
    const { subscription_id: id } = made.body as { subscription_id: string };
    await eventually('subscribed', async () => {
      const { body } = await bridge.request(`/api/subscriptions/${id}`);
      return (body as { state: { state: string } }).state.state === 'active' ? true : null;
    });
    assert.equal((await send(bridge, 'DELETE', HALL)).status, 200);

    const other = await connectAsync(hall.url, { protocolVersion: 5, reconnectPeriod: 0 });
    atEnd(t, () => other.endAsync(true));
    let reasonCode: number | undefined;
    other.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback') ({ reasonCode } = packet);
    });
    await eventually('nobody is subscribed any more', async () => {
      await other.publishAsync('doors/1', 'open', { qos: 1 });
      return reasonCode === NO_SUBSCRIBERS ? true : null;
    });
  });

  test('is disabled says since when, and its devices when they are asked', async (t) => {
    const { bridge } = await stage(t, [genericDevice('saw', {}, { broker: 'hall' })]);
    const disabled = await send(bridge, 'PATCH', HALL, { enabled: false });
    assert.equal(disabled.status, 200);
    const { state, created_at: madeAt } = disabled.body as Broker;
    assert.equal(state.connection, 'disconnected');
    assert.ok(state.since > (madeAt ?? ''), `since ${state.since}, made at ${madeAt}`);
    const question = { topic: 'saw/ask', payload: 'x', answer_topic: 'saw/answer', timeout_s: 1 };
    const { status, text } = await send(bridge, 'POST', '/api/devices/saw/request', question);
    assert.equal(status, 503);
    assert.match(text, /this broker is not in use/);
  });
});
