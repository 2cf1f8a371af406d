import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIVE_KINDS, type LiveKind } from '../model/live.ts';
import { CLIENT_BYTES_MAX, frameOf, readingFrame, StreamClient, type Wants } from './stream-client.ts';

const EVERYTHING: Wants = { kinds: new Set(LIVE_KINDS), devices: null, topic: null };
const AT = '2026-01-31T10:00:00.000Z';

/** A client whose line takes `writes` pieces of text and then no more until `drained`. */
function clientWith(writes: number) {
  const written: string[] = [];
  const client = new StreamClient(
    {
      write: (text) => {
        written.push(text);
        return written.length < writes;
      },
      end: () => {},
      destroy: () => {},
    },
    EVERYTHING,
  );
  return { client, written };
}

const reading = (device_id: string, more: object) => readingFrame({ device_id, at: AT, ...more });
const message = (n: number, length = 10) => frameOf('message', { n, payload: 'x'.repeat(length) });
const names = (text: string) => Array.from(text.matchAll(/^event: (\w+)$/gm), (match) => match[1]);

test('the most important goes first: states, what was lost, readings, messages', () => {
  const { client, written } = clientWith(1);
  client.vital(frameOf('hello', {}));
  client.pump();
  client.message(message(1));
  client.reading(reading('mill', { power_w: 1 }));
  client.reading(reading('mill', { power_w: 2 }));
  client.vital(frameOf('state', {}));
  client.pump();
  assert.deepEqual(names(written.join('')), ['hello']);
  for (let i = 0; i < 5; i += 1) client.drained();
  assert.deepEqual(names(written.join('')), ['hello', 'state', 'lost', 'reading', 'message']);
  assert.equal(client.waitingBytes, 0);
});

test('a newer reading takes the place of one that waits, and keeps what only the older one said', () => {
  const { client, written } = clientWith(1);
  client.heartbeat();
  client.reading(reading('mill', { power_w: 1, voltage_v: 230 }));
  client.reading(reading('saw', { power_w: 5 }));
  client.reading(reading('mill', { power_w: 2 }));
  client.drained();
  client.drained();
  const [, lost, readings] = written;
  assert.equal(lost, 'event: lost\ndata: {"readings":1,"messages":0}\n\n');
  assert.deepEqual(JSON.parse(readings?.split('data: ')[1] ?? ''), [
    { device_id: 'saw', at: AT, power_w: 5 },
    { device_id: 'mill', at: AT, power_w: 2, voltage_v: 230 },
  ]);
});

test('what waits is bounded: messages are lost and counted, then readings, and states never', () => {
  const { client, written } = clientWith(1);
  client.heartbeat();
  client.reading(reading('mill', { power_w: 1 }));
  for (let n = 0; n < 2000; n += 1) client.message(message(n, 1000));
  assert.ok(client.waitingBytes <= CLIENT_BYTES_MAX);
  const state = frameOf('state', { text: 'x'.repeat(100_000) });
  let kept = 0;
  while (client.vital(state)) kept += 1;
  assert.ok(client.waitingBytes <= CLIENT_BYTES_MAX);
  assert.equal(kept, Math.floor(CLIENT_BYTES_MAX / state.bytes));
  for (let i = 0; i < kept + 1; i += 1) client.drained();
  assert.equal(names(written.join('')).filter((name) => name === 'state').length, kept);
  assert.equal(written.at(-1), 'event: lost\ndata: {"readings":1,"messages":2000}\n\n');
});

test('a reading that finds no room is counted', () => {
  const { client, written } = clientWith(1);
  client.heartbeat();
  const size = frameOf('state', '').bytes;
  client.vital(frameOf('state', 'x'.repeat(CLIENT_BYTES_MAX - size)));
  client.reading(reading('mill', { power_w: 1 }));
  client.drained();
  client.drained();
  assert.equal(written.at(-1), 'event: lost\ndata: {"readings":1,"messages":0}\n\n');
});

test('5 000 readings go out in pieces that leave room for something newer', () => {
  const { client, written } = clientWith(Number.POSITIVE_INFINITY);
  for (let n = 0; n < 5000; n += 1) client.reading(reading(`machine-${n}`, { power_w: n }));
  client.pump();
  assert.ok(written.length > 1);
  assert.ok(written.every((text) => text.length < 80_000));
  const all = written.flatMap((text) => JSON.parse(text.split('data: ')[1] ?? ''));
  assert.equal(new Set(all.map(({ device_id }) => device_id)).size, 5000);
});

const WANTS: [wants: Partial<Wants>, kind: LiveKind, device: string | null | undefined, wanted: boolean][] = [
  [{}, 'state', 'mill', true],
  [{ kinds: new Set(['reading']) }, 'state', 'mill', false],
  [{ devices: new Set(['saw']) }, 'state', 'mill', false],
  [{ devices: new Set(['saw']) }, 'state', 'saw', true],
  [{ devices: new Set(['saw']) }, 'health', undefined, true],
  [{ devices: new Set(['saw']) }, 'message', null, false],
  [{}, 'message', null, true],
];

test('who wants what', () => {
  for (const [wants, kind, device, wanted] of WANTS) {
    const client = new StreamClient(
      { write: () => true, end: () => {}, destroy: () => {} },
      { ...EVERYTHING, ...wants },
    );
    assert.equal(client.wants(kind, device), wanted, `${kind} ${device}`);
  }
});
