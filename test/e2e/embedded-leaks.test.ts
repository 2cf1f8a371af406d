import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seededRandom } from '../../simulator/random.ts';
import { arrived, connectClient, type Received, startBroker, type TestClient } from './embedded-rig.ts';
import { eventually } from './running-bridge.ts';

/** What a device may hear: said here once more, by text, so that it does not share the broker's mistakes. */
function mayHear(who: string, topic: string): boolean {
  if (topic.startsWith('$') || topic.includes('provision')) return false;
  return who === 'anonymous' || topic.startsWith(`messages/${who}/`) || topic.startsWith(`meter-${who}/`);
}

const DEVICES = ['a', 'b', 'ab', 'c'];
const TOPICS = [
  ...DEVICES.flatMap((who) => [`messages/${who}/x`, `messages/${who}/attribute`, `meter-${who}/status`]),
  'hall/temperature',
  'provision/request',
  'provision/response',
  '$SYS/x',
];
const FILTERS = [
  '#',
  '+/+/+',
  'messages/#',
  'messages/+/x',
  '$SYS/#',
  'provision/#',
  ...TOPICS,
  ...DEVICES.map((who) => `messages/${who}/#`),
];

type Player = { who: string; client: TestClient; heard: Received[] };

test('0 leaks: live, retained and queued messages, wills, shared client ids, random subscriptions', async (t) => {
  const broker = await startBroker(t);
  const random = seededRandom(42);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const players: Player[] = [];
  const login = (who: string) => (who === 'anonymous' ? {} : { username: 'x', password: `device-${who}` });
  const connect = async (who: string, context: TestContext) => {
    const will = {
      topic: pick(TOPICS),
      payload: Buffer.from(`will of ${who}`),
      qos: 1 as const,
      retain: random() < 0.5,
    };
    const client = await connectClient(context, broker.url, {
      clientId: pick(['same', 'x']),
      clean: random() < 0.4,
      will,
      ...login(who),
    });
    players.push({ who, client, heard: client.received });
    const filters = Object.fromEntries(
      Array.from({ length: 6 }, () => [pick(FILTERS), { qos: pick([0, 1, 2] as const) }]),
    );
    await client.subscribeAsync(filters).catch(() => undefined);
    return client;
  };
  let current: Player[] = [];
  for (let round = 0; round < 150; round++) {
    const who = pick([...DEVICES, 'anonymous']);
    const client = await connect(who, t);
    current.push({ who, client, heard: client.received });
    for (let i = 0; i < 15; i++) {
      const from = pick(current);
      if (!from.client.connected) continue;
      const options = { qos: pick([0, 1, 2] as const), retain: random() < 0.3 };
      from.client.publish(pick(TOPICS), `${from.who} ${round}`, options, () => undefined);
    }
    if (current.length > 6) {
      const [gone] = current.splice(Math.floor(random() * current.length), 1);
      if (random() < 0.5) gone?.client.stream.destroy();
      else if (gone?.client.connected) await gone.client.endAsync();
    }
  }
  current = current.filter(({ client }) => client.connected);
  const marker = await connectClient(t, broker.url, {});
  await marker.subscribeAsync('end', { qos: 1 });
  await marker.publishAsync('end', 'x', { qos: 1 });
  await arrived(marker.received, 1);
  const heard = players.flatMap(({ who, heard: received }) =>
    received.map((message) => ({ who, ...message })),
  );
  const leaks = heard.filter(({ who, topic }) => !mayHear(who, topic));
  assert.deepEqual(leaks, []);
  assert.ok(heard.length > 600, `only ${heard.length} messages were heard`);
  assert.ok(
    heard.some(({ retain }) => retain) && heard.some(({ dup, text }) => dup || text.startsWith('will')),
  );
  // What the pipeline got was rightly published, too.
  for (const { topic, sender } of broker.heard) {
    assert.ok(
      sender.deviceId === null || mayHear(sender.deviceId, topic),
      `${sender.deviceId} published ${topic}`,
    );
  }
});

