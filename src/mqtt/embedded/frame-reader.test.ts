import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from './frame-reader.ts';

const packetOf = (length: number) => {
  const head = [0x30];
  let left = length;
  do {
    head.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>= 7;
  } while (left > 0);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length, length & 0xff)]);
};

test('packets come out whole, however the bytes were cut', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(sizes, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (lengths, cuts) => {
      const packets = lengths.map(packetOf);
      const bytes = Buffer.concat(packets);
      const reader = new FrameReader(1000);
      const found: Buffer[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = cuts[i % cuts.length] ?? 1;
        reader.push(bytes.subarray(at, at + size));
        at += size;
        for (let frame = reader.next(); frame && 'packet' in frame; frame = reader.next())
          found.push(frame.packet);
      }
      assert.deepEqual(Buffer.concat(found), bytes);
      assert.deepEqual(
        found.map((packet) => packet.length),
        packets.map((packet) => packet.length),
      );
      assert.equal(reader.bytes, 0);
    }),
  );
});

for (const { name, bytes, wanted } of [
  { name: 'nothing yet', bytes: [0x30], wanted: null },
  { name: 'a length that is not complete', bytes: [0x30, 0x80], wanted: null },
  { name: 'the longest packet, incomplete', bytes: [0x30, 98], wanted: null },
  { name: 'one byte too long, by its header alone', bytes: [0x30, 99], wanted: { fault: 'too_large' } },
  { name: 'far too long', bytes: [0x30, 0xff, 0xff, 0xff, 0x7f], wanted: { fault: 'too_large' } },
  {
    name: 'a length of five bytes',
    bytes: [0x30, 0x80, 0x80, 0x80, 0x80, 0x01],
    wanted: { fault: 'malformed' },
  },
]) {
  test(`limit 100: ${name}`, () => {
    const reader = new FrameReader(100);
    reader.push(Buffer.from(bytes));
    assert.deepEqual(reader.next(), wanted);
  });
}
