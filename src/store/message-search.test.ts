import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KeptMessage, MessagesQuery } from '../model/message-record.ts';
import { topicMatches } from '../model/topic.ts';
import { openMemoryHistory } from './history-database.ts';
import { MessageHistoryTable, type MessageRow, type MessageSource } from './message-history.ts';
import { MessageSearch } from './message-search.ts';

type Written = Pick<KeptMessage, 'id' | 'at' | 'topic' | 'brokerId' | 'direction' | 'deviceId' | 'payload'>;

function stage() {
  const database = openMemoryHistory();
  const table = new MessageHistoryTable(database);
  const search = new MessageSearch(database);
  const write = (messages: readonly Written[]) => {
    const sources: MessageSource[] = [];
    const places = new Map<string, number>();
    const rows = messages.map(({ id, at, payload, topic, brokerId, direction, deviceId }): MessageRow => {
      const name = JSON.stringify([topic, brokerId, direction, deviceId]);
      const source = places.get(name) ?? sources.length;
      if (source === sources.length) sources.push({ topic, brokerId, direction, deviceId, measured: false });
      places.set(name, source);
      return { id, at, source, qos: 0, retain: false, bytes: payload.length, payload, properties: null };
    });
    database.transaction(() => table.append(sources, rows));
  };
  /** All pages after one another. */
  const all = (query: Omit<MessagesQuery, 'limit'>, limit: number): number[] => {
    const ids: number[] = [];
    let before: number | undefined;
    for (;;) {
      const page = search.find({ ...query, limit, before });
      ids.push(...page.messages.map(({ id }) => id));
      if (page.nextBefore === null) return ids;
      before = page.nextBefore;
    }
  };
  return { database, table, search, write, all };
}

function isFound(message: Written, query: Omit<MessagesQuery, 'limit'>): boolean {
  const { topic, brokerId, direction, deviceId, text, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER } = query;
  const texts = [Buffer.from(message.payload).toString(), message.topic];
  return (
    (topic === undefined || topicMatches(topic, message.topic)) &&
    (brokerId === undefined || brokerId === message.brokerId) &&
    (direction === undefined || direction === message.direction) &&
    (deviceId === undefined || deviceId === message.deviceId) &&
    (text === undefined || texts.some((one) => one.toLowerCase().includes(text.toLowerCase()))) &&
    message.at >= fromMs &&
    message.at < toMs
  );
}

const topics = ['a', 'a/b', 'a/b/c', 'ab', 'a/[x]/*', 'A/B', '$SYS/a', 'cửa/mở', '/a'];
const filters = ['#', '+', 'a/#', 'a/+', '+/b', '+/b/#', 'a/[x]/+', '+/mở', '$SYS/#', '/+', ...topics];
const payloads = ['', 'Door OPEN', 'door\u0000open', 'CỬA Đã Mở', '{"power": 12.5}', '\u00ff%_'];
const texts = ['OPEN', 'open', 'đã mở', 'A/B', '%', '_', 'r\u0000O', 'power": 1', 'absent'];
const written = fc
  .array(
    fc.record({
      topic: fc.constantFrom(...topics),
      brokerId: fc.constantFrom('main', 'embedded'),
      direction: fc.constantFrom('in', 'out'),
      deviceId: fc.constantFrom(null, 'mill', 'saw'),
      // The clock may be stepped back.
      at: fc.integer({ min: 0, max: 100 }).map((hours) => hours * 3_600_000),
      payload: fc.constantFrom(...payloads).map((text) => new Uint8Array(Buffer.from(text))),
    }),
    { maxLength: 60 },
  )
  .map((list) => list.map((message, i): Written => ({ ...message, id: i * 3 + 1 })));
const some = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const hour = fc.option(
  fc.integer({ min: 0, max: 100 }).map((n) => n * 3_600_000),
  { nil: undefined },
);
const query = fc.record({
  topic: some(filters),
  brokerId: some(['main', 'embedded', 'other']),
  direction: some(['in', 'out'] as const),
  deviceId: some(['mill', 'saw', 'other']),
  text: some(texts),
  fromMs: hour,
  toMs: hour,
});

test('a search finds what matches, newest first, whatever the pages', () => {
  fc.assert(
    fc.property(
      written,
      fc.nat(60),
      fc.array(query, { minLength: 1, maxLength: 8 }),
      (messages, cut, queries) => {
        const { database, write, all } = stage();
        write(messages.slice(0, cut));
        write(messages.slice(cut));
        for (const one of queries) {
          const expected = messages.filter((message) => isFound(message, one)).map(({ id }) => id);
          for (const limit of [3, 100]) assert.deepEqual(all(one, limit), expected.toReversed());
        }
        database.close();
      },
    ),
    { seed: 4, numRuns: 200 },
  );
});

test('many topics that match, and pages that are cut for the work they are', () => {
  const { write, all, search } = stage();
  const messages = Array.from({ length: 24_000 }, (_, i): Written => {
    const topic = `site/${i % 6000}/${i % 500 === 0 ? 'alarm' : 'log'}`;
    const payload = new Uint8Array(Buffer.from(i === 5 ? 'needle' : 'hay'));
    return { id: i + 1, at: i, topic, brokerId: 'main', direction: 'in', deviceId: null, payload };
  });
  write(messages);
  const queries: Omit<MessagesQuery, 'limit'>[] = [
    { topic: 'site/+/log' },
    { topic: 'site/+/alarm' },
    { topic: 'site/1/+' },
    { topic: 'site/#', brokerId: 'main', fromMs: 23_000 },
    { text: 'Needle' },
    { topic: 'site/+/log', text: 'needle' },
  ];
  for (const one of queries) {
    const expected = messages.filter((message) => isFound(message, one)).map(({ id }) => id);
    assert.deepEqual(all(one, 5000), expected.toReversed(), JSON.stringify(one));
  }
  const { messages: none, nextBefore } = search.find({ text: 'needle', limit: 10 });
  assert.deepEqual([none.length, nextBefore !== null && nextBefore > 10_000], [0, true]);
});

test('the topics, each with its count and newest message', () => {
  const { write, search } = stage();
  const payload = new Uint8Array();
  write(
    ['b/1', 'a/2', 'b/1', 'c', 'b/2', 'b/1'].map((topic, i) => {
      const brokerId = i === 5 ? 'main' : 'embedded';
      return { id: i + 1, at: 0, topic, brokerId, direction: 'in', deviceId: null, payload };
    }),
  );
  const told = (filter?: string, more: { brokerId?: string; after?: string; limit?: number } = {}) => {
    const { topics: found, nextAfter } = search.topics({ filter, limit: 10, ...more });
    return [found.map(({ topic, messages, last }) => `${topic} ${messages} ${last.id}`), nextAfter];
  };
  assert.deepEqual(told(), [['a/2 1 2', 'b/1 3 6', 'b/2 1 5', 'c 1 4'], null]);
  assert.deepEqual(told('b/+'), [['b/1 3 6', 'b/2 1 5'], null]);
  assert.deepEqual(told('#', { brokerId: 'embedded', limit: 2 }), [['a/2 1 2', 'b/1 2 3'], 'b/1']);
  assert.deepEqual(told('#', { after: 'b/1' }), [['b/2 1 5', 'c 1 4'], null]);
});
