import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthSchema } from './schemas.ts';
import { createTestApi, FULL_TOKEN, TOKEN_HINT, VIEW_TOKEN } from './test-api.ts';

type Scenario = {
  name: string;
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  url: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  status: number;
  has?: string[];
  hasNot?: string[];
};

const JSON_TYPE = { 'content-type': 'application/json' };
const push = { method: 'POST', url: '/config' } as const;
const SECRETS = [FULL_TOKEN, VIEW_TOKEN, TOKEN_HINT];

const FAULTS: Scenario[] = [
  { name: 'no such page', url: '/nope?x=1', status: 404, has: ['GET /nope;'], hasNot: ['x=1'] },
  { name: 'no such method', method: 'DELETE', url: '/config', status: 404, has: ['DELETE /config'] },
  { name: 'a path that cannot be read', url: '/%ZZ', status: 400, has: ['not a valid URL path'] },
  { name: 'not JSON', ...push, headers: JSON_TYPE, body: '{"devices": [', status: 400, has: ['not JSON'] },
  { name: 'an empty body', ...push, headers: JSON_TYPE, body: '', status: 400, has: ['empty'] },
  { name: 'no body at all', ...push, status: 400, has: ['empty'] },
  {
    name: 'not UTF-8',
    ...push,
    headers: JSON_TYPE,
    body: Buffer.from([0x22, 0xff, 0x22]),
    status: 400,
    has: ['UTF-8'],
  },
  {
    name: 'a prototype key',
    ...push,
    headers: JSON_TYPE,
    body: '{"__proto__":{"x":1}}',
    status: 400,
    has: ['__proto__'],
  },
  {
    name: 'a hidden prototype key',
    ...push,
    headers: JSON_TYPE,
    body: '{"\\u005f_proto__":{}}',
    status: 400,
  },
  {
    name: 'a constructor key',
    ...push,
    headers: JSON_TYPE,
    body: '{"a":{"constructor":{"prototype":{}}}}',
    status: 400,
  },
  {
    name: 'text',
    ...push,
    headers: { 'content-type': 'text/plain' },
    body: '{}',
    status: 415,
    has: ['application/json'],
  },
  {
    name: 'a form',
    ...push,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=1',
    status: 415,
  },
  {
    name: 'a login that is too large',
    method: 'POST',
    url: '/api/login',
    headers: JSON_TYPE,
    body: JSON.stringify({ token: 'x'.repeat(70_000) }),
    status: 413,
    has: ['65536 bytes'],
    hasNot: ['xxx'],
  },
  { name: 'limit 0', url: '/api/devices?limit=0', status: 422, has: ['"path":"limit"'] },
  { name: 'limit 501', url: '/api/sessions?limit=501', status: 422, has: ['"path":"limit"'] },
  { name: 'limit 1e9', url: '/api/events?limit=1e9', status: 422, has: ['whole number'] },
  { name: 'limit twice', url: '/api/events?limit=1&limit=2', status: 422, has: ['"path":"limit"'] },
  { name: 'an unknown state', url: '/api/devices?state=__proto__', status: 422, has: ['"path":"state"'] },
  { name: 'two faults', url: '/api/events?state=x&before=y', status: 422, has: ['"state"', '"before"'] },
  {
    name: 'a time that is none',
    url: '/api/sessions?from=yesterday',
    status: 422,
    has: ['2026-01-31T10:30:00Z'],
  },
  { name: 'a day that is none', url: '/api/sessions?from=2026-02-30', status: 422, has: ['"path":"from"'] },
  {
    name: 'to before from',
    url: '/api/sessions?from=2026-02-02&to=2026-02-01',
    status: 422,
    has: ['later than from'],
  },
  { name: 'open that is neither', url: '/api/sessions?open=1', status: 422, has: ['"path":"open"'] },
  { name: 'a cursor that is none', url: '/api/sessions?cursor=abc', status: 422, has: ['"path":"cursor"'] },
  {
    name: 'a time zone that is none',
    url: '/api/sessions.csv?time_zone=Mars/Base',
    status: 422,
    has: ['Europe/Berlin'],
  },
  { name: 'no such device', url: '/api/devices/nobody', status: 404, has: ['no device'] },
  { name: 'a device named like a prototype', url: '/api/devices/__proto__', status: 404 },
  { name: 'no such event', url: '/api/events/1', status: 404, has: ['no such event'] },
  { name: 'a retry of nothing', method: 'POST', url: '/api/events/1/retry', status: 404 },
  { name: 'a path that is too long', url: `/api/devices/${'x'.repeat(2000)}`, status: 414 },
];

