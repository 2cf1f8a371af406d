import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/model/message.ts';
import { IN_FLIGHT_MAX } from '../../src/mqtt/embedded/limits.ts';
import { ManualClock } from '../../src/platform/manual-clock.ts';
import { arrived, startBroker } from './embedded-rig.ts';
import { eventually } from './running-bridge.ts';

/** The known hazards of Aedes, and the bounds around it. */

test('PUBACK and PUBREC come after the pipeline is done, and other clients do not wait', async (t) => {
  const held: Message[] = [];
  const { raw, client } = await startBroker(t, { onMessage: (message) => void held.push(message) });
  const sender = await raw();
  await sender.login();
  sender.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 1, messageId: 1 });
  sender.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 2, messageId: 2 });
  await arrived(held, 2);
  await (await client()).subscribeAsync('b');
  assert.deepEqual(sender.packets, []);
  for (const message of held) message.done();
  await sender.next('puback');
  await sender.next('pubrec');
});

test('what the disk does not take is not acknowledged: the connection ends and the client sends it again', async (t) => {
  const { raw, client, database } = await startBroker(t);
  const reader = await raw();
  await reader.login({ clientId: 'reader', clean: false });
  await reader.subscribe(['a', 1]);
  database.exec('PRAGMA query_only = 1');
  const sender = await raw();
  await sender.login({ clientId: 'sender' });
  sender.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 1, messageId: 1 });
  await sender.closed();
  assert.deepEqual(sender.packets, []);
  database.exec('PRAGMA query_only = 0');
  await (await client()).publishAsync('a', 'again', { qos: 1 });
  assert.equal(String(((await reader.next('publish')) as { payload?: Buffer }).payload), 'again');
});

test('a refused filter beside an allowed one is not stored in the persistent session', async (t) => {
  const { raw, device, database } = await startBroker(t);
  const login = { clientId: 'c', clean: false, username: 'x', password: Buffer.from('device-a') };
  const a = await raw();
  await a.login(login);
  assert.deepEqual(await a.subscribe(['messages/b/#', 1], ['messages/a/#', 1]), [128, 1]);
  a.socket.destroy();
  await a.closed();
  const stored = database.prepare('SELECT filter FROM broker_subscriptions').all();
  assert.deepEqual(
    stored.map(({ filter }) => filter),
    ['messages/a/#'],
  );
  await (await device('b')).publishAsync('messages/b/secret', 'x', { qos: 1 });
  const back = await raw();
  assert.equal((await back.login(login)).sessionPresent, true);
  await back.ping();
  assert.deepEqual(back.packets, []);
});

test('rights that were taken away end subscriptions and queued messages of a session', async (t) => {
  let topics = ['shelly/#'];
  const { raw, client, database } = await startBroker(t, {
    authenticate: ({ password }) => ({
      status: 'accepted',
      identity: password === null ? { kind: 'anonymous' } : { kind: 'device', deviceId: 'a', topics },
    }),
  });
  const login = { clientId: 'c', clean: false, username: 'x', password: Buffer.from('p') };
  const a = await raw();
  await a.login(login);
  assert.deepEqual(await a.subscribe(['shelly/x', 1], ['messages/a/x', 1]), [1, 1]);
  a.socket.destroy();
  await a.closed();
  const publisher = await client();
  for (const topic of ['shelly/x', 'messages/a/x']) await publisher.publishAsync(topic, topic, { qos: 1 });
  topics = [];
  const back = await raw();
  await back.login(login);
  assert.equal(((await back.next('publish')) as { topic?: string }).topic, 'messages/a/x');
  await publisher.publishAsync('shelly/x', 'live', { qos: 1 });
  await back.ping();
  assert.deepEqual(back.packets, []);
  const left = database.prepare('SELECT filter FROM broker_subscriptions').all();
  assert.deepEqual(
    left.map(({ filter }) => filter),
    ['messages/a/x'],
  );
});

test('a client id belongs to its identity: no session, no message, no connection of another is reached', async (t) => {
  const { raw, device } = await startBroker(t);
  const login = (who: string) => ({
    clientId: 'same',
    clean: false,
    username: 'x',
    password: Buffer.from(`device-${who}`),
  });
  const a = await raw();
  await a.login(login('a'));
  await a.subscribe(['messages/a/#', 1]);
  a.socket.destroy();
  await a.closed();
  await (await device('a', { clientId: 'other' })).publishAsync('messages/a/x', 'for a', { qos: 1 });
  const b = await raw();
  assert.equal((await b.login(login('b'))).sessionPresent, false);
  const again = await raw();
  assert.equal((await again.login(login('a'))).sessionPresent, true);
  await again.next('publish');
  await b.ping();
  assert.deepEqual([b.packets, b.isClosed], [[], false]);
  const taker = await raw();
  await taker.login(login('a'));
  await again.closed();
  await b.ping();
});

test('a filter that one SUBSCRIBE names twice is answered twice', async (t) => {
  const { raw } = await startBroker(t);
  const client = await raw();
  await client.login();
  assert.deepEqual(
    await client.subscribe(['a', 1], ['b', 0], ['a', 2], ['$x', 1], ['$x', 1]),
    [2, 0, 2, 128, 128],
  );
  assert.deepEqual(await client.subscribe(['c', 1]), [1]);
});

test('retained messages of QoS 0 that follow each other at once reach live subscribers', async (t) => {
  const { client, raw } = await startBroker(t);
  const reader = await client();
  await reader.subscribeAsync('r/#', { qos: 1 });
  const sender = await raw();
  await sender.login();
  for (let i = 0; i < 50; i++) {
    sender.send({
      cmd: 'publish',
      topic: `r/${i}`,
      payload: 'x',
      qos: (i % 3) as 0 | 1 | 2,
      retain: i % 4 !== 3,
      messageId: i + 1,
    });
  }
  await arrived(reader.received, 50);
});

