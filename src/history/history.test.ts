import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { EXAMPLE_OPTIONS } from '../detect/timeline.ts';
import type { Message } from '../model/message.ts';
import type { MessagesQuery } from '../model/message-record.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { historyPath, openHistory } from '../store/history-database.ts';
import { History } from './history.ts';
import { HistoryError } from './history-error.ts';

const KEEP = { messagesDays: 30, readingsDays: 90, historyBytesMax: 2 ** 31 };

/** Lets the event loop go round until `is`. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await turn();
}

function stage(t: TestContext, folder = mkdtempSync(join(tmpdir(), 'iot-bridge-history-'))) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const lines: string[] = [];
  const log = logTo({ write: (line) => lines.push(line) }, 'INFO');
  const history = new History({ clock, log, metrics, folder, keep: KEEP });
  const notices = history.start();
  t.after(async () => {
    await history.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const hear = (topic: string, payload: string | Buffer, more: Partial<Message> = {}) => {
    const message: Message = {
      topic,
      payload: Buffer.from(payload),
      receivedAt: clock.wallMs(),
      steadyAt: clock.steadyMs(),
      retained: false,
      qos: 1,
      done: () => undefined,
      ...more,
    };
    const deviceId = /^messages\/([^/]+)\//.exec(topic)?.[1] ?? null;
    return history.received(message, 'embedded', { deviceId, measured: false });
  };
  const find = async (query: Partial<MessagesQuery> = {}) => {
    const { messages } = await history.messages({ limit: 100, ...query });
    return messages;
  };
  const payloads = async (query: Partial<MessagesQuery> = {}) =>
    (await find(query)).map(({ payload }) => Buffer.from(payload).toString());
  /** A reading of the mill, now. */
  const measure = (powerW: number) => {
    const time = { receivedAt: clock.wallMs(), steadyAt: clock.steadyMs() };
    history.input('mill', { kind: 'reading', reading: { ...time, retained: false, qos: 1, powerW } });
  };
  const chart = async (fromMs: number) => {
    const toMs = clock.wallMs() + 1;
    const query = { deviceId: 'mill', fromMs, toMs, pointsMax: 10_000, gapMs: 10_000 };
    return (await history.readings(query)).points.map(({ lastW }) => lastW);
  };
  const dropped = async () => (await metrics.historyDropped.get()).values[0]?.value;
  return { clock, history, hear, find, payloads, measure, chart, dropped, folder, notices, lines };
}

test('messages come back as they were, what waits included, long payloads cut', async (t) => {
  const { clock, history, hear, find } = stage(t);
  const properties = { contentType: 'text/plain', userProperties: { a: ['1', '2'] } };
  assert.equal(hear('messages/lathe/log', 'a', { properties, retained: true, qos: 2 }), 1);
  hear('messages/saw/log', Buffer.alloc(70_000, 1));
  const outgoing = { topic: 'messages/lathe/do', payload: Buffer.from('b'), qos: 0, retain: true } as const;
  assert.equal(history.sent(outgoing, 'main', 'lathe'), 3);
  const [sent, long, first] = await find();
  assert.deepEqual(first, {
    id: 1,
    at: clock.wallMs(),
    brokerId: 'embedded',
    direction: 'in',
    topic: 'messages/lathe/log',
    deviceId: 'lathe',
    qos: 2,
    retain: true,
    bytes: 1,
    payload: new Uint8Array([97]),
    properties,
  });
  assert.deepEqual([long?.bytes, long?.payload.length], [70_000, 65_536]);
  assert.deepEqual([sent?.id, sent?.direction, sent?.brokerId, sent?.properties], [3, 'out', 'main', null]);
});

test('a new process finds everything that was stopped with, and ids go on', async (t) => {
  const first = stage(t);
  first.hear('a', '1');
  first.measure(5);
  await first.history.stop();
  await first.history.stop();
  const second = stage(t, first.folder);
  assert.deepEqual(second.notices, []);
  assert.equal(second.hear('a', '2'), 2);
  assert.deepEqual(await second.payloads(), ['2', '1']);
  assert.deepEqual(await second.chart(0), [5]);
});

test('half a second later messages are with the worker without anybody asking', async (t) => {
  const { clock, hear, history, folder } = stage(t);
  hear('a', '1');
  clock.advance(500);
  // Nothing is gathered any more: this only ends the worker, which has what it was given.
  await history.stop();
  assert.deepEqual(await stage(t, folder).payloads(), ['1']);
});

