import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryHistory } from '../store/history-database.ts';
import { MessageHistoryTable, type MessageRow } from '../store/message-history.ts';
import { MessageSearch } from '../store/message-search.ts';
import { ReadingChunksTable } from '../store/reading-chunks.ts';
import { MINUTE_MS, readingMinutesTable } from '../store/reading-minutes.ts';
import type { Keep } from './protocol.ts';
import { Pruning } from './pruning.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 0, 31, 10);

/** A history with `perDay` messages of `bytes`, chunks and minutes of each of `days` days. */
function stage(keep: Partial<Keep>, days: number, { perDay = 10, bytes = 100, devices = 1 } = {}) {
  const database = openMemoryHistory();
  const messages = new MessageHistoryTable(database);
  const chunks = new ReadingChunksTable(database);
  const minutes = readingMinutesTable(database);
  const source = { brokerId: 'main', direction: 'in', deviceId: null, measured: false } as const;
  let id = 0;
  database.transaction(() => {
    for (let day = days; day >= 1; day--) {
      const at = NOW - day * DAY_MS;
      const rows = Array.from({ length: perDay }, (_, i): MessageRow => {
        id += 1;
        const payload = new Uint8Array(bytes);
        return { id, source: 0, at: at + i, qos: 0, retain: false, bytes, payload, properties: null };
      });
      messages.append([{ ...source, topic: `day/${day}` }], rows);
      for (let d = 0; d < devices; d++) {
        const device = chunks.addDevice(`device-${d}`);
        const data = new Uint8Array(bytes);
        chunks.add(device, { fromAt: at, toAt: at + 1000, lost: false, inputs: 1, data });
        const sums = { readings: 1, minW: 1, maxW: 1, lastW: 1, energyWs: 60, heldMs: MINUTE_MS };
        minutes.add(device, [{ minute: Math.floor(at / MINUTE_MS), energyTotalKwh: null, ...sums }]);
      }
    }
  });
  const pruning = new Pruning(database, {
    messagesDays: 30,
    readingsDays: 90,
    historyBytesMax: 2 ** 40,
    ...keep,
  });
  const count = (table: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
  const counts = () => ({
    messages: count('messages'),
    chunks: count('reading_chunks'),
    minutes: count('reading_minutes'),
  });
  /** Steps until there is nothing to do. @returns how many */
  const prune = (nowMs = NOW) => {
    let steps = 1;
    while (pruning.step(nowMs)) {
      steps += 1;
      assert.ok(steps < 10_000, 'it never ends');
    }
    return steps;
  };
  const usedBytes = () => {
    const number = (pragma: string) =>
      Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
    return { used: (number('page_count') - number('freelist_count')) * 4096, free: number('freelist_count') };
  };
  return { database, counts, prune, usedBytes, search: new MessageSearch(database) };
}

test('each kind goes when it is too old', () => {
  const { counts, prune, search } = stage({ messagesDays: 3, readingsDays: 10 }, 60);
  prune();
  // Of readings whole chunks go, up to a day late.
  assert.deepEqual(counts(), { messages: 30, chunks: 11, minutes: 40 });
  const { topics } = search.topics({ limit: 100 });
  assert.deepEqual(
    topics.map(({ topic, messages }) => `${topic} ${messages}`),
    ['day/1 10', 'day/2 10', 'day/3 10'],
  );
  prune(NOW + 100 * DAY_MS);
  assert.deepEqual(counts(), { messages: 0, chunks: 0, minutes: 0 });
});

test('ids go on when everything was pruned', () => {
  const { database, prune } = stage({ messagesDays: 1 }, 5);
  prune(NOW + 10 * DAY_MS);
  assert.equal(database.prepare('SELECT max(last_id) AS id FROM message_blocks').get()?.id, 50);
});

test('one step is small, however much there is to do', () => {
  const { counts, prune } = stage({ messagesDays: 1 }, 20, { perDay: 500, devices: 50 });
  assert.ok(prune() >= 18);
  assert.equal(counts().messages, 500);
});

test('above the most bytes, what has used up most of its retention goes first', () => {
  const bytesMax = 600_000;
  const { counts, prune, usedBytes } = stage({ historyBytesMax: bytesMax }, 30, { perDay: 20, bytes: 2000 });
  assert.ok(usedBytes().used > 2 * bytesMax);
  prune();
  const { messages, chunks, minutes } = counts();
  assert.ok(usedBytes().used <= bytesMax, `${usedBytes().used} bytes`);
  assert.ok(messages >= 120 && messages < 300, `${messages} messages`);
  // Readings are kept three times as long, so theirs are the days that messages no longer have.
  assert.ok(chunks > (messages / 20) * 2, `${chunks} chunks, ${messages} messages`);
  assert.equal(minutes, 30);
  assert.ok(usedBytes().free <= 500, 'freed pages go back to the disk');
});

test('readings alone are bounded, too', () => {
  const bytesMax = 400_000;
  const sizes = { perDay: 0, bytes: 3900, devices: 20 };
  const { counts, prune, usedBytes } = stage({ historyBytesMax: bytesMax }, 20, sizes);
  prune();
  assert.ok(usedBytes().used <= bytesMax);
  assert.ok(counts().chunks > 40, String(counts().chunks));
});
