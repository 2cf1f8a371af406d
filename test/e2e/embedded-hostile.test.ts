import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generate, type Packet } from 'mqtt-packet';
import { seededRandom } from '../../simulator/random.ts';
import { arrived, RawClient, startBroker } from './embedded-rig.ts';
import { atEnd } from './rig.ts';
import { eventually, RunningBridge, temporaryFolder } from './running-bridge.ts';

const SOCKETS = 100;
const RSS_GROWTH_MAX_MIB = 32;
const RANDOM_PACKETS = 1000;
const AT_ONCE = 25;

const CONNECT = generate({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clientId: 'hostile',
  clean: true,
  keepalive: 60,
} as Packet);

const rssMib = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

test(`${SOCKETS} hostile sockets before login take at most ${RSS_GROWTH_MAX_MIB} MiB`, async (t) => {
  const folder = temporaryFolder();
  atEnd(t, () => folder.remove());
  const bridge = await RunningBridge.start(folder.path, {
    EMBEDDED_BROKER: 'on',
    EMBEDDED_MQTT_HOST: '127.0.0.1',
    EMBEDDED_MQTT_PORT: '0',
  });
  atEnd(t, () => bridge.end('SIGKILL'));
  const port = Number((await bridge.logged('embedded_broker_started')).mqtt);
  const before = rssMib(bridge.process.pid);
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, rssMib(bridge.process.pid));
  }, 20);
  atEnd(t, () => clearInterval(watch));
  const flood = Buffer.alloc(1024 * 1024, 0xff);
  const openings: Buffer[] = [
    // A CONNECT of 64 KiB, of 256 MiB, and one whose first bytes are no MQTT.
    Buffer.concat([Buffer.from([0x10, 0xff, 0xff, 0x03]), flood]),
    Buffer.concat([Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), flood]),
    flood,
    // A login that is refused, with much behind it.
    Buffer.concat([CONNECT, flood]),
  ];
  const clients: RawClient[] = [];
  for (let i = 0; i < SOCKETS; i++) {
    const client = await RawClient.connect(t, port);
    client.write(openings[i % openings.length] ?? flood);
    clients.push(client);
  }
  // And one that drips: each byte comes alone.
  const drip = await RawClient.connect(t, port);
  drip.write([0x10, 0xff, 0x3f]);
  for (let i = 0; i < 2000; i++) drip.write([0]);
  await Promise.all(clients.map((client) => client.closed(8000)));
  await drip.closed(8000);
  const growth = most - before;
  t.diagnostic(`resident memory grew by ${growth.toFixed(1)} MiB`);
  assert.ok(growth <= RSS_GROWTH_MAX_MIB, `resident memory grew by ${growth.toFixed(1)} MiB`);
  assert.equal((await bridge.health()).mqtt_connected, true);
});

/** Packets of every kind, to be damaged. */
const SAMPLES: Buffer[] = [
  { cmd: 'publish', topic: 'a/b', payload: 'payload', qos: 1, messageId: 3, retain: true },
  { cmd: 'publish', topic: 'a', payload: '', qos: 0 },
  { cmd: 'publish', topic: 'a', payload: 'x', qos: 2, messageId: 4 },
  {
    cmd: 'subscribe',
    messageId: 5,
    subscriptions: [
      { topic: 'a/#', qos: 1 },
      { topic: '+/b', qos: 2 },
    ],
  },
  { cmd: 'unsubscribe', messageId: 6, unsubscriptions: ['a/#'] },
  { cmd: 'puback', messageId: 7 },
  { cmd: 'pubrec', messageId: 8 },
  { cmd: 'pubrel', messageId: 9 },
  { cmd: 'pubcomp', messageId: 10 },
  { cmd: 'pingreq' },
  { cmd: 'connack', returnCode: 0, sessionPresent: false },
].map((packet) => generate({ dup: false, retain: false, ...packet } as Packet));

test(`${RANDOM_PACKETS} damaged packets: the broker lives, a healthy client notices nothing`, async (t) => {
  const broker = await startBroker(t);
  const random = seededRandom(3);
  const below = (n: number) => Math.floor(random() * n);
  const damaged = (i: number) => {
    if (i % 4 === 0) return Buffer.from(Array.from({ length: 1 + below(40) }, () => below(256)));
    const packet = Buffer.from(SAMPLES[below(SAMPLES.length)] ?? CONNECT);
    for (let k = 0; k <= below(3); k++) packet[below(packet.length)] = below(256);
    return packet;
  };
  const healthy = await broker.client({ clientId: 'healthy' });
  await healthy.subscribeAsync('healthy', { qos: 1 });
  for (let i = 0; i < RANDOM_PACKETS; i += AT_ONCE) {
    const clients = await Promise.all(
      Array.from({ length: AT_ONCE }, () => RawClient.connect(t, broker.port)),
    );
    for (const [k, client] of clients.entries()) {
      client.write(random() < 0.7 ? Buffer.concat([CONNECT, damaged(i + k)]) : damaged(i + k));
      client.socket.end();
    }
    await Promise.all(clients.map((client) => client.closed()));
    await healthy.publishAsync('healthy', String(i), { qos: 1 });
  }
  await arrived(healthy.received, RANDOM_PACKETS / AT_ONCE);
  assert.equal(healthy.received.length, RANDOM_PACKETS / AT_ONCE);
  await eventually('only the healthy one is left', () =>
    broker.broker.clients().length === 1 ? true : null,
  );
});

for (const [name, bytes] of [
  ['a packet only brokers send', [0x20, 2, 0, 0]],
  ['a reserved type', [0x00, 0]],
  ['AUTH of MQTT 5', [0xf0, 0]],
  ['QoS 3', [0x36, 5, 0, 1, 0x61, 0, 1]],
  ['a topic with a wildcard', [0x30, 4, 0, 2, 0x61, 0x23]],
  ['a topic with NUL', [0x30, 4, 0, 2, 0x61, 0]],
  ['a topic of malformed UTF-8', [0x30, 4, 0, 2, 0xc3, 0x28]],
  ['a filter a#', [0x82, 7, 0, 1, 0, 2, 0x61, 0x23, 0]],
  ['SUBSCRIBE without filters', [0x82, 2, 0, 1]],
  ['a length that has no end', [0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['a packet beyond the limit', [0x30, 0xff, 0xff, 0x7f]],
] as const) {
  test(`an offender is closed and logged: ${name}`, async (t) => {
    const { raw, logged, heard } = await startBroker(t);
    const offender = await raw();
    await offender.login({ clientId: 'offender' });
    offender.write([...bytes]);
    await offender.closed();
    const told = logged.filter(({ event }) => event === 'mqtt_client_faulty');
    assert.deepEqual([told.map(({ client_id: id }) => id), heard], [['offender'], []]);
  });
}
