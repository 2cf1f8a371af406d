import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../model/message.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { openMemoryHistory } from '../store/history-database.ts';
import { messageHistoryTable } from '../store/message-history.ts';
import { MessageHistory } from './history.ts';

function stage() {
  const clock = new ManualClock();
  const table = messageHistoryTable(openMemoryHistory());
  const metrics = createMetrics();
  const log = logTo({ write: () => undefined }, 'ERROR');
  let failing = false;
  const append: typeof table.append = (...args) => {
    if (failing) throw new Error('disk full');
    table.append(...args);
  };
  const history = new MessageHistory({ table: { append }, clock, log, metrics });
  const hear = (topic: string, payload: string | Buffer, measured = false) => {
    const message: Message = {
      topic,
      payload: Buffer.from(payload),
      receivedAt: clock.wallMs(),
      steadyAt: clock.steadyMs(),
      retained: false,
      qos: 1,
      done: () => undefined,
    };
    history.received(message, 'embedded', measured);
  };
  return {
    clock,
    table,
    history,
    hear,
    fail: (on: boolean) => {
      failing = on;
    },
    dropped: async () => (await metrics.historyDropped.get()).values[0]?.value,
  };
}

test('messages are on disk half a second later, long payloads cut', () => {
  const { clock, table, hear, history } = stage();
  hear('messages/lathe/log', 'a');
  hear('messages/saw/log', Buffer.alloc(70_000, 1));
  history.sent({ topic: 'messages/lathe/do', payload: Buffer.from('b'), qos: 0, retain: true }, 'embedded');
  assert.equal([...table.list({})].length, 0);
  clock.advance(500);
  assert.deepEqual(
    [...table.list({})].map(({ topic, direction, deviceId, bytes, payload }) => [
      topic,
      direction,
      deviceId,
      bytes,
      payload.length,
    ]),
    [
      ['messages/lathe/do', 'out', 'lathe', 1, 1],
      ['messages/saw/log', 'in', 'saw', 70_000, 65_536],
      ['messages/lathe/log', 'in', 'lathe', 1, 1],
    ],
  );
  const topics = (filter: Parameters<typeof table.list>[0]) => [...table.list(filter)].map(({ id }) => id);
  assert.deepEqual(topics({ deviceId: 'lathe' }), [3, 1]);
  assert.deepEqual(topics({ direction: 'out' }), [3]);
  assert.deepEqual(topics({ topic: 'messages/saw/log' }), [2]);
  assert.deepEqual(topics({ topicPrefix: 'messages/lathe' }), [3, 1]);
  assert.deepEqual(topics({ beforeId: 3 }), [2, 1]);
});

test('of a topic that a machine is measured on the last hundred stay, of others all', () => {
  const { table, hear, history } = stage();
  for (let i = 0; i < 450; i++) {
    hear('messages/lathe/power', String(i), true);
    hear('messages/lathe/log', String(i));
    if (i % 50 === 49) history.flush();
  }
  const kept = [...table.list({ topic: 'messages/lathe/power' })];
  assert.ok(kept.length >= 100 && kept.length < 200, String(kept.length));
  assert.equal(Buffer.from(kept[0]?.payload ?? []).toString(), '449');
  assert.equal([...table.list({ topic: 'messages/lathe/log' })].length, 450);
});

test('a disk that takes nothing costs messages of the history and nothing else', async () => {
  const { clock, table, hear, fail, dropped } = stage();
  fail(true);
  hear('messages/lathe/log', 'a');
  clock.advance(500);
  assert.equal(await dropped(), 1);
  fail(false);
  hear('messages/lathe/log', 'b');
  clock.advance(500);
  assert.equal([...table.list({})].length, 1);
});

test('what waits for the disk is bounded', async () => {
  const { clock, table, hear, dropped } = stage();
  for (let i = 0; i < 600; i++) hear('messages/lathe/log', Buffer.alloc(65_536));
  assert.equal(await dropped(), 600 - 512);
  clock.advance(500);
  assert.equal([...table.list({})].length, 512);
});

test('the oldest go: by age, and by size', () => {
  const { clock, table, hear, history } = stage();
  const beganMs = clock.wallMs();
  for (let i = 0; i < 200; i++) {
    hear('messages/lathe/log', Buffer.alloc(10_000));
    clock.advance(1000);
  }
  history.flush();
  assert.equal(table.prune(beganMs + 50_000, 1e9, 30), 30);
  assert.equal(table.prune(beganMs + 50_000, 1e9, 30), 20);
  assert.equal(table.prune(beganMs + 50_000, 1e9, 30), 0);
  while (table.prune(0, 1_000_000, 10) > 0);
  const left = [...table.list({})];
  assert.ok(left.length > 50 && left.length <= 100, String(left.length));
  assert.equal(left[0]?.id, 200);
});
