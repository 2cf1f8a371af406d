import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QUEUED_MAX, SUBSCRIPTIONS_MAX } from '../../src/mqtt/embedded/limits.ts';
import { arrived, startBroker } from './embedded-rig.ts';
import { eventually } from './running-bridge.ts';

/** What clients may take of memory and disk. */

test('retained messages are bounded: what is too much is delivered, logged, counted and not kept', async (t) => {
  const { client, logged, metric, database } = await startBroker(t, {
    limits: { retainedMax: 2, retainedBytesMax: 100 },
  });
  const reader = await client();
  await reader.subscribeAsync('#', { qos: 1 });
  for (const topic of ['a', 'b', 'c']) await reader.publishAsync(topic, 'x', { qos: 1, retain: true });
  await reader.publishAsync('a', 'x'.repeat(200), { qos: 1, retain: true });
  await arrived(reader.received, 4);
  const kept = database.prepare('SELECT topic, payload FROM broker_retained').all();
  assert.deepEqual(
    kept.map(({ topic, payload }) => `${topic} ${Buffer.from(payload as Uint8Array)}`),
    ['a x', 'b x'],
  );
  assert.equal(await metric('embedded_dropped_total', { reason: 'retained_full' }), 2);
  assert.equal(logged.filter(({ event }) => event === 'mqtt_retained_refused').length, 2);
});

test('what waits for an absent client is bounded', async (t) => {
  const { client, raw, metric, database } = await startBroker(t);
  const away = await raw();
  await away.login({ clientId: 'away', clean: false });
  await away.subscribe(['a', 1]);
  away.socket.destroy();
  await away.closed();
  const publisher = await client();
  await Promise.all(
    Array.from({ length: QUEUED_MAX + 5 }, (_, i) => publisher.publishAsync('a', String(i), { qos: 1 })),
  );
  assert.equal(database.prepare('SELECT count(*) AS n FROM broker_outgoing').get()?.n, QUEUED_MAX);
  assert.equal(await metric('embedded_dropped_total', { reason: 'queue_full' }), 5);
  const back = await raw();
  await back.login({ clientId: 'away', clean: false });
  await eventually('the queue', () => (back.packets.length === QUEUED_MAX ? true : null));
});

test('subscriptions of one client are bounded', async (t) => {
  const { raw } = await startBroker(t);
  const client = await raw();
  await client.login({ clean: false });
  const filters = Array.from({ length: SUBSCRIPTIONS_MAX + 2 }, (_, i): [string, 0] => [`t/${i}`, 0]);
  const codes = await client.subscribe(...filters);
  assert.deepEqual([codes.indexOf(128), codes.length], [SUBSCRIPTIONS_MAX, filters.length]);
});

for (const [name, limits, reason] of [
  ['in all', { connectionsMax: 2 }, 'connections_max'],
  ['from one address', { connectionsPerAddressMax: 2 }, 'address_max'],
] as const) {
  test(`connections are bounded ${name}`, async (t) => {
    const { raw, metric } = await startBroker(t, { limits });
    const [one, two] = [await raw(), await raw()];
    await one.login({ clientId: 'one' });
    const three = await raw();
    await three.closed();
    assert.equal(await metric('embedded_refused_total', { reason }), 1);
    two.socket.destroy();
    await eventually('room again', async () => {
      const next = await raw();
      await Promise.race([next.closed(), next.login({ clientId: 'next' })]).catch(() => undefined);
      return next.isClosed ? null : true;
    });
  });
}

test('a client that does not read is closed before it takes much memory', async (t) => {
  const { client, raw, metric } = await startBroker(t);
  const stuck = await raw();
  await stuck.login({ clientId: 'stuck' });
  await stuck.subscribe(['a', 0]);
  stuck.socket.pause();
  const publisher = await client();
  const payload = 'x'.repeat(60_000);
  await eventually(
    'closed',
    async () => {
      for (let i = 0; i < 20; i++) publisher.publish('a', payload);
      await publisher.publishAsync('b', 'x', { qos: 1 });
      return (await metric('embedded_dropped_total', { reason: 'slow_client' })) > 0 ? true : null;
    },
    20_000,
  );
  await publisher.publishAsync('b', 'x', { qos: 1 });
});
