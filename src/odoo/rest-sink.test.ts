import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Delivery, Verdict } from '../model/delivery.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createRestSink, type RestSinkOptions } from './rest-sink.ts';
import { withServer } from './server-harness.ts';

const KEY = 'k3y-that-nobody-may-see';
const TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 4096;

const DELIVERY: Delivery = {
  uid: '5f1d6b0c-5d7a-5b8e-9c3f-0a1b2c3d4e5f',
  deviceId: 'saw',
  eventType: 'session_started',
  body: Buffer.from('{"device_id":"Säge"}'),
  attempts: 0,
};

async function deliverTo(
  baseUrl: string,
  clock: ManualClock,
  over: Partial<RestSinkOptions> = {},
): Promise<Verdict> {
  const options = { apiKey: KEY, timeoutMs: TIMEOUT_MS, answerBytesMax: ANSWER_BYTES_MAX, clock };
  const sink = createRestSink({ ...options, baseUrl, ...over });
  try {
    return await sink.deliver(DELIVERY);
  } finally {
    await sink.close();
  }
}

const empty = (response: ServerResponse) => void response.end();

type Body = string | Buffer | object | null;
type Case = [name: string, status: number, body: Body, verdict: string, headers?: Record<string, string>];

const rpc = (code: number, name: string) => ({
  jsonrpc: '2.0',
  id: null,
  error: {
    code,
    message: 'Odoo Server Error',
    data: { name, message: 'it went wrong', debug: 'Traceback…' },
  },
});
const HTML = { 'content-type': 'text/html; charset=utf-8' };
/** The wall clock of the ManualClock is 2026-01-31 10:00:00. */
const CASES: Case[] = [
  ['no body', 200, '', 'delivered'],
  ['no content', 204, null, 'delivered'],
  ['blank body', 200, ' \r\n', 'delivered'],
  ['ok', 200, { status: 'ok', event_uid: DELIVERY.uid }, 'delivered'],
  ['created', 201, { id: 7 }, 'delivered'],
  ['repeat', 200, { status: 'duplicate' }, 'delivered'],
  ['repeat by status', 409, { status: 'error', message: 'have it' }, 'delivered'],
  ['repeat by status, empty', 409, '', 'delivered'],
  ['repeat with 422', 422, { status: 'duplicate' }, 'delivered'],
  ['JSON without a word', 200, 'true', 'delivered'],
  ['JSON null', 200, 'null', 'delivered'],
  ['no error said so', 200, { error: false, id: 1 }, 'delivered'],
  ['error of no words', 200, { error: '', id: 1 }, 'delivered'],
  ['error number 0', 200, { error: 0 }, 'delivered'],
  ['error number', 200, { error: 1 }, 'refused: no message'],
  ['null error', 200, { jsonrpc: '2.0', error: null, result: {} }, 'delivered'],
  ['JSON-RPC result', 200, { jsonrpc: '2.0', id: null, result: { status: 'ok' } }, 'delivered'],
  ['JSON with a byte order mark', 200, '\uFEFF{"status":"ok"}', 'delivered'],
  ['JSON-RPC error', 200, rpc(200, 'odoo.exceptions.ValidationError'), 'refused: it went wrong'],
  [
    'JSON-RPC error in a result',
    200,
    { jsonrpc: '2.0', result: { status: 'error', message: 'bad' } },
    'refused: bad',
  ],
  ['error as text', 200, { error: 'unknown device' }, 'refused: unknown device'],
  ['empty error', 200, { error: {} }, 'refused: no message'],
  ['status error', 200, { status: 'error', message: 'machine missing' }, 'refused: machine missing'],
  ['session expired', 200, rpc(100, 'odoo.http.SessionExpiredException'), 'away: ODOO_API_KEY'],
  ['session expired by name', 200, rpc(200, 'odoo.http.SessionExpiredException'), 'away: ODOO_API_KEY'],
  ['access denied', 200, rpc(200, 'odoo.exceptions.AccessDenied'), 'away: ODOO_API_KEY'],
  ['database gone', 200, rpc(200, 'psycopg2.OperationalError'), 'away: database failed'],
  ['serialisation failure', 200, rpc(200, 'psycopg2.errors.SerializationFailure'), 'away: database failed'],
  ['JSON-RPC not found', 200, rpc(404, 'werkzeug.exceptions.NotFound'), 'away: 404'],
  ['text', 200, 'OK', 'away: not JSON', { 'content-type': 'text/plain' }],
  ['half of a JSON', 200, '{"status":"o', 'away: not JSON'],
  ['invalid UTF-8', 200, Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'away: not JSON'],
  ['gzip unasked', 200, gzipSync('{}'), 'away: not JSON', { 'content-encoding': 'gzip' }],
  ['HTML by type', 200, 'welcome', 'away: HTML', HTML],
  ['HTML by look', 200, '\n <!doctype html>', 'away: HTML', { 'content-type': 'application/json' }],
  ['HTML with 400', 400, '<html>Bad Request', 'away: HTML', HTML],
  ['HTML with 409', 409, '<html>Conflict', 'away: HTML', HTML],
  ['wrong key', 401, '<html>Unauthorized', `away: Odoo refused the key (401). Check ODOO_API_KEY.`, HTML],
  ['no rights', 403, { error: 'forbidden' }, `away: Odoo refused the key (403). Check ODOO_API_KEY.`],
  ['redirect', 301, '', 'away: redirect', { location: '/web' }],
  ['not modified', 304, null, 'away: redirect'],
  ['bad request', 400, { status: 'error', message: 'ts is missing' }, 'refused: ts is missing'],
  ['bad request, no body', 400, '', 'refused: Odoo answered 400.'],
  ['bad request, text', 400, 'too old', 'refused: too old', { 'content-type': 'text/plain' }],
  ['unprocessable', 422, { error: { message: 'no such field' } }, 'refused: no such field'],
  ['gone', 410, {}, 'refused: Odoo answered 410.'],
  ['too large', 413, '', 'refused: Odoo answered 413.'],
  ['upgrade', 404, {}, 'away: 404'],
  ['method', 405, {}, 'away: 405'],
  ['request time-out', 408, '', 'away: 408'],
  ['too early', 425, '', 'away: 425'],
  ['too many', 429, '', 'away: 429 after 7000', { 'retry-after': '7' }],
  ['server error', 500, { error: 'oops' }, 'away: 500'],
  ['bad gateway', 502, '<html>nginx', 'away: HTML after 60000', { ...HTML, 'retry-after': '60' }],
  ['maintenance', 503, '', 'away: 503 after 120000', { 'retry-after': 'Sat, 31 Jan 2026 10:02:00 GMT' }],
  ['maintenance over', 503, '', 'away: 503 after 0', { 'retry-after': 'Sat, 31 Jan 2026 09:00:00 GMT' }],
  ['senseless Retry-After', 503, '', 'away: 503', { 'retry-after': 'soon' }],
  ['negative Retry-After', 503, '', 'away: 503', { 'retry-after': '-5' }],
  ['huge answer', 200, Buffer.alloc(ANSWER_BYTES_MAX + 1, 0x20), 'away: more than 4096 bytes'],
  ['answer of the largest size', 200, Buffer.alloc(ANSWER_BYTES_MAX, 0x20), 'delivered'],
  ['endless message', 400, { message: `x\n\u001b[31m${'y'.repeat(3000)}` }, 'refused: x [31my'],
  ['deep message', 400, `${'{"error":'.repeat(300)}1${'}'.repeat(300)}`, 'refused: Odoo answered 400.'],
  ['the key in the answer', 400, { message: `bad Bearer ${KEY}` }, 'refused: bad Bearer ***'],
];

