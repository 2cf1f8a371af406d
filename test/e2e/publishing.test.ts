import assert from 'node:assert/strict';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { generate, type Packet, parser } from 'mqtt-packet';
import type { OutgoingMessage } from '../../src/model/message.ts';
import { brokerFor, linkTo, neighbour, VERSIONS } from './link-stage.ts';
import { atEnd } from './rig.ts';
import { eventually } from './running-bridge.ts';
import { Wire } from './wire.ts';

const message = (topic: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  topic,
  payload: Buffer.from('x'),
  qos: 1,
  retain: false,
  ...more,
});
const PROPERTIES = {
  userProperties: { one: 'a', many: ['b', 'c'] },
  contentType: 'text/plain',
  responseTopic: 'answer/here',
  correlationDataHex: '00ff10',
  expiryS: 60,
};
const MANY = 2000;

const [PLUGIN] = globSync('/usr/lib/*/mosquitto_dynamic_security.so');
const ACCESS = JSON.stringify({
  defaultACLAccess: {
    publishClientSend: true,
    publishClientReceive: true,
    subscribe: true,
    unsubscribe: true,
  },
  clients: [],
  groups: [{ groupname: 'all', roles: [{ rolename: 'all' }] }],
  roles: [
    { rolename: 'all', acls: [{ acltype: 'publishClientSend', topic: 'no/#', priority: 1, allow: false }] },
  ],
  anonymousGroup: 'all',
});

for (const [version, name] of VERSIONS) {
  describe(`publishing, ${name}`, { concurrency: 4 }, () => {
    test('what the broker confirmed is sent, with what it says; properties arrive as they were sent', async (t) => {
      const broker = await brokerFor(t);
      const { link, heard } = await linkTo(t, broker, version, [{ filter: 'mine/+', qos: 2 }]);
      for (const qos of [0, 1, 2] as const) {
        const sent = await link.publish(message(`mine/${qos}`, { qos, properties: PROPERTIES }));
        const leftOut =
          'left out, as MQTT 3.1.1 cannot carry it: user properties, content type, response topic, correlation data, expiry';
        assert.deepEqual(sent, version === 5 ? { sent: true } : { sent: true, note: leftOut });
      }
      await eventually('they come back', () => (heard.length === 3 ? true : null));
      for (const { topic, qos, properties } of heard) {
        assert.equal(topic, `mine/${qos}`);
        assert.deepEqual(properties, version === 5 ? PROPERTIES : undefined);
      }
      const unheard = await link.publish(message('nobody/listens'));
      const note = 'nobody is subscribed to this topic';
      assert.deepEqual(unheard, version === 5 ? { sent: true, note } : { sent: true });
    });

    test('many at once, more than the broker takes unconfirmed', async (t) => {
      const broker = await brokerFor(t);
      const { link } = await linkTo(t, broker, version, []);
      const results = await Promise.all(
        Array.from({ length: MANY }, (_, i) =>
          link.publish(message(`many/${i}`, { qos: i % 2 === 0 ? 2 : 1 })),
        ),
      );
      assert.deepEqual(
        results.filter(({ sent }) => !sent),
        [],
      );
    });

    test('in the middle of a message: nothing locks', async (t) => {
      const broker = await brokerFor(t);
      const answers: Promise<{ sent: boolean }>[] = [];
      const { link } = await linkTo(t, broker, version, [{ filter: 'question', qos: 1 }], {
        onMessage: (question) => {
          answers.push(link.publish(message('answer')));
          setImmediate(question.done);
        },
      });
      const sender = await neighbour(t, broker);
      for (let i = 0; i < 20; i++) await sender.publish('question', i);
      await eventually('all questions', () => (answers.length === 20 ? true : null));
      assert.ok((await Promise.all(answers)).every(({ sent }) => sent));
    });

    test('without a connection, and when it is lost', async (t) => {
      const broker = await brokerFor(t);
      const wire = await Wire.to(broker.port);
      atEnd(t, () => wire.close());
      const url = `mqtt://127.0.0.1:${wire.port}`;
      const { link } = await linkTo(t, { url }, version, []);
      wire.stall();
      const underWay = link.publish(message('a'));
      assert.deepEqual(await link.publish(message('a', { qos: 0 })), { sent: true });
      wire.cut();
      const lost = await underWay;
      assert.ok(!lost.sent);
      assert.match(lost.reason, /connection to the broker was lost; it is not known whether/);
      const away = await link.publish(message('a'));
      assert.ok(!away.sent);
      assert.match(away.reason, /^the broker is not connected: /);
    });
  });
}

test('the reasons of an MQTT 5 broker, and the limits it announced', async (t) => {
  assert.ok(PLUGIN, 'mosquitto has no dynamic security plugin');
  const lines = [
    'allow_anonymous true',
    `plugin ${PLUGIN}`,
    'plugin_opt_config_file {dir}/access.json',
    'max_packet_size 1000',
    'max_qos 1',
    'retain_available false',
  ];
  const broker = await brokerFor(t, lines, { 'access.json': ACCESS });
  const { link } = await linkTo(t, broker, 5, []);
  for (const [of, expected] of [
    [message('no/way'), /^not authorised to publish to this topic/],
    [message('a', { payload: Buffer.alloc(1000) }), /^the message takes 1009 bytes; the broker takes 1000$/],
    [message('a', { qos: 2 }), /up to QoS 1 only/],
    [message('a', { retain: true }), /does not store \(retain\)/],
  ] as const) {
    const result = await link.publish(of);
    assert.ok(!result.sent);
    assert.match(result.reason, expected);
  }
  const largest = message('a', { payload: Buffer.alloc(991) });
  assert.ok((await link.publish(largest)).sent);
  assert.equal(link.status().mode, 'connected');
});

test('a message of QoS 2 whose second step comes over the next connection is received once', async (t) => {
  const said: string[] = [];
  const publish: Packet = {
    cmd: 'publish',
    topic: 'a',
    payload: 'x',
    qos: 2,
    messageId: 7,
    dup: false,
    retain: false,
  };
  const count = (cmd: string) => said.filter((one) => one === cmd).length;
  const server = createServer((socket: Socket) => {
    const isFirst = said.length === 0;
    const reader = parser({ protocolVersion: 4 });
    const send = (packet: Packet) => socket.write(generate(packet, { protocolVersion: 4 }));
    reader.on('packet', (packet: Packet) => {
      said.push(packet.cmd);
      if (packet.cmd === 'connect') send({ cmd: 'connack', returnCode: 0, sessionPresent: !isFirst });
      if (packet.cmd === 'subscribe') {
        send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [2] });
        send(isFirst ? publish : { cmd: 'pubrel', messageId: 7 });
      }
      if (packet.cmd === 'pubrec') socket.destroy();
      if (packet.cmd === 'pubcomp' && count('pubcomp') === 1) send({ cmd: 'pubrel', messageId: 7 });
    });
    socket.on('data', (bytes: Buffer) => reader.parse(bytes));
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => server.close());
  const { port } = server.address() as AddressInfo;
  const url = `mqtt://127.0.0.1:${port}`;
  const { texts, link } = await linkTo(t, { url }, 4, [{ filter: 'a', qos: 2 }]);
  await eventually('twice confirmed', () => (count('pubcomp') === 2 ? true : null));
  await link.stop();
  assert.deepEqual(texts('a'), ['x']);
});
