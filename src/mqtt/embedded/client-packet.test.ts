import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generate, type Packet } from 'mqtt-packet';
import { isClientPacket, readConnect, readSubscribe } from './client-packet.ts';

const bytes = (...parts: (number | string)[]) =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'number'
        ? Buffer.from([part])
        : Buffer.concat([Buffer.from([0, Buffer.byteLength(part)]), Buffer.from(part)]),
    ),
  );
/** A packet with its remaining length. */
const packet = (first: number, ...parts: (number | string)[]) => {
  const body = bytes(...parts);
  return Buffer.concat([Buffer.from([first, body.length]), body]);
};
const connect = (flags: number, ...fields: (number | string)[]) =>
  packet(0x10, 'MQTT', 4, flags, 0, 60, ...fields);

test('CONNECT is read as mqtt-packet writes it', () => {
  const written = generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId: 'mètre',
    clean: false,
    keepalive: 10,
    username: 'u',
    password: Buffer.from('p'),
    will: { topic: 'w/t', payload: Buffer.from([0, 255]), qos: 2, retain: true },
  } as Packet);
  assert.deepEqual(readConnect(written), {
    version: 4,
    clientId: 'mètre',
    username: 'u',
    password: 'p',
    clean: false,
    will: { topic: 'w/t', payload: Buffer.from([0, 255]), qos: 2, retain: true },
  });
});

test('of MQTT 5 the version and the client id are read', () => {
  const written = generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 5,
    clientId: 'five',
    clean: true,
    keepalive: 1,
    properties: { sessionExpiryInterval: 5 },
  } as Packet);
  assert.deepEqual([readConnect(written)?.version, readConnect(written)?.clientId], [5, 'five']);
});

for (const [name, malformed] of [
  ['another packet', packet(0xc0)],
  ['another protocol', packet(0x10, 'hj', 4, 2, 0, 60, 'c')],
  ['3.1 under the name of 3.1.1', packet(0x10, 'MQTT', 3, 2, 0, 60, 'c')],
  ['the reserved flag', connect(3, 'c')],
  ['a will of QoS 3', connect(0x1e, 'c', 'w', 'x')],
  ['the QoS of no will', connect(0x0a, 'c')],
  ['a password without a user name', connect(0x42, 'c', 'p')],
  ['a will topic with a wildcard', connect(0x06, 'c', 'w/#', 'x')],
  ['an empty will topic', connect(0x06, 'c', '', 'x')],
  ['NUL in the client id', connect(2, 'c\u0000')],
  ['malformed UTF-8', packet(0x10, 'MQTT', 4, 2, 0, 60, 0, 2, 0xc3, 0x28)],
  ['a surrogate', packet(0x10, 'MQTT', 4, 2, 0, 60, 0, 3, 0xed, 0xa0, 0x80)],
  ['too few bytes', connect(2, 0, 5, 65)],
  ['bytes left over', connect(2, 'c', 1)],
] as const) {
  test(`CONNECT with ${name} is malformed`, () => assert.equal(readConnect(malformed), null));
}

for (const [name, each, wanted] of [
  ['PUBLISH', packet(0x30, 'a/b', 1, 2), true],
  ['PUBLISH without payload', packet(0x31, 'a'), true],
  ['PUBLISH QoS 1', packet(0x32, 'a', 0, 1), true],
  ['PUBLISH QoS 1 with identifier 0', packet(0x32, 'a', 0, 0), false],
  ['PUBLISH QoS 1 without identifier', packet(0x32, 'a'), false],
  ['PUBLISH QoS 3', packet(0x36, 'a', 0, 1), false],
  ['PUBLISH QoS 0 as duplicate', packet(0x38, 'a'), false],
  ['PUBLISH to a filter', packet(0x30, 'a/#'), false],
  ['PUBLISH to nothing', packet(0x30, ''), false],
  ['PUBLISH to NUL', packet(0x30, 'a\u0000'), false],
  ['PUBLISH to malformed UTF-8', packet(0x30, 0, 1, 0xff), false],
  ['PUBACK', packet(0x40, 0, 1), true],
  ['PUBACK too long', packet(0x40, 0, 1, 0), false],
  ['PUBACK 0', packet(0x40, 0, 0), false],
  ['PUBREL', packet(0x62, 0, 1), true],
  ['PUBREL with other flags', packet(0x60, 0, 1), false],
  ['SUBSCRIBE', packet(0x82, 0, 1, 'a/+/#', 1), true],
  ['SUBSCRIBE to nothing', packet(0x82, 0, 1), false],
  ['SUBSCRIBE a#', packet(0x82, 0, 1, 'a#', 1), false],
  ['SUBSCRIBE a/+b', packet(0x82, 0, 1, 'a/+b', 1), false],
  ['SUBSCRIBE #/a', packet(0x82, 0, 1, '#/a', 1), false],
  ['SUBSCRIBE QoS 3', packet(0x82, 0, 1, 'a', 3), false],
  ['SUBSCRIBE with flags of nothing', packet(0x80, 0, 1, 'a', 0), false],
  ['UNSUBSCRIBE', packet(0xa2, 0, 1, 'a', 'b/#'), true],
  ['UNSUBSCRIBE nothing', packet(0xa2, 0, 1), false],
  ['PINGREQ', packet(0xc0), true],
  ['PINGREQ with a body', packet(0xc0, 1), false],
  ['DISCONNECT', packet(0xe0), true],
  ['CONNACK, which only brokers send', packet(0x20, 0, 0), false],
  ['a second CONNECT', connect(2, 'c'), false],
  ['AUTH of MQTT 5', packet(0xf0), false],
] as const) {
  test(`${name} is ${wanted ? '' : 'not '}a packet of a client`, () =>
    assert.equal(isClientPacket(each), wanted));
}

test('SUBSCRIBE gives its identifier and filters', () => {
  assert.deepEqual(readSubscribe(packet(0x82, 1, 2, 'a', 0, 'b/#', 2, 'a', 1)), {
    messageId: 258,
    filters: ['a', 'b/#', 'a'],
  });
});
