import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generate, type IPublishPacket } from 'mqtt-packet';
import { publishBytes, publishOptions } from './outgoing-packet.ts';

const LIMITS = { packetBytesMax: null, qosMax: 2, retain: true, identifiers: true, inFlightMax: 1 } as const;
const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });
const message = fc.record({
  topic: text,
  payload: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(new Uint8Array(20_000))).map(Buffer.from),
  qos: fc.constantFrom(0, 1, 2),
  retain: fc.boolean(),
});
const properties = fc.record({
  userProperties: maybe(
    fc.dictionary(
      fc.string({ minLength: 1, maxLength: 5 }).filter((key) => key !== '__proto__'),
      fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
      { minKeys: 1, maxKeys: 4, noNullPrototype: true },
    ),
  ),
  contentType: maybe(text),
  responseTopic: maybe(text),
  correlationDataHex: maybe(
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  ),
  expiryS: maybe(fc.nat()),
});

test('the size of a message is that of its packet', () => {
  fc.assert(
    fc.property(message, properties, fc.constantFrom(4, 5), (base, found, protocolVersion) => {
      const given = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
      const outgoing = { ...base, properties: given };
      const { options } = publishOptions(outgoing, { ...LIMITS, protocolVersion });
      const packet = { cmd: 'publish', dup: false, messageId: 1, ...base, ...options } as IPublishPacket;
      const bytes = generate(packet, { protocolVersion });
      assert.equal(publishBytes(outgoing, protocolVersion), bytes.length);
    }),
  );
});