test('what waits is bounded', async (t) => {
  const { hear, find, dropped } = stage(t);
  const payload = Buffer.alloc(65_536);
  for (let i = 0; i < 600; i++) hear('a', payload);
  const lost = (await dropped()) ?? 0;
  assert.ok(lost >= 50 && lost < 120, `${lost} of 600`);
  assert.equal(hear('a', 'b'), 601);
  const [newest] = await find({ limit: 1 });
  assert.equal(newest?.id, 600 - lost);
  hear('a', 'c');
  assert.deepEqual((await find({ limit: 1 }))[0]?.id, 602);
});

test('a chart has what was measured just now; what changes nothing is not in the log', async (t) => {
  const { clock, history, measure, chart } = stage(t);
  const began = clock.wallMs();
  for (let i = 0; i < 300; i++) {
    measure(i);
    clock.advance(1000);
    if (i % 100 === 0) assert.equal((await chart(began)).length, i + 1);
  }
  const time = { receivedAt: clock.wallMs(), steadyAt: clock.steadyMs() };
  history.input('mill', { kind: 'deadline', steadyAt: clock.steadyMs() });
  history.input('mill', { kind: 'reading', reading: { ...time, retained: true, qos: 1, powerW: 9 } });
  assert.equal((await chart(began)).length, 300);
  assert.deepEqual((await chart(clock.wallMs() - 5000)).slice(0, 5), [295, 296, 297, 298, 299]);
});

test('topics are told with their newest message', async (t) => {
  const { hear, history } = stage(t);
  for (const [topic, payload] of [
    ['a/1', 'x'],
    ['b', 'y'],
    ['a/1', 'z'],
  ] as const)
    hear(topic, payload);
  const { topics } = await history.topics({ filter: 'a/+', limit: 10 });
  assert.deepEqual(
    topics.map(({ topic, messages, last }) => [topic, messages, Buffer.from(last.payload).toString()]),
    [['a/1', 2, 'z']],
  );
});

test('tasks see all that was told, and run one after the other', async (t) => {
  const { clock, history, measure } = stage(t);
  const period = { deviceId: 'mill', fromMs: clock.wallMs(), toMs: clock.wallMs() + 60_000 };
  const rest = { nowMs: period.toMs, options: EXAMPLE_OPTIONS, live: [], transitions: false };
  for (let i = 0; i < 30; i++) {
    measure(i < 20 ? 100 : 0);
    clock.advance(1000);
  }
  const runs = [1, 2].map(() => history.run('replay', { ...period, ...rest }));
  for (const { readings, sessions } of await Promise.all(runs)) {
    assert.deepEqual([readings, sessions.length], [30, 1]);
  }
  const given = history.run('replay', { ...period, ...rest }, AbortSignal.abort());
  await assert.rejects(given, { name: 'HistoryError', message: 'the computation was given up' });
});

test('a history that breaks is set aside and begun anew; the bridge goes on', async (t) => {
  const { clock, history, hear, payloads, measure, chart, folder, lines, dropped } = stage(t);
  for (let i = 0; i < 2000; i++) hear(`topic/${i}`, 'x'.repeat(500));
  await payloads();
  const path = historyPath(folder);
  // What is in the log of writes must be in the file, or the damage would be mended from there.
  const other = openHistory(path);
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  other.close();
  writeFileSync(path, Buffer.alloc(statSync(path).size, 7));
  measure(1);
  for (let i = 0; i < 50; i++) hear(`topic/${i}`, 'lost');
  await assert.rejects(payloads({ text: 'x' }), HistoryError);
  await until(() => lines.some((line) => line.includes('history_worker_failed')));
  assert.ok(((await dropped()) ?? 0) > 0);
  await assert.rejects(history.topics({ limit: 1 }), HistoryError);
  hear('after', 'kept while nobody wrote');
  clock.advance(1000);
  assert.deepEqual(await payloads(), ['kept while nobody wrote']);
  measure(2);
  assert.deepEqual(await chart(0), [2]);
  assert.ok(readdirSync(folder).some((name) => name.startsWith('history.db.corrupt-')));
  assert.ok(lines.some((line) => line.includes('store_notice')));
});