test('every fault has the same shape, the right status, and no secret', async () => {
  for (const { name, method = 'GET', url, headers = {}, body, status, has = [], hasNot = [] } of FAULTS) {
    const { app, lines, around } = createTestApi();
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${FULL_TOKEN}`, ...headers },
      ...(body !== undefined && { payload: body }),
    });
    assert.equal(answer.statusCode, status, `${name}: ${answer.body}`);
    const { status: word, message, errors, ...more } = answer.json();
    assert.deepEqual(
      [word, typeof message, Array.isArray(errors), more],
      ['error', 'string', true, {}],
      name,
    );
    for (const text of has) assert.ok(answer.body.includes(text), `${name}: ${answer.body}`);
    for (const text of [...hasNot, ...SECRETS])
      assert.ok(!answer.body.includes(text), `${name}: ${answer.body}`);
    assert.ok(!lines.join('').includes('"level":"error"'), name);
    assert.deepEqual(around.pushed, [], name);
    await app.close();
  }
});

test('what goes wrong inside is told to the log, not to the caller', async () => {
  const { app, deps, lines } = createTestApi();
  deps.outbox = {
    ...deps.outbox,
    list: () => {
      throw new Error('SELECT secret FROM outbox');
    },
  };
  const headers = { authorization: `Bearer ${FULL_TOKEN}` };
  const answer = await app.inject({ url: '/api/events?device_id=mill', headers });
  assert.equal(answer.statusCode, 500);
  assert.ok(!answer.body.includes('SELECT'));
  const logged = lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'http_request_failed');
  assert.equal(logged.error, 'SELECT secret FROM outbox');
  assert.equal(logged.route, '/api/events');
  assert.ok(answer.json().message.includes(logged.request_id));
  assert.ok(!lines.join('').includes(FULL_TOKEN));
  await app.close();
});

test('/health is the report, /ready follows MQTT, /metrics is Prometheus text', async () => {
  const { app, around } = createTestApi();
  const health = await app.inject('/health');
  assert.deepEqual(healthSchema.strict().parse(health.json()), health.json());
  assert.equal((await app.inject('/ready')).statusCode, 200);
  around.ready = false;
  const notReady = await app.inject('/ready');
  assert.deepEqual([notReady.statusCode, notReady.json().status], [503, 'error']);
  const metrics = await app.inject('/metrics');
  assert.match(String(metrics.headers['content-type']), /^text\/plain/);
  assert.match(metrics.body, /^# TYPE iot_bridge_mqtt_received_total counter$/m);
  await app.close();
});

test('HEAD answers what GET would, without the body', async () => {
  const { app } = createTestApi();
  for (const url of ['/health', '/ready', '/metrics', '/', '/config', '/api/sessions', '/api/sessions.csv']) {
    const headers = { authorization: `Bearer ${FULL_TOKEN}` };
    const [get, head] = [
      await app.inject({ url, headers }),
      await app.inject({ method: 'HEAD', url, headers }),
    ];
    assert.deepEqual([head.statusCode, head.body], [200, ''], url);
    assert.equal(head.headers['content-type'], get.headers['content-type'], url);
  }
  assert.equal((await app.inject({ method: 'HEAD', url: '/config' })).statusCode, 401);
  await app.close();
});

test('pushes are limited to 120 a minute; health and metrics never are', async () => {
  const { app } = createTestApi();
  const headers = { authorization: `Bearer ${FULL_TOKEN}` };
  for (let i = 0; i < 120; i += 1) {
    const { statusCode } = await app.inject({ ...push, headers, payload: {} });
    assert.equal(statusCode, 503);
  }
  const limited = await app.inject({ ...push, headers, payload: {} });
  assert.equal(limited.statusCode, 429);
  assert.match(String(limited.headers['retry-after']), /^\d+$/);
  assert.equal(limited.json().status, 'error');
  assert.equal(
    (await app.inject({ ...push, headers, payload: {}, remoteAddress: '10.0.0.9' })).statusCode,
    503,
  );
  const reading = await app.inject({ url: '/config', headers });
  assert.equal(reading.headers['x-ratelimit-limit'], '1200');
  for (const url of ['/health', '/ready', '/metrics']) {
    assert.equal((await app.inject(url)).headers['x-ratelimit-limit'], undefined, url);
  }
  await app.close();
});
