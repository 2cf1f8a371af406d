import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createStage } from '../messages/stage.ts';
import type { KeptMessage, MessagesQuery, TopicsQuery } from '../model/message-record.ts';
import { savedMessageSchema } from '../model/saved-message.ts';
import { message } from './message-view.ts';
import { messageRoutes } from './messages.ts';
import { savedMessageRoutes } from './saved-messages.ts';
import { createTestRoutes } from './test-routes.ts';

const AT = Date.UTC(2026, 0, 31, 10);

function kept(id: number, more: Partial<KeptMessage> & { text?: string } = {}): KeptMessage {
  const { text = `{"n":${id}}`, ...fields } = more;
  const payload = Buffer.from(text);
  return {
    id,
    at: AT + id,
    brokerId: 'main',
    direction: 'in',
    topic: 'hall/light',
    deviceId: null,
    qos: 1,
    retain: false,
    bytes: payload.length,
    payload,
    properties: null,
    ...fields,
  };
}

function setUp(all: KeptMessage[] = []) {
  const stage = createStage();
  const asked: MessagesQuery[] = [];
  const topicsAsked: TopicsQuery[] = [];
  const newestFirst = all.toSorted((a, b) => b.id - a.id);
  const history = {
    async messages(query: MessagesQuery) {
      asked.push(query);
      const { before = Number.MAX_SAFE_INTEGER, limit } = query;
      const found = newestFirst.filter(({ id }) => id < before).slice(0, limit);
      const last = found.at(-1);
      return { messages: found, nextBefore: last && last.id > 1 ? last.id : null };
    },
    async topics(query: TopicsQuery) {
      topicsAsked.push(query);
      const last = newestFirst[0];
      return { topics: last ? [{ topic: last.topic, messages: 3, last }] : [], nextAfter: 'hall/light' };
    },
  };
  const routes = createTestRoutes((app, log) => {
    messageRoutes(app, { history, publisher: stage.publisher, log });
    savedMessageRoutes(app, { savedMessages: stage.savedMessages });
  });
  return { stage, asked, topicsAsked, history, ...routes };
}

test('whoever may look may read; all else asks for the full token', () => {
  for (const [route, access] of setUp().access) {
    assert.equal(access, route.startsWith('GET ') ? 'view' : 'change', route);
  }
});

test('messages are shown page by page', async () => {
  const properties = { userProperties: { a: ['1', '2'] }, contentType: 'text/plain' };
  const { call } = setUp([kept(1), kept(2, { direction: 'out', deviceId: 'mill', properties })]);
  const page = await call('GET', '/api/messages?limit=1');
  for (const one of page.body.messages) message.strict().parse(one);
  assert.deepEqual(page.body, {
    messages: [
      {
        id: 2,
        at: '2026-01-31T10:00:00.002Z',
        broker_id: 'main',
        direction: 'out',
        topic: 'hall/light',
        device_id: 'mill',
        qos: 1,
        retain: false,
        bytes: 7,
        payload: '{"n":2}',
        payload_format: 'text',
        truncated: false,
        properties: { user_properties: { a: ['1', '2'] }, content_type: 'text/plain' },
      },
    ],
    next_before: 2,
  });
  const next = await call('GET', '/api/messages?limit=1&before=2');
  assert.deepEqual([next.body.messages[0].id, next.body.next_before], [1, null]);
});

test('a search is handed on as it is asked', async () => {
  const { call, asked } = setUp();
  const query =
    'topic=hall/%2B&broker_id=hall-2&direction=in&device=mill&text=Hot&from=2026-01-01&to=2026-02-01T00:00:00Z&before=9&limit=5';
  await call('GET', `/api/messages?${query}`);
  assert.deepEqual(asked, [
    {
      topic: 'hall/+',
      brokerId: 'hall-2',
      direction: 'in',
      deviceId: 'mill',
      text: 'Hot',
      fromMs: Date.UTC(2026, 0, 1),
      toMs: Date.UTC(2026, 1, 1),
      before: 9,
      limit: 5,
    },
  ]);
  for (const bad of [
    'topic=a%23',
    'direction=up',
    'limit=501',
    'from=x',
    'from=2026-02-01&to=2026-01-01',
    'text=',
  ]) {
    for (const route of ['/api/messages', '/api/messages.csv']) {
      if (route.endsWith('csv') && bad.startsWith('limit')) continue;
      assert.equal((await call('GET', `${route}?${bad}`)).status, 422, `${route} ${bad}`);
    }
  }
});

