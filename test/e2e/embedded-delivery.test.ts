import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrived, startBroker } from './embedded-rig.ts';
import { eventually } from './running-bridge.ts';

/** What MQTT 3.1.1 promises of sessions, QoS and order. */

test('retained: a live message has no flag', async (t) => {
  const { client } = await startBroker(t);
  const both = await client();
  await both.subscribeAsync('a', { qos: 1 });
  await both.publishAsync('a', 'x', { qos: 1, retain: true });
  await arrived(both.received, 1);
  assert.equal(both.received[0]?.retain, false);
});

test('clean session: discards the former session with all that waits', async (t) => {
  const { client, raw } = await startBroker(t);
  const away = await raw();
  await away.login({ clientId: 'away', clean: false });
  await away.subscribe(['a', 1]);
  away.socket.destroy();
  await away.closed();
  await (await client()).publishAsync('a', 'x', { qos: 1 });
  const clean = await raw();
  await clean.login({ clientId: 'away', clean: true });
  await clean.ping();
  clean.send({ cmd: 'disconnect' });
  await clean.closed();
  const again = await raw();
  assert.equal((await again.login({ clientId: 'away', clean: false })).sessionPresent, false);
  await again.ping();
  assert.deepEqual([...clean.packets, ...again.packets], []);
});

test('QoS 2: a message that comes twice before its release is published once', async (t) => {
  const { raw, heard, client } = await startBroker(t);
  const reader = await client();
  await reader.subscribeAsync('once', { qos: 0 });
  for (const clean of [true, false]) {
    const sender = await raw();
    await sender.login({ clientId: 'sender', clean });
    const publish = { cmd: 'publish', topic: 'once', payload: 'x', qos: 2, retain: false, messageId: 7 };
    sender.send({ ...publish, dup: false });
    sender.send({ ...publish, dup: true });
    await sender.next('pubrec');
    await sender.next('pubrec');
    if (!clean) {
      sender.socket.destroy();
      const back = await raw();
      await back.login({ clientId: 'sender', clean });
      back.send({ ...publish, dup: true });
      await back.next('pubrec');
      back.send({ cmd: 'pubrel', messageId: 7 });
      await back.next('pubcomp');
    }
  }
  assert.equal(heard.length, 2);
  await arrived(reader.received, 2);
});

test('messages of one publisher stay in order, retained or not, and none is lost', async (t) => {
  const { client, raw, database } = await startBroker(t);
  const subscriber = await client();
  await subscriber.subscribeAsync('#', { qos: 0 });
  const sender = await raw();
  await sender.login();
  for (let i = 0; i < 300; i++) {
    sender.send({
      cmd: 'publish',
      topic: `o/${i % 3}`,
      payload: String(i),
      qos: 0,
      retain: i % 2 === 0,
      dup: false,
    });
  }
  await arrived(subscriber.received, 300);
  assert.deepEqual(
    subscriber.received.map(({ text }) => Number(text)),
    Array.from({ length: 300 }, (_, i) => i),
  );
  await eventually('retained', () =>
    database.prepare('SELECT 1 FROM broker_retained').all().length === 3 ? true : null,
  );
});