function assertVerdict(verdict: Verdict, expected: string, name: string): void {
  const [, status, said = '', afterMs] = /^(\w+)(?:: (.*?))?(?: after (\d+))?$/.exec(expected) ?? [];
  assert.equal(verdict.status, status, `${name}: ${JSON.stringify(verdict)}`);
  if (verdict.status === 'delivered') return;
  assert.ok(verdict.reason.includes(said), `${name}: ${verdict.reason}`);
  assert.ok(verdict.reason.length <= 300 && !verdict.reason.includes(KEY), name);
  assert.doesNotMatch(verdict.reason, /\p{Cc}/u, name);
  if (verdict.status === 'away') {
    assert.equal(verdict.retryAfterMs, afterMs === undefined ? undefined : Number(afterMs), name);
  }
}

test('each answer of Odoo has its verdict', async () => {
  for (const [name, status, body, expected, headers] of CASES) {
    const bytes =
      body === null || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const answer = (response: ServerResponse) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(bytes ?? undefined);
    };
    await withServer(answer, async ({ url, clock }) => {
      assertVerdict(await deliverTo(url, clock), expected, name);
    });
  }
});

test('every fault of the network means away', async () => {
  const cases: [string, (response: ServerResponse, clock: ManualClock) => void, RegExp][] = [
    ['no answer', (_response, clock) => clock.advance(TIMEOUT_MS), /did not answer within 30 s/],
    [
      'a body that drips',
      (response, clock) => {
        response.writeHead(200);
        const drip = () => {
          if (response.destroyed) return;
          response.write(' ');
          clock.advance(TIMEOUT_MS / 10);
          setImmediate(drip);
        };
        drip();
      },
      /did not answer within 30 s/,
    ],
    ['dropped before the answer', (response) => response.socket?.destroy(), /dropped the connection/],
    [
      'dropped within the answer',
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{', () => response.socket?.destroy());
      },
      /dropped the connection/,
    ],
    ['not HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n'), /not HTTP/],
  ];
  for (const [name, answer, reason] of cases) {
    await withServer(answer, async ({ url, clock }) => {
      const verdict = await deliverTo(url, clock);
      assert.equal(verdict.status, 'away', name);
      assert.match(verdict.status === 'away' ? verdict.reason : '', reason, name);
    });
  }
});

