import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { Delivery } from '../model/delivery.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createRestSink } from './rest-sink.ts';
import { withServer } from './server-harness.ts';

const KEY = 'k3y-that-nobody-may-see';

function delivery(uid: string, text = `{"event_uid": "${uid}","ä":1}`): Delivery {
  const deviceId = uid.slice(0, uid.indexOf('-'));
  return { uid, deviceId, eventType: 'session_started', body: Buffer.from(text), attempts: 0 };
}
const BATCH = ['a-1', 'a-2', 'b-1'].map((uid) => delivery(uid));
const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  void response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));

const TEN_MINUTES_MS = 600_000;

type Reply = [status: number, body: unknown, headers?: Record<string, string>];

/** A sink that was offered batches of `offer` events, and a server that answers those with `replies` in turn. */
async function withOffer(
  offer: string | undefined,
  replies: Reply[],
  work: (
    sink: ReturnType<typeof createRestSink>,
    bodies: () => string[],
    clock: ManualClock,
  ) => Promise<void>,
): Promise<void> {
  const left = [...replies];
  const answer = (response: ServerResponse) => {
    if (response.req.url === '/odoo/ows/iot/event') {
      return json(response, 200, { status: 'ok' }, offer === undefined ? {} : { 'x-iot-batch-max': offer });
    }
    const [status, body, headers] = left.shift() ?? [500, ''];
    return json(response, status, body, headers);
  };
  await withServer(answer, async ({ url, clock, requests }) => {
    const sink = createRestSink({ baseUrl: `${url}/odoo`, apiKey: KEY, batch: true, clock });
    try {
      assert.equal(sink.batch?.limit(), null);
      assert.deepEqual(await sink.deliver(delivery('z-1')), { status: 'delivered' });
      await work(sink, () => requests.slice(1).map(({ body }) => body), clock);
      for (const { message } of requests) assert.equal(message.headers.authorization, `Bearer ${KEY}`);
    } finally {
      await sink.close();
    }
  });
}

const results = (...statuses: string[]) => ({
  status: 'ok',
  results: BATCH.map(({ uid }, i) => ({
    event_uid: uid,
    status: statuses[i],
    ...(statuses[i] === 'error' && { message: `no\nsuch ${KEY}` }),
  })),
});

test('an offer is taken up to 200 events and 1 MiB; what is no offer is none', async () => {
  const rows: [offer: string | undefined, events: number | null][] = [
    ['50', 50],
    ['200', 200],
    ['100000', 200],
    ['2', 2],
    ['1', null],
    ['0', null],
    ['-5', null],
    ['many', null],
    ['', null],
    [undefined, null],
  ];
  for (const [offer, events] of rows) {
    await withOffer(offer, [], async (sink) => {
      const limit = sink.batch?.limit();
      assert.equal(limit?.events ?? null, events, String(offer));
      if (limit) assert.equal(limit.bytes, 1024 * 1024 - '{"events":[]}'.length - limit.events);
    });
  }
});

test('without batches in its options the sink has none', async () => {
  const sink = createRestSink({ baseUrl: 'http://127.0.0.1:9', clock: new ManualClock() });
  assert.equal(sink.batch, undefined);
  await sink.close();
});

test('a batch holds the stored bytes side by side', async () => {
  await withOffer('10', [[200, results('ok', 'ok', 'ok')]], async (sink, bodies) => {
    await sink.batch?.deliver(BATCH);
    const stored = BATCH.map(({ body }) => Buffer.from(body).toString());
    assert.deepEqual(bodies(), [`{"events":[${stored.join()}]}`]);
  });
});

test('each result of a batch is the verdict of its event', async () => {
  const rows: [statuses: string[], verdicts: string[]][] = [
    [
      ['ok', 'duplicate', 'ok'],
      ['delivered', 'delivered', 'delivered'],
    ],
    [
      ['error', 'held', 'ok'],
      ['refused', 'held', 'delivered'],
    ],
    [
      ['ok', 'error', 'error'],
      ['delivered', 'refused', 'refused'],
    ],
    [
      ['error', 'ok', 'duplicate'],
      ['refused', 'delivered', 'delivered'],
    ],
  ];
  for (const [statuses, expected] of rows) {
    await withOffer('10', [[200, results(...statuses)]], async (sink) => {
      const verdicts = (await sink.batch?.deliver(BATCH)) ?? [];
      assert.deepEqual(
        verdicts.map(({ status }) => status),
        expected,
      );
      for (const verdict of verdicts) {
        if (verdict.status === 'refused') assert.equal(verdict.reason, 'Odoo refused it: no such ***');
      }
      assert.notEqual(sink.batch?.limit(), null);
    });
  }
});

