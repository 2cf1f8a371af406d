import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { generate, type Packet } from 'mqtt-packet';
import { seededRandom } from '../../simulator/random.ts';
import type { Message } from '../../src/model/message.ts';
import { IN_FLIGHT_MAX, UNRELEASED_MAX } from '../../src/mqtt/embedded/limits.ts';
import {
  arrived,
  type BrokerOptions,
  certificate,
  connectClient,
  type RawClient,
  startBroker,
} from './embedded-rig.ts';
import { atEnd, pause } from './rig.ts';
import { eventually, temporaryFolder } from './running-bridge.ts';

/** Many packets at once: all are taken, once and in order, and what is too much waits. */

type Qos = 0 | 1 | 2;

const COUNTS = [100, 300, 1000, 10_000];
const WAIT_MS = 20_000;
const ANSWERS = [null, 'puback', 'pubrec'] as const;
const PIPELINES: [name: string, options: BrokerOptions][] = [
  ['fast', {}],
  ['slow', { onMessage: (message) => void setImmediate(() => message.done()) }],
];

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const texts = (heard: readonly { text: string }[]) => heard.map(({ text }) => Number(text));
const bytesOf = (packets: readonly object[]) =>
  Buffer.concat(packets.map((packet) => generate({ dup: false, retain: false, ...packet } as Packet)));
const publishes = (topic: string, count: number, qos: Qos) =>
  numbers(count).map((i) => ({ cmd: 'publish', topic, payload: String(i), qos, messageId: i + 1 }));

const answersIn = ({ packets }: RawClient, cmd: Packet['cmd']) =>
  packets.filter((packet) => packet.cmd === cmd).map(({ messageId }) => messageId);

/** Waits until `count` publishes are acknowledged in order, and releases those of QoS 2. */
async function acknowledged(client: RawClient, qos: Qos, count: number): Promise<void> {
  const cmd = ANSWERS[qos];
  if (cmd === null) return client.ping();
  const ids = numbers(count).map((i) => i + 1);
  const all = (kind: Packet['cmd']) =>
    eventually(
      `${count} ${kind}`,
      () => (answersIn(client, kind).length >= count || client.isClosed ? true : null),
      WAIT_MS,
    );
  await all(cmd);
  assert.deepEqual(answersIn(client, cmd), ids);
  if (qos < 2) return;
  client.write(bytesOf(ids.map((messageId) => ({ cmd: 'pubrel', messageId }))));
  await all('pubcomp');
  assert.deepEqual(answersIn(client, 'pubcomp'), ids);
}

for (const qos of [0, 1, 2] as const) {
  for (const [speed, options] of PIPELINES) {
    for (const isSubscribed of [false, true]) {
      const name = `QoS ${qos}, ${speed} pipeline, ${isSubscribed ? 'a subscriber' : 'no subscriber'}`;
      test(`bursts are taken whole: ${name}`, async (t) => {
        const { raw, client, heard, logged, metric } = await startBroker(t, options);
        const reader = await client();
        if (isSubscribed) await reader.subscribeAsync('b/#', { qos });
        for (const count of COUNTS) {
          const sender = await raw();
          await sender.login({ clientId: 'sender' });
          sender.write(bytesOf(publishes(`b/${count}`, count, qos)));
          await arrived(heard, count, WAIT_MS);
          await acknowledged(sender, qos, count);
          assert.deepEqual(texts(heard.splice(0)), numbers(count));
          if (isSubscribed) await arrived(reader.received, count, WAIT_MS);
          assert.deepEqual(texts(reader.received.splice(0)), isSubscribed ? numbers(count) : []);
          assert.equal(sender.isClosed, false);
        }
        assert.deepEqual(
          logged.filter(({ level }) => level === 'warning'),
          [],
        );
        assert.equal(
          await metric('mqtt_received_total'),
          COUNTS.reduce((sum, count) => sum + count),
        );
      });
    }
  }
}

test('a burst beyond the bound waits in the socket until the pipeline is done with what came before', async (t) => {
  const held: Message[] = [];
  const { raw, heard } = await startBroker(t, { onMessage: (message) => void held.push(message) });
  const sender = await raw();
  await sender.login();
  sender.write(bytesOf(publishes('a', 1000, 0)));
  for (let taken = IN_FLIGHT_MAX; taken <= 1000; taken += IN_FLIGHT_MAX) {
    await arrived(held, IN_FLIGHT_MAX);
    await pause(10);
    assert.deepEqual(texts(heard), numbers(taken));
    for (const message of held.splice(0)) message.done();
  }
  await sender.ping();
});