test('an answer one millisecond before the deadline is in time', async () => {
  await withServer(
    (response, clock) => {
      clock.advance(TIMEOUT_MS - 1);
      response.end('{}');
    },
    async ({ url, clock }) => assert.deepEqual(await deliverTo(url, clock), { status: 'delivered' }),
  );
});

test('an Odoo that is not there means away, with a reason that helps', async () => {
  const free = createTcpServer();
  await new Promise<void>((resolve) => void free.listen(0, '127.0.0.1', resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => void free.close(resolve));
  const cases: [string, RegExp][] = [
    [`http://127.0.0.1:${port}`, /127\.0\.0\.1:\d+\) refused the connection/],
    ['http://odoo.invalid:8069', /odoo\.invalid:8069\) was not found/],
  ];
  for (const [url, reason] of cases) {
    const verdict = await deliverTo(url, new ManualClock());
    assert.match(verdict.status === 'away' ? verdict.reason : '', reason, JSON.stringify(verdict));
  }
});

test('the request carries the bytes, the key and the id, and asks for no compression', async () => {
  await withServer(empty, async ({ url, clock, requests }) => {
    await deliverTo(`${url}/odoo/`, clock, { database: 'workshop' });
    await deliverTo(url, clock, { apiKey: undefined });
    const [first, second] = requests;
    const headers = first?.message.headers ?? {};
    assert.deepEqual([first?.message.method, first?.message.url], ['POST', '/odoo/ows/iot/event']);
    assert.equal(first?.body, '{"device_id":"Säge"}');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers.authorization, `Bearer ${KEY}`);
    assert.equal(headers['idempotency-key'], DELIVERY.uid);
    assert.equal(headers['x-odoo-database'], 'workshop');
    assert.equal(headers['user-agent'], 'odoo-iot-bridge');
    assert.equal(headers['accept-encoding'], undefined);
    assert.equal(second?.message.url, '/ows/iot/event');
    assert.equal(second?.message.headers.authorization, undefined);
    assert.equal(second?.message.headers['x-odoo-database'], undefined);
  });
});

test('a redirect to another host is not followed: it gets neither the event nor the key', async () => {
  await withServer(
    (response) => void response.end('{}'),
    async (other) => {
      for (const status of [301, 302, 303, 307, 308]) {
        const answer = (response: ServerResponse) =>
          void response.writeHead(status, { location: `${other.url}/ows/iot/event` }).end();
        await withServer(answer, async ({ url, clock, requests }) => {
          assertVerdict(await deliverTo(url, clock), 'away: redirect', String(status));
          assert.equal(requests.length, 1);
        });
      }
      assert.equal(other.requests.length, 0);
    },
  );
});

test('a sink that was closed answers away, and closes once', async () => {
  const sink = createRestSink({ baseUrl: 'http://127.0.0.1:9', clock: new ManualClock() });
  await Promise.all([sink.close(), sink.close()]);
  assert.equal((await sink.deliver(DELIVERY)).status, 'away');
});

test('a key that no header can carry is a fault of the exchange, not of the program', async () => {
  const verdict = await deliverTo('http://127.0.0.1:9', new ManualClock(), { apiKey: 'line\nbreak' });
  assert.equal(verdict.status, 'away');
});
