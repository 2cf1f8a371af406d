import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '../../platform/manual-clock.ts';
import { FrameReader } from './frame-reader.ts';
import { GuardedStream } from './guarded-stream.ts';
import { IN_FLIGHT_MAX } from './limits.ts';

/** PUBLISH of QoS 0 with the topic `a` and no payload. */
const PUBLISH = Buffer.from([0x30, 3, 0, 1, 0x61]);
const PINGREQ = Buffer.from([0xc0, 0]);

function open() {
  const [client, transport] = duplexPair();
  const faults: string[] = [];
  const stream = new GuardedStream({
    transport,
    reader: new FrameReader(1000),
    clock: new ManualClock(),
    onGoodbye: () => undefined,
    onFault: (reason) => void faults.push(reason),
  });
  stream.open();
  return { client, transport, stream, faults };
}

const publishes = (count: number) => Buffer.concat(Array.from({ length: count }, () => PUBLISH));

test('who reads on while it handles what it read finds nothing, and is told of the rest in a later turn', async () => {
  const { client, stream, faults } = open();
  const sizes: number[] = [];
  stream.on('readable', () => {
    for (let chunk: Buffer | null = stream.read(); chunk; chunk = stream.read()) {
      sizes.push(chunk.length / PUBLISH.length);
      for (let i = 0; i < chunk.length; i += PUBLISH.length) {
        stream.settled();
        assert.equal(stream.read(), null);
      }
    }
  });
  client.write(publishes(3 * IN_FLIGHT_MAX + 1));
  while (sizes.length < 4) await turn();
  assert.deepEqual(sizes, [IN_FLIGHT_MAX, IN_FLIGHT_MAX, IN_FLIGHT_MAX, 1]);
  assert.deepEqual(faults, []);
});

test('what comes while something waits to be read stays in the socket', async () => {
  const { client, transport, stream } = open();
  client.write(PUBLISH);
  await once(stream, 'readable');
  for (let i = 0; i < 20; i++) {
    client.write(PINGREQ);
    await turn();
  }
  assert.equal(transport.isPaused(), true);
  assert.deepEqual(stream.read(), PUBLISH);
  assert.equal(stream.read(), null);
  let pings = 0;
  for (; pings < 20 * PINGREQ.length; await turn()) pings += (stream.read() as Buffer | null)?.length ?? 0;
  assert.equal(pings, 20 * PINGREQ.length);
  await turn();
  assert.equal(transport.isPaused(), false);
});

test(`no more than ${IN_FLIGHT_MAX} publishes pass before one is settled`, async () => {
  const { client, transport, stream } = open();
  client.write(publishes(IN_FLIGHT_MAX + 2));
  await once(stream, 'readable');
  assert.equal((stream.read() as Buffer).length, IN_FLIGHT_MAX * PUBLISH.length);
  await turn();
  assert.deepEqual([stream.read(), transport.isPaused()], [null, true]);
  stream.settled();
  await once(stream, 'readable');
  assert.deepEqual(stream.read(), PUBLISH);
});
