import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SESSION_EXPIRY_MS, SESSIONS_PER_DEVICE_MAX, WILL_GRACE_MS } from '../../src/mqtt/embedded/limits.ts';
import { ManualClock } from '../../src/platform/manual-clock.ts';
import { openMemoryDatabase } from '../../src/store/database.ts';
import { arrived, connectClient, RawClient, startBroker } from './embedded-rig.ts';
import { atEnd } from './rig.ts';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';

/** What outlives the broker's process. */

test('kill -9: retained and queued messages and subscriptions are there again, nothing acknowledged is lost', async (t) => {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const environment = {
    EMBEDDED_BROKER: 'on',
    EMBEDDED_MQTT_HOST: '127.0.0.1',
    EMBEDDED_MQTT_PORT: '0',
    EMBEDDED_ALLOW_ANONYMOUS: 'true',
  };
  const start = async () => {
    const bridge = await RunningBridge.start(folder.path, environment);
    atEnd(t, () => bridge.end('SIGKILL'));
    const { mqtt } = await bridge.logged('embedded_broker_started');
    return { bridge, port: Number(mqtt) };
  };
  const acknowledged: string[] = [];
  let sent = 0;
  for (let round = 0; round < 5; round++) {
    const { bridge, port } = await start();
    const away = await RawClient.connect(t, port);
    assert.equal((await away.login({ clientId: 'away', clean: false })).sessionPresent, round > 0);
    if (round === 0) await away.subscribe(['q/#', 1], ['q/#', 1]);
    away.socket.destroy();
    const publisher = await connectClient(t, `mqtt://127.0.0.1:${port}`, {});
    const name = `round ${round}`;
    await publisher.publishAsync('state', name, { qos: 1, retain: true });
    for (let i = 0; i < 60; i++) {
      const text = String(sent++);
      publisher.publish('q/x', text, { qos: 1 }, (error) => {
        if (!error) acknowledged.push(text);
      });
    }
    await arrived(acknowledged, (round + 1) * 20);
    await bridge.end('SIGKILL');
    const { bridge: next, port: nextPort } = await start();
    const reader = await connectClient(t, `mqtt://127.0.0.1:${nextPort}`, {});
    await reader.subscribeAsync('state', { qos: 1 });
    await arrived(reader.received, 1);
    assert.deepEqual([reader.received[0]?.text, reader.received[0]?.retain], [name, true]);
    await next.end(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
  }
  const { port } = await start();
  const back = await RawClient.connect(t, port);
  assert.equal((await back.login({ clientId: 'away', clean: false })).sessionPresent, true);
  await back.ping();
  const got = await eventually('the queue', () => {
    const texts = back.packets.map((packet) => String((packet as { payload?: Buffer }).payload));
    return acknowledged.every((text) => texts.includes(text)) ? texts : null;
  });
  assert.deepEqual(
    got.map(Number),
    got.map(Number).toSorted((a, b) => a - b),
  );
  assert.equal(new Set(got).size, got.length);
});

test('a restart of the broker sends no wills but of clients that do not come back', async (t) => {
  const database = openMemoryDatabase();
  const clock = new ManualClock();
  const first = await startBroker(t, { database, clock });
  const login = (clientId: string) => ({
    clientId,
    username: 'x',
    password: Buffer.from('device-a'),
    will: { topic: `messages/a/${clientId}`, payload: `${clientId} is gone`, qos: 1, retain: true },
  });
  for (const clientId of ['returns', 'polite', 'gone']) await (await first.raw()).login(login(clientId));
  await first.broker.stop();
  assert.deepEqual(first.heard, []);
  const second = await startBroker(t, { database, clock });
  await (await second.raw()).login(login('returns'));
  const polite = await second.raw();
  await polite.login({ ...login('polite'), will: undefined });
  clock.advance(WILL_GRACE_MS - 1);
  assert.equal(second.heard.length, 0);
  clock.advance(1);
  assert.deepEqual(
    second.heard.map(({ text, sender }) => [text, sender.deviceId]),
    [['gone is gone', 'a']],
  );
  const reader = await second.device('a');
  await reader.subscribeAsync('messages/a/#', { qos: 1 });
  await arrived(reader.received, 1);
  assert.deepEqual([reader.received[0]?.text, reader.received[0]?.retain], ['gone is gone', true]);
  await second.broker.stop();
  const left = database.prepare('SELECT fields FROM broker_wills').all();
  assert.deepEqual(
    left.map(({ fields }) => JSON.parse(String(fields)).topic),
    ['messages/a/returns'],
  );
});

test('QoS 2 that was received but not released is known after a restart', async (t) => {
  const database = openMemoryDatabase();
  const publish = { cmd: 'publish', topic: 'a', payload: 'x', qos: 2, retain: false, messageId: 7 };
  const first = await startBroker(t, { database });
  const sender = await first.raw();
  await sender.login({ clientId: 's', clean: false });
  sender.send({ ...publish, dup: false });
  await sender.next('pubrec');
  await first.broker.stop();
  const second = await startBroker(t, { database });
  const back = await second.raw();
  await back.login({ clientId: 's', clean: false });
  back.send({ ...publish, dup: true });
  await back.next('pubrec');
  back.send({ cmd: 'pubrel', messageId: 7 });
  await back.next('pubcomp');
  back.send({ ...publish, dup: false });
  await back.next('pubrec');
  assert.deepEqual([first.heard.length, second.heard.length], [1, 1]);
});

test('sessions of clients that were not seen for seven days are dropped, connected ones are not', async (t) => {
  const database = openMemoryDatabase();
  const clock = new ManualClock();
  const { raw, client, logged } = await startBroker(t, { database, clock });
  const here = await raw();
  await here.login({ clientId: 'here', clean: false, keepalive: 0 });
  await here.subscribe(['a', 1]);
  const away = await raw();
  await away.login({ clientId: 'away', clean: false });
  await away.subscribe(['a', 1]);
  away.socket.destroy();
  await away.closed();
  await (await client({ keepalive: 0 })).publishAsync('a', 'x', { qos: 1 });
  await here.next('publish');
  clock.advance(SESSION_EXPIRY_MS - 3_600_000);
  assert.deepEqual(
    logged.filter(({ event }) => event === 'mqtt_session_dropped'),
    [],
  );
  clock.advance(2 * 3_600_000);
  await here.ping();
  const count = (table: string) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  assert.deepEqual(['broker_sessions', 'broker_subscriptions', 'broker_outgoing'].map(count), [1, 1, 1]);
  const back = await raw();
  assert.equal((await back.login({ clientId: 'away', clean: false })).sessionPresent, false);
});

test('a device has so many sessions and no more: the one not seen for longest goes', async (t) => {
  const clock = new ManualClock();
  const { raw, database } = await startBroker(t, { clock });
  for (let i = 0; i <= SESSIONS_PER_DEVICE_MAX + 1; i++) {
    const client = await raw();
    await client.login({ clientId: `c${i}`, clean: false, username: 'x', password: Buffer.from('device-a') });
    await client.subscribe(['messages/a/x', 1]);
    client.socket.destroy();
    await client.closed();
    clock.advance(1000);
  }
  await eventually('dropped', () => {
    const rows = database.prepare('SELECT client FROM broker_subscriptions').all();
    const ids = rows.map(({ client }) => String(client).split(':').at(-1));
    return ids.length === SESSIONS_PER_DEVICE_MAX && !ids.includes('c0') && !ids.includes('c1') ? true : null;
  });
});