test('results that do not fit the events settle nothing', async () => {
  const good = results('ok', 'ok', 'ok');
  const misfits: unknown[] = [
    { ...good, results: good.results.slice(1) },
    { ...good, results: [...good.results, good.results[0]] },
    { ...good, results: good.results.toReversed() },
    { ...good, results: [good.results[0], null, good.results[2]] },
    { ...good, results: 'ok' },
    results('ok', 'stored', 'ok'),
    results('held', 'ok', 'ok'),
    results('error', 'held', 'held'),
    { status: 'ok' },
    [],
    '',
    'true',
  ];
  for (const misfit of misfits) {
    await withOffer('10', [[200, misfit]], async (sink) => {
      const reason = 'Odoo answered a batch with something that does not fit its events.';
      const expected = BATCH.map(() => ({ status: 'away', reason }));
      assert.deepEqual(await sink.batch?.deliver(BATCH), expected, JSON.stringify(misfit));
      assert.notEqual(sink.batch?.limit(), null);
    });
  }
});

test('an answer about the batch itself sends its events again singly; an offer counts ten minutes later', async () => {
  const html = { 'content-type': 'text/html' };
  const rows: Reply[] = [
    [404, '<html>Not Found', html],
    [405, ''],
    [404, { status: 'error' }],
    [400, { status: 'error', message: 'not JSON' }],
    [422, ''],
    [200, { status: 'error', message: 'events is missing' }],
  ];
  for (const row of rows) {
    await withOffer('10', [row], async (sink, _bodies, clock) => {
      const held = BATCH.map(() => ({ status: 'held' }));
      assert.deepEqual(await sink.batch?.deliver(BATCH), held, JSON.stringify(row));
      assert.equal(sink.batch?.limit(), null);
      clock.advance(TEN_MINUTES_MS - 1);
      await sink.deliver(delivery('z-2'));
      assert.equal(sink.batch?.limit(), null);
      clock.advance(1);
      await sink.deliver(delivery('z-3'));
      assert.equal(sink.batch?.limit()?.events, 10);
    });
  }
});

test('too large: half the bytes, and half again, for good', async () => {
  const html = { 'content-type': 'text/html' };
  const replies: Reply[] = [
    [413, '<html>Request Entity Too Large', html],
    [413, ''],
  ];
  await withOffer('2', replies, async (sink, bodies) => {
    for (let i = 0; i < 2; i++) {
      const verdicts = await sink.batch?.deliver(BATCH);
      assert.deepEqual(new Set(verdicts?.map(({ status }) => status)), new Set(['held']));
      const half = Math.floor(Buffer.byteLength(bodies()[i] ?? '') / 2);
      assert.equal(sink.batch?.limit()?.bytes, half - '{"events":[]}'.length - 2);
    }
    await sink.deliver(delivery('z-2'));
    assert.ok((sink.batch?.limit()?.bytes ?? 0) < 100);
  });
});

test('what says that Odoo is away says so of the whole batch', async () => {
  const html = { 'content-type': 'text/html' };
  const rows: [Reply, RegExp, number?][] = [
    [[401, ''], /refused the key/],
    [[503, '', { 'retry-after': '7' }], /answered 503/, 7000],
    [[429, ''], /answered 429/],
    [[302, '', { location: '/web' }], /redirect/],
    [[200, '<html>Log in', html], /HTML/],
    [[200, { error: { code: 100, data: {}, message: 'Session expired' } }], /refused the key/],
    [[409, { status: 'error' }], /does not fit/],
    [[204, ''], /does not fit/],
    [[200, 'x'.repeat(2 ** 20 + 1)], /more than 1048576 bytes/],
  ];
  for (const [reply, reason, retryAfterMs] of rows) {
    await withOffer('10', [reply], async (sink) => {
      const [first, ...others] = (await sink.batch?.deliver(BATCH)) ?? [];
      assert.match(first?.status === 'away' ? first.reason : JSON.stringify(first), reason);
      assert.equal(first?.status === 'away' ? first.retryAfterMs : null, retryAfterMs);
      assert.deepEqual(others, [first, first]);
    });
  }
});