const SHOWN: [
  payload: Buffer,
  bytes: number,
  format: string,
  text: string,
  shown: string,
  truncated: boolean,
][] = [
  [Buffer.from('é'), 2, 'auto', 'é', 'text', false],
  [Buffer.from([0xff, 0]), 2, 'auto', 'ff00', 'hex', false],
  [Buffer.from('é'), 2, 'hex', 'c3a9', 'hex', false],
  [Buffer.from([0x61, 0xff]), 2, 'text', 'a\ufffd', 'text', false],
  [Buffer.from('ab'), 9, 'auto', 'ab', 'text', true],
  [Buffer.from([0x61, 0xe2, 0x82]), 9, 'auto', 'a\ufffd', 'text', true],
  [Buffer.from([0x61, 0xe2, 0x82]), 3, 'auto', '61e282', 'hex', false],
];

test('payloads are shown as text where they are text, else as hex; a cut is said', async () => {
  for (const [payload, bytes, format, text, shown, truncated] of SHOWN) {
    const { call } = setUp([kept(1, { payload, bytes })]);
    const [one] = (await call('GET', `/api/messages?format=${format}`)).body.messages;
    assert.deepEqual([one.payload, one.payload_format, one.truncated], [text, shown, truncated]);
  }
});

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
  const { app, history, lines } = setUp();
  history.messages = () => Promise.reject(new Error('disk I/O error'));
  await assert.rejects(app.inject('/api/messages.csv'));
  assert.equal(lines.filter((line) => line.includes('messages_file_failed')).length, 1);
});

test('topics are listed with their newest message', async () => {
  const { call, topicsAsked } = setUp([kept(1)]);
  const { body } = await call('GET', '/api/topics?filter=hall/%23&limit=2&after=a');
  assert.partialDeepStrictEqual(body, {
    topics: [{ topic: 'hall/light', messages: 3 }],
    next_after: 'hall/light',
  });
  message.strict().parse(body.topics[0].last);
  assert.deepEqual(topicsAsked, [{ filter: 'hall/#', brokerId: undefined, after: 'a', limit: 2 }]);
});

test('a message is sent; 200 only when the broker confirmed it', async () => {
  const { call, stage } = setUp();
  const body = { topic: 'hall/light', payload: { on: true }, payload_format: 'json', qos: 1 };
  assert.deepEqual(await call('POST', '/api/messages', body).then((answer) => [answer.status, answer.body]), [
    200,
    {
      status: 'success',
      message: 'The broker has the message',
      id: 7,
      at: '2026-01-31T10:00:00.000Z',
      broker_id: 'main',
      topic: 'hall/light',
      note: null,
    },
  ]);
  stage.around.result = { sent: false, reason: 'there is no connection' };
  const unsent = await call('POST', '/api/messages', body);
  assert.deepEqual(
    [unsent.status, unsent.body.message],
    [503, 'The message was not sent: there is no connection'],
  );
  const faulty = await call('POST', '/api/messages', { ...body, payload: '{"on": tru}' });
  assert.deepEqual(
    [faulty.status, faulty.body.errors],
    [422, [{ path: 'payload', message: 'is not JSON: line 1, column 8: a value is expected' }]],
  );
  assert.equal(stage.around.published.length, 2);
});

test('the longest payload fits into a body, however it is written', async () => {
  const { call } = setUp();
  for (const [payload, payload_format] of [
    ['\u0001'.repeat(262_144), 'text'],
    ['00'.repeat(262_144), 'hex'],
  ]) {
    assert.equal((await call('POST', '/api/messages', { topic: 'a', payload, payload_format })).status, 200);
  }
});

test('saved messages are made, read, changed, sent and removed', async () => {
  const { call, stage } = setUp();
  const made = await call('POST', '/api/saved-messages', {
    name: 'Light on',
    topic: 'hall/light',
    payload: 'on',
  });
  assert.equal(made.status, 201, made.text);
  savedMessageSchema.strict().parse(made.body);
  const url = `/api/saved-messages/${made.body.saved_message_id}`;
  assert.equal((await call('PATCH', url, { qos: 2 })).body.qos, 2);
  assert.deepEqual((await call('GET', '/api/saved-messages')).body.saved_messages, [
    (await call('GET', url)).body,
  ]);
  assert.equal((await call('POST', '/api/saved-messages', { name: 'Light on', topic: 'a' })).status, 409);
  assert.equal((await call('POST', '/api/saved-messages', { topic: 'a' })).status, 422);
  assert.equal((await call('PATCH', url, { payload_format: 'hex' })).status, 422);
  const sent = await call('POST', `${url}/send`);
  assert.deepEqual([sent.status, sent.body.topic], [200, 'hall/light']);
  assert.deepEqual(
    stage.around.published.map(({ message: { qos } }) => qos),
    [2],
  );
  stage.around.result = { sent: false, reason: 'there is no connection' };
  assert.equal((await call('POST', `${url}/send`)).status, 503);
  assert.equal((await call('DELETE', url)).status, 200);
  const gone = [call('GET', url), call('PATCH', url, {}), call('DELETE', url), call('POST', `${url}/send`)];
  assert.deepEqual(
    await Promise.all(gone.map(async (answer) => (await answer).status)),
    [404, 404, 404, 404],
  );
});
