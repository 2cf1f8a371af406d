import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrived, startBroker } from './embedded-rig.ts';

/** What the public interoperability suite for MQTT 3.1.1 looks at, and what else the standard asks. */

test('basic: connect, subscribe, publish with each QoS', async (t) => {
  const { client } = await startBroker(t);
  const a = await client({ clientId: 'a' });
  await a.subscribeAsync('TopicA', { qos: 2 });
  for (const qos of [0, 1, 2] as const) await a.publishAsync('TopicA', `qos ${qos}`, { qos });
  await arrived(a.received, 3);
  assert.deepEqual(a.received.map(({ text, qos }) => [text, qos]).toSorted(), [
    ['qos 0', 0],
    ['qos 1', 1],
    ['qos 2', 2],
  ]);
});

test('basic: a second CONNECT and another protocol name end the connection', async (t) => {
  const { raw } = await startBroker(t);
  const twice = await raw();
  assert.equal((await twice.login()).returnCode, 0);
  twice.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'raw', clean: true });
  await twice.closed();
  const other = await raw();
  other.write([0x10, 0x0d, 0, 2, 0x68, 0x6a, 4, 2, 0, 60, 0, 3, 0x72, 0x61, 0x77]);
  await other.closed();
  assert.deepEqual(other.packets, []);
});

test('retained: replayed to new subscribers with the flag and their QoS, and cleared by an empty payload', async (t) => {
  const { client, raw } = await startBroker(t);
  const publisher = await client();
  for (const qos of [0, 1, 2] as const) {
    await publisher.publishAsync(`fromb/qos ${qos}`, `qos ${qos}`, { qos, retain: true });
  }
  const first = await client();
  await first.subscribeAsync('fromb/+', { qos: 1 });
  await arrived(first.received, 3);
  assert.deepEqual(
    first.received.map(({ topic, qos, retain }) => [topic, qos, retain]),
    [0, 1, 2].map((qos) => [`fromb/qos ${qos}`, Math.min(qos, 1), true]),
  );
  for (const qos of [0, 1, 2] as const)
    await publisher.publishAsync(`fromb/qos ${qos}`, '', { qos, retain: true });
  const second = await raw();
  await second.login({ clientId: 'second' });
  await second.subscribe(['fromb/+', 2]);
  await second.ping();
  assert.deepEqual(second.packets, []);
});

test('offline queueing: a persistent session gets what came meanwhile, in order', async (t) => {
  const { client, raw } = await startBroker(t);
  const away = await raw();
  assert.equal((await away.login({ clientId: 'away', clean: false })).sessionPresent, false);
  await away.subscribe(['+/+', 2]);
  away.send({ cmd: 'disconnect' });
  await away.closed();
  const publisher = await client();
  await publisher.publishAsync('x/0', 'lost', { qos: 0 });
  for (const i of [1, 2, 3, 4]) await publisher.publishAsync('x/1', String(i), { qos: i % 2 === 0 ? 2 : 1 });
  const back = await raw();
  assert.equal((await back.login({ clientId: 'away', clean: false })).sessionPresent, true);
  const got: [string, number][] = [];
  for (let i = 0; i < 4; i++) {
    const packet = (await back.next('publish')) as unknown as { payload: Buffer; qos: number };
    got.push([packet.payload.toString(), packet.qos]);
  }
  assert.deepEqual(got, [
    ['1', 1],
    ['2', 2],
    ['3', 1],
    ['4', 2],
  ]);
});

test('will: published when the connection is lost, not after DISCONNECT', async (t) => {
  const { client, raw, heard } = await startBroker(t);
  const watcher = await client();
  await watcher.subscribeAsync('will/+', { qos: 2 });
  const will = (topic: string) => ({ topic, payload: 'gone', qos: 1, retain: false });
  const polite = await raw();
  await polite.login({ clientId: 'polite', will: will('will/polite') });
  polite.send({ cmd: 'disconnect' });
  await polite.closed();
  const lost = await raw();
  await lost.login({ clientId: 'lost', will: will('will/lost') });
  lost.socket.resetAndDestroy();
  await arrived(watcher.received, 1);
  assert.deepEqual(
    watcher.received.map(({ topic, text }) => [topic, text]),
    [['will/lost', 'gone']],
  );
  assert.deepEqual(
    heard.map(({ topic }) => topic),
    ['will/lost'],
  );
});

test('will: published when a client is silent beyond its keep-alive', async (t) => {
  const { client, raw } = await startBroker(t);
  const watcher = await client();
  await watcher.subscribeAsync('will/+', { qos: 2 });
  const silent = await raw();
  const began = performance.now();
  await silent.login({
    clientId: 's',
    keepalive: 1,
    will: { topic: 'will/s', payload: 'x', qos: 0, retain: false },
  });
  await silent.closed(4000);
  const afterMs = performance.now() - began;
  assert.ok(afterMs > 1400 && afterMs < 2500, `closed after ${afterMs} ms`);
  await arrived(watcher.received, 1);
});

test('will: published when another connection takes the client id over', async (t) => {
  const { client, raw } = await startBroker(t);
  const watcher = await client();
  await watcher.subscribeAsync('will/+');
  const first = await raw();
  await first.login({ clientId: 'same', will: { topic: 'will/first', payload: 'x', qos: 0, retain: false } });
  const second = await raw();
  await second.login({
    clientId: 'same',
    will: { topic: 'will/second', payload: 'x', qos: 0, retain: false },
  });
  await first.closed();
  await arrived(watcher.received, 1);
  await second.ping();
  assert.deepEqual(
    watcher.received.map(({ topic }) => topic),
    ['will/first'],
  );
});

