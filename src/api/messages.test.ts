import assert from 'node:assert/strict';
import { test } from 'node:test';
import { savedMessageSchema } from '../model/saved-message.ts';
import { message } from './message-view.ts';
import { kept, setUp } from './test-messages.ts';

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