test('a forbidden publish is acknowledged and dropped, and the connection stays', async (t) => {
  const { device, client, heard, logged, metric } = await startBroker(t);
  const watcher = await client();
  await watcher.subscribeAsync('#', { qos: 1 });
  const a = await device('a');
  for (const qos of [0, 1, 2] as const) await a.publishAsync('messages/b/x', 'x', { qos, retain: true });
  await a.publishAsync('messages/a/x', 'mine', { qos: 1 });
  await arrived(watcher.received, 1);
  assert.deepEqual(
    heard.map(({ topic, sender }) => [topic, sender.deviceId]),
    [['messages/a/x', 'a']],
  );
  assert.deepEqual(
    watcher.received.map(({ topic }) => topic),
    ['messages/a/x'],
  );
  assert.equal(await metric('embedded_dropped_total', { reason: 'forbidden' }), 3);
  assert.deepEqual(
    logged.filter(({ event }) => event === 'mqtt_publish_refused').map(({ topic }) => topic),
    ['messages/b/x'],
  );
});

test('a will to a forbidden topic is dropped at CONNECT; the device is let in', async (t) => {
  const { device, client, heard, logged, broker } = await startBroker(t);
  const watcher = await client({ clientId: 'watcher' });
  await watcher.subscribeAsync('#', { qos: 1 });
  for (const topic of ['messages/b/status', 'messages/a/status']) {
    const a = await device('a', {
      clientId: topic,
      will: { topic, payload: Buffer.from('gone'), qos: 1, retain: true },
    });
    a.stream.destroy();
  }
  await eventually('both gone', () => (broker.clients().length === 1 ? true : null));
  await arrived(watcher.received, 1);
  assert.deepEqual(
    heard.map(({ topic }) => topic),
    ['messages/a/status'],
  );
  assert.deepEqual(
    logged.filter(({ event }) => event === 'mqtt_will_refused').map(({ topic }) => topic),
    ['messages/b/status'],
  );
});

test('provisioning: the answer reaches the asking connection alone, though all share a client id', async (t) => {
  const { raw, client, heard, broker, database } = await startBroker(t);
  const spy = await client();
  await spy.subscribeAsync(['#', 'provision/#', 'provision/response'], { qos: 1 });
  const [one, two] = [await raw(), await raw()];
  for (const each of [one, two]) {
    await each.login({ clientId: 'esp32', username: 'provision' });
    assert.deepEqual(
      await each.subscribe(['provision/response', 1], ['provision/request', 1], ['#', 0]),
      [1, 128, 128],
    );
  }
  await two.publish('provision/request', '{}', 1, true);
  assert.deepEqual(database.prepare('SELECT topic FROM broker_retained').all(), []);
  const clientKey = heard[0]?.sender.clientKey ?? '';
  const answer = { payload: Buffer.from('token'), qos: 1 as const };
  assert.equal(broker.sendTo(clientKey, { topic: '/provision/response', ...answer }), false);
  assert.equal(broker.sendTo(clientKey, { topic: 'provision/response', ...answer }), true);
  assert.equal(String(((await two.next('publish')) as { payload?: Buffer }).payload), 'token');
  await one.ping();
  await spy.publishAsync('end', 'x', { qos: 1 });
  await arrived(spy.received, 1);
  assert.deepEqual([one.packets, spy.received.map(({ topic }) => topic)], [[], ['end']]);
  two.socket.destroy();
  await eventually('gone', () =>
    broker.sendTo(clientKey, { topic: 'provision/response', ...answer }) ? null : true,
  );
});

test('the bridge publishes to whoever is subscribed, also later', async (t) => {
  const { broker, device, heard } = await startBroker(t);
  const a = await device('a', { clientId: 'a', clean: false });
  await a.subscribeAsync('messages/a/#', { qos: 1 });
  await a.endAsync();
  await broker.publish({ topic: 'messages/a/cmd', payload: Buffer.from('on'), qos: 1, retain: false });
  const back = await device('a', { clientId: 'a', clean: false });
  await arrived(back.received, 1);
  assert.deepEqual([back.received[0]?.text, heard], ['on', []]);
});