/** 600 packets of every kind a client may send, with the answers they must have. */
function medley() {
  const packets: object[] = [];
  const wanted = { puback: 0, pubrec: 0, pubcomp: 0, suback: 0, unsuback: 0, pingresp: 0 };
  let sent = 0;
  const publish = (qos: Qos, messageId: number) =>
    packets.push({ cmd: 'publish', topic: 'm/x', payload: String(sent++), qos, messageId });
  for (let i = 0; i < 100; i++) {
    const messageId = i + 1;
    for (const qos of [0, 1, 2, 0] as const) publish(qos, messageId + 1000 * qos);
    packets.push({ cmd: 'pubrel', messageId: messageId + 2000 });
    const other = (['pingreq', 'subscribe', 'unsubscribe'] as const)[i % 3];
    if (other === 'subscribe') {
      packets.push({ cmd: other, messageId, subscriptions: [{ topic: `s/${i}`, qos: 1 }] });
    } else packets.push({ cmd: other, messageId, unsubscriptions: [`s/${i - 1}`] });
    wanted[other === 'pingreq' ? 'pingresp' : other === 'subscribe' ? 'suback' : 'unsuback']++;
    for (const answer of ['puback', 'pubrec', 'pubcomp'] as const) wanted[answer]++;
  }
  return { bytes: bytesOf(packets), sent, wanted };
}

/** Cuts `bytes` into pieces of 1 to `most` bytes. */
function cut(bytes: Buffer, most: number): Buffer[] {
  const random = seededRandom(most);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(random() * most);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

for (const [speed, options] of PIPELINES) {
  for (const piecesOf of [1_000_000, 2000, 7]) {
    test(`packets of all kinds, in pieces of at most ${piecesOf} bytes, ${speed} pipeline`, async (t) => {
      const { raw, heard } = await startBroker(t, options);
      const sender = await raw();
      await sender.login();
      const { bytes, sent, wanted } = medley();
      for (const [i, piece] of cut(bytes, piecesOf).entries()) {
        sender.write(piece);
        // Else the system joins them again.
        if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await arrived(heard, sent, WAIT_MS);
      const total = Object.values(wanted).reduce((sum, count) => sum + count);
      await arrived(sender.packets, total, WAIT_MS);
      assert.deepEqual(texts(heard), numbers(sent));
      const counts = Object.keys(wanted).map((cmd) => [cmd, answersIn(sender, cmd as Packet['cmd']).length]);
      assert.deepEqual(Object.fromEntries(counts), wanted);
    });
  }
}

for (const ending of ['DISCONNECT', 'the end of the socket']) {
  test(`CONNECT, a burst and ${ending} in one piece`, async (t) => {
    for (const [, options] of PIPELINES) {
      const { raw, heard } = await startBroker(t, options);
      const sender = await raw();
      const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'c', clean: true };
      const end = ending === 'DISCONNECT' ? [{ cmd: 'disconnect' }] : [];
      sender.write(bytesOf([{ ...connect, keepalive: 60 }, ...publishes('a', 3000, 0), ...end]));
      if (end.length === 0) sender.socket.end();
      await arrived(heard, 3000, WAIT_MS);
      await sender.closed();
      assert.deepEqual(texts(heard), numbers(3000));
    }
  });
}

/** What MQTT.js sends when a program publishes `count` times in a row. */
async function burstOf(t: TestContext, url: string, count: number, qos: Qos, more: object = {}) {
  const client = await connectClient(t, url, more);
  const done = numbers(count).map((i) => client.publishAsync('a', String(i), { qos }));
  await Promise.all(done);
}

test('bursts over TCP, TLS and WebSocket', async (t) => {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const tls = certificate(folder.path);
  const settings = { tlsPort: 0, webSocketPort: 0, tls };
  for (const [, options] of PIPELINES) {
    const { url, ports, heard } = await startBroker(t, { ...options, settings });
    for (const door of [url, `mqtts://localhost:${ports.mqtts}`, `ws://127.0.0.1:${ports.ws}`]) {
      for (const qos of [0, 1, 2] as const) {
        await burstOf(t, door, 500, qos, { ca: tls.cert });
        await arrived(heard, 500, WAIT_MS);
        assert.deepEqual(texts(heard.splice(0)), numbers(500), `${door} QoS ${qos}`);
      }
    }
  }
});

test('more unreleased messages of QoS 2 than a client may have close its connection, and are logged', async (t) => {
  const { raw, heard, logged } = await startBroker(t);
  const sender = await raw();
  await sender.login({ clientId: 'greedy' });
  sender.write(bytesOf(publishes('a', UNRELEASED_MAX + 1, 2)));
  await sender.closed(WAIT_MS);
  assert.equal(heard.length, UNRELEASED_MAX);
  assert.deepEqual(
    logged.filter(({ level }) => level === 'warning').map(({ event, client_id: id }) => [event, id]),
    [['mqtt_publish_refused', 'greedy']],
  );
});