test('overlapping subscriptions: one message, with the highest QoS; each filter alone caps it', async (t) => {
  const { client } = await startBroker(t);
  for (const filters of [
    { 'TopicA/#': 2, 'TopicA/+': 1 },
    { 'TopicA/+': 0, 'TopicA/C': 2 },
    { 'TopicA/C': 0, 'TopicA/#': 2 },
  ]) {
    const subscriber = await client();
    for (const [filter, qos] of Object.entries(filters))
      await subscriber.subscribeAsync(filter, { qos: qos as 0 | 1 | 2 });
    await subscriber.publishAsync('TopicA/C', 'x', { qos: 2 });
    await subscriber.publishAsync('TopicA/end', 'x', { qos: 2 });
    const last = 'TopicA/#' in filters ? 2 : 0;
    await arrived(subscriber.received, 2);
    assert.deepEqual(subscriber.received.map(({ topic, qos }) => [topic, qos]).toSorted(), [
      ['TopicA/C', 2],
      ['TopicA/end', last],
    ]);
    await subscriber.endAsync();
  }
  const one = await client();
  await one.subscribeAsync('b/#', { qos: 1 });
  await one.publishAsync('b/c', 'x', { qos: 2 });
  await arrived(one.received, 1);
  assert.equal(one.received[0]?.qos, 1);
});

test('redelivery: what was not acknowledged comes again as a duplicate, with its identifier', async (t) => {
  const { client, raw } = await startBroker(t);
  const lazy = await raw();
  await lazy.login({ clientId: 'lazy', clean: false });
  await lazy.subscribe(['TopicA/#', 2]);
  const publisher = await client();
  await publisher.publishAsync('TopicA/B', 'one', { qos: 1 });
  await publisher.publishAsync('TopicA/C', 'two', { qos: 2 });
  type Publish = { topic: string; messageId: number; dup: boolean };
  const first = [await lazy.next('publish'), await lazy.next('publish')] as unknown as Publish[];
  assert.deepEqual(
    first.map(({ dup }) => dup),
    [false, false],
  );
  lazy.socket.destroy();
  const back = await raw();
  await back.login({ clientId: 'lazy', clean: false });
  const again = [await back.next('publish'), await back.next('publish')] as unknown as Publish[];
  assert.deepEqual(
    again.map(({ topic, messageId, dup }) => [topic, messageId, dup]),
    first.map(({ topic, messageId }) => [topic, messageId, true]),
  );
  back.send({ cmd: 'puback', messageId: again[0]?.messageId });
  back.send({ cmd: 'pubrec', messageId: again[1]?.messageId });
  assert.equal((await back.next('pubrel')).messageId, again[1]?.messageId);
  back.socket.destroy();
  const third = await raw();
  await third.login({ clientId: 'lazy', clean: false });
  assert.equal((await third.next('pubrel')).messageId, again[1]?.messageId);
  third.send({ cmd: 'pubcomp', messageId: again[1]?.messageId });
  await third.ping();
  assert.deepEqual(third.packets, []);
});

test('zero-length client id: refused with a persistent session, given a name with a clean one', async (t) => {
  const { raw } = await startBroker(t);
  const refused = await raw();
  refused.write([0x10, 12, 0, 4, ...Buffer.from('MQTT'), 4, 0, 0, 60, 0, 0]);
  assert.equal(((await refused.next('connack')) as { returnCode?: number }).returnCode, 2);
  await refused.closed();
  const [one, two] = [await raw(), await raw()];
  assert.equal((await one.login({ clientId: '' })).returnCode, 0);
  assert.equal((await two.login({ clientId: '' })).returnCode, 0);
  await one.ping();
  await two.ping();
});

test('$ topics: no wildcard matches them, and nobody may publish or subscribe to them', async (t) => {
  const { client, raw, heard } = await startBroker(t);
  const reader = await raw();
  await reader.login();
  assert.deepEqual(
    await reader.subscribe(['#', 2], ['+/#', 1], ['$SYS/#', 1], ['$x', 0], ['$share/g/a', 1]),
    [2, 1, 128, 128, 128],
  );
  const publisher = await client();
  await publisher.publishAsync('$TopicA/B', 'x', { qos: 1 });
  await publisher.publishAsync('$SYS/x', 'x', { qos: 2 });
  await reader.ping();
  assert.deepEqual([reader.packets, heard], [[], []]);
});

test('subscribe failure: 0x80 for the refused filter, the others work', async (t) => {
  const { device, raw } = await startBroker(t);
  const mixed = await raw();
  await mixed.login({ username: 'x', password: Buffer.from('device-a') });
  assert.deepEqual(await mixed.subscribe(['messages/b/#', 1], ['messages/a/#', 1], ['#', 0]), [128, 1, 128]);
  const a = await device('a');
  await a.publishAsync('messages/a/x', 'hello', { qos: 1 });
  assert.equal(((await mixed.next('publish')) as { topic?: string }).topic, 'messages/a/x');
});

test('unsubscribe: nothing more comes, also after a reconnect', async (t) => {
  const { client, raw } = await startBroker(t);
  const reader = await raw();
  await reader.login({ clientId: 'r', clean: false });
  await reader.subscribe(['a', 1], ['b', 1]);
  reader.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: ['a'] });
  await reader.next('unsuback');
  const publisher = await client();
  for (const topic of ['a', 'b']) await publisher.publishAsync(topic, 'x', { qos: 1 });
  assert.equal(((await reader.next('publish')) as { topic?: string }).topic, 'b');
  reader.socket.destroy();
  const back = await raw();
  await back.login({ clientId: 'r', clean: false });
  await publisher.publishAsync('a', 'x', { qos: 1 });
  assert.equal(((await back.next('publish')) as { topic?: string }).topic, 'b');
  await back.ping();
  assert.deepEqual(back.packets, []);
});
