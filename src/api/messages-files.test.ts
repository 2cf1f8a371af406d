import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { HistoryError } from '../history/history-error.ts';
import { message } from './message-view.ts';
import { kept, setUp } from './test-messages.ts';

test('a file holds the whole search, page by page, each message once', async () => {
  const count = 1203;
  const { app, asked } = setUp(Array.from({ length: count }, (_, n) => kept(n + 1)));
  const answer = await app.inject('/api/messages.jsonl?topic=hall/%23');
  const lines = answer.body.split('\n');
  assert.equal(lines.pop(), '');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).id),
    Array.from({ length: count }, (_, n) => count - n),
  );
  message.strict().parse(JSON.parse(lines[0] ?? ''));
  assert.deepEqual(
    asked.map(({ before, limit, topic }) => [before, limit, topic]),
    [
      [undefined, 500, 'hall/#'],
      [704, 500, 'hall/#'],
      [204, 500, 'hall/#'],
    ],
  );
  assert.equal(answer.headers['content-type'], 'application/jsonl; charset=utf-8');
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="messages.jsonl"');
});

test('CSV has a head, and nothing that a spreadsheet would run', async () => {
  const { app } = setUp([
    kept(1, { text: '=cmd|"/c calc"!A1', topic: '@SUM(A1)', properties: { contentType: 'x' } }),
  ]);
  const { body } = await app.inject('/api/messages.csv');
  assert.deepEqual(body.split('\r\n'), [
    'id,at,broker_id,direction,topic,device_id,qos,retain,bytes,payload,payload_format,truncated,properties',
    `1,2026-01-31T10:00:00.001Z,main,in,'@SUM(A1),,1,false,17,"'=cmd|""/c calc""!A1",text,false,"{""content_type"":""x""}"`,
    '',
  ]);
});

test('pages are asked for as the reader takes them, and no more when it goes away', async () => {
  const text = 'x'.repeat(1000);
  const { app, asked } = setUp(Array.from({ length: 20_000 }, (_, n) => kept(n + 1, { text })));
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const abort = new AbortController();
  const { body } = await fetch(`http://127.0.0.1:${port}/api/messages.jsonl`, { signal: abort.signal });
  const reader = body?.getReader();
  await reader?.read();
  let before = -1;
  // Until the buffers on the way are full and nothing more is asked for.
  for (let quiet = 0; quiet < 200; quiet = asked.length === before ? quiet + 1 : 0) {
    before = asked.length;
    await setImmediate();
  }
  assert.ok(asked.length < 30, `${asked.length} of 40 pages`);
  abort.abort();
  await app.close();
  assert.equal(asked.length, before);
});

test('a history that fails in the middle cuts the download and says so in the log', async () => {
  const { app, history, lines } = setUp(Array.from({ length: 501 }, (_, n) => kept(n + 1)));
  const { messages } = history;
  history.messages = (query) =>
    query.before ? Promise.reject(new Error('disk I/O error')) : messages.call(history, query);
  await assert.rejects(app.inject('/api/messages.csv'));
  assert.equal(lines.filter((line) => line.includes('messages_file_failed')).length, 1);
});

test('a history that cannot be read just now is a 503 with the reason', async () => {
  const { call, history } = setUp();
  history.messages = () => Promise.reject(new HistoryError('try again in a while'));
  history.topics = () => Promise.reject(new HistoryError('try again in a while'));
  for (const url of ['messages', 'topics', 'messages.jsonl', 'messages.csv']) {
    const { status, body } = await call('GET', `/api/${url}`);
    assert.deepEqual([status, body.message], [503, 'There is no answer: try again in a while'], url);
  }
});

test('the pages of a narrow search may be empty, and a file has one head all the same', async () => {
  const { app, history } = setUp();
  history.messages = async ({ before = 4 }) => ({
    messages: before === 2 ? [kept(1)] : [],
    nextBefore: before > 1 ? before - 1 : null,
  });
  const lines = async (url: string) => (await app.inject(url)).body.trimEnd().split(/\r?\n/);
  assert.deepEqual(
    (await lines('/api/messages.csv')).map((line) => line.split(',')[0]),
    ['id', '1'],
  );
  assert.equal((await lines('/api/messages.jsonl')).length, 1);
});