test('DISCONNECT right behind a publish does not lose it, even while the pipeline is busy', async (t) => {
  const held: Message[] = [];
  const { raw, client } = await startBroker(t, { onMessage: (message) => void held.push(message) });
  const reader = await client();
  await reader.subscribeAsync('a/#', { qos: 1 });
  for (const end of ['disconnect', 'close']) {
    const sender = await raw();
    await sender.login({ clientId: end });
    for (let i = 0; i < 2 * IN_FLIGHT_MAX; i++) {
      sender.send({ cmd: 'publish', topic: `a/${end}`, payload: String(i), qos: i % 2, messageId: i + 1 });
    }
    if (end === 'disconnect') sender.send({ cmd: 'disconnect' });
    sender.socket.end();
    await eventually('all of them', () => {
      for (const message of held.splice(0)) message.done();
      return reader.received.filter(({ topic }) => topic === `a/${end}`).length === 2 * IN_FLIGHT_MAX
        ? true
        : null;
    });
    await sender.closed();
  }
});

test('MQTT 5 is answered in its own form at once, and logged once per client id', async (t) => {
  const { raw, logged, metric } = await startBroker(t);
  for (const clientId of ['five', 'five', 'other']) {
    const client = await raw();
    const began = performance.now();
    client.write(connect5(clientId));
    await client.closed();
    assert.ok(performance.now() - began < 100);
    assert.deepEqual(Buffer.concat(client.bytes), Buffer.from([0x20, 3, 0, 0x84, 0]));
  }
  const told = logged.filter(({ event }) => event === 'mqtt_version_refused');
  assert.deepEqual(
    told.map(({ client_id: id }) => id),
    ['five', 'other'],
  );
  assert.equal(await metric('embedded_refused_total', { reason: 'protocol_version' }), 3);
});

function connect5(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const body = [0, 4, ...Buffer.from('MQTT'), 5, 2, 0, 60, 0, 0, id.length, ...id];
  return Buffer.from([0x10, body.length, ...body]);
}

test('CONNECT must come in time, and be the first packet', async (t) => {
  const clock = new ManualClock();
  const { raw, metric } = await startBroker(t, { clock });
  const silent = await raw();
  const slow = await raw();
  slow.write([0x10, 0x20, 0, 4]);
  const eager = await raw();
  eager.send({ cmd: 'pingreq' });
  await eager.closed();
  clock.advance(4999);
  const other = await raw();
  await other.login();
  assert.deepEqual([silent.isClosed, slow.isClosed], [false, false]);
  clock.advance(1);
  await Promise.all([silent.closed(), slow.closed()]);
  await other.ping();
  assert.equal(await metric('embedded_refused_total', { reason: 'connect_timeout' }), 2);
  assert.equal(await metric('embedded_refused_total', { reason: 'malformed' }), 1);
});

test('a refused login is answered with code 4, later, and holds nobody else up', async (t) => {
  const { raw, logged } = await startBroker(t);
  const began = performance.now();
  const guess = await raw();
  const refused = guess.login({ username: 'x', password: Buffer.from('guess') });
  const good = await raw();
  assert.equal((await good.login({ username: 'x', password: Buffer.from('device-a') })).returnCode, 0);
  assert.ok(performance.now() - began < 150);
  assert.equal((await refused).returnCode, 4);
  assert.ok(performance.now() - began >= 195);
  await guess.closed();
  assert.deepEqual(
    logged.filter(({ event }) => event === 'mqtt_client_refused').map(({ reason }) => reason),
    ['wrong token'],
  );
  assert.ok(!JSON.stringify(logged).includes('guess'));
});

test('disconnect closes every connection of a device within a second, and no other', async (t) => {
  const { broker, raw } = await startBroker(t);
  const login = async (who: string, clientId: string) => {
    const client = await raw();
    await client.login({ clientId, username: 'x', password: Buffer.from(`device-${who}`) });
    return client;
  };
  const [one, two, other] = [await login('a', '1'), await login('a', '2'), await login('b', '1')];
  assert.equal(broker.clients().length, 3);
  broker.disconnect('a');
  await Promise.all([one.closed(1000), two.closed(1000)]);
  await other.ping();
  assert.deepEqual(
    broker.clients().map(({ device_id: id }) => id),
    ['b'],
  );
});

test('the API sees who is connected', async (t) => {
  const { broker, device, metric } = await startBroker(t);
  const a = await device('a', { clientId: 'meter' });
  await a.subscribeAsync(['messages/a/cmd', 'meter-a/#']);
  const [seen] = broker.clients();
  assert.match(seen?.connected_since ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(
    { ...seen, connected_since: '' },
    {
      client_id: 'meter',
      device_id: 'a',
      address: '127.0.0.1',
      connected_since: '',
      protocol: 'mqtt',
      subscriptions: ['messages/a/cmd', 'meter-a/#'],
    },
  );
  assert.equal(await metric('embedded_clients'), 1);
  await a.endAsync();
  await eventually('gone', () => (broker.clients().length === 0 ? true : null));
  assert.equal(await metric('embedded_clients'), 0);
});

test('start and stop may come twice, and a port that is taken is said plainly', async (t) => {
  const { broker, port, ports } = await startBroker(t);
  assert.deepEqual(await broker.start(), ports);
  await assert.rejects(startBroker(t, { settings: { port } }), /port \d+ is in use: set EMBEDDED_MQTT_PORT/);
  await broker.stop();
  await broker.stop();
  await startBroker(t, { settings: { port } });
});
