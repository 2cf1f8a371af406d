import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addEvent, createTestApi, FULL_TOKEN, TOKEN_HINT, uuid, VIEW_TOKEN } from './test-api.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const CREDENTIALS: Record<string, Record<string, string>> = {
  none: {},
  wrong: { authorization: 'Bearer wrong-token' },
  view: { authorization: `Bearer ${VIEW_TOKEN}` },
  full: { authorization: `Bearer ${FULL_TOKEN}` },
};

/** Every route: the status with no token, a wrong one, the view token, the full token. */
const ROUTES: [method: Method, url: string, none: number, wrong: number, view: number, full: number][] = [
  ['GET', '/', 200, 200, 200, 200],
  ['GET', '/health', 200, 200, 200, 200],
  ['GET', '/ready', 200, 200, 200, 200],
  ['GET', '/metrics', 200, 200, 200, 200],
  ['GET', '/openapi.json', 200, 200, 200, 200],
  ['GET', '/config', 401, 401, 200, 200],
  ['POST', '/config', 401, 401, 403, 200],
  ['GET', '/api/devices', 401, 401, 200, 200],
  ['GET', '/api/devices/mill', 401, 401, 404, 404],
  ['GET', '/api/sessions', 401, 401, 200, 200],
  ['GET', '/api/sessions.csv', 401, 401, 200, 200],
  ['GET', '/api/events', 401, 401, 200, 200],
  ['GET', `/api/events/${uuid(1)}`, 401, 401, 200, 200],
  ['POST', `/api/events/${uuid(1)}/retry`, 401, 401, 403, 200],
  ['POST', '/api/events/retry', 401, 401, 403, 200],
  ['POST', '/api/logout', 200, 200, 200, 200],
];

const APPLIED = { devicesConfigured: 0, added: [], updated: [], removed: [], warnings: [], appliedAt: 0 };

for (const [i, who] of ['none', 'wrong', 'view', 'full'].entries()) {
  test(`what the token "${who}" may do`, async () => {
    for (const [method, url, ...statuses] of ROUTES) {
      const api = createTestApi();
      api.around.push = { status: 'applied', ...APPLIED };
      addEvent(api, 1, 'parked');
      const headers = CREDENTIALS[who] ?? {};
      const payload = method === 'POST' && url === '/config' ? { payload: { devices: [] } } : {};
      const answer = await api.app.inject({ method, url, headers, ...payload });
      assert.equal(answer.statusCode, statuses[i], `${method} ${url}`);
      for (const secret of [FULL_TOKEN, VIEW_TOKEN, 'wrong-token']) {
        assert.ok(!answer.body.includes(secret), `${method} ${url} shows a token`);
        assert.ok(!api.lines.join('').includes(secret), `${method} ${url} logs a token`);
      }
      if (answer.statusCode === 401) {
        assert.ok(answer.json().message.includes(TOKEN_HINT));
        assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
      }
      const changed = api.around.pushed.length + api.around.woken.length > 0;
      assert.equal(changed, method === 'POST' && url !== '/api/logout' && who === 'full', `${method} ${url}`);
      await api.app.close();
    }
  });
}

/** Routes about devices, of a bridge that has none. */
const DEVICE_ROUTES: typeof ROUTES = [
  ['POST', '/api/devices', 401, 401, 403, 409],
  ['PATCH', '/api/devices/mill', 401, 401, 403, 404],
  ['DELETE', '/api/devices/mill', 401, 401, 403, 404],
  ['GET', '/api/devices/mill/token', 401, 401, 403, 404],
  ['POST', '/api/devices/mill/token', 401, 401, 403, 404],
  ['GET', '/api/devices/mill/attributes', 401, 401, 404, 404],
  ['PUT', '/api/devices/mill/attributes', 401, 401, 403, 404],
  ['GET', '/api/devices/mill/attributes/a/history', 401, 401, 404, 404],
  ['GET', '/api/templates', 401, 401, 200, 200],
  ['POST', '/api/templates', 401, 401, 403, 422],
  ['GET', '/api/templates/mill', 401, 401, 404, 404],
  ['PUT', '/api/templates/mill', 401, 401, 403, 422],
  ['DELETE', '/api/templates/mill', 401, 401, 403, 404],
  ['POST', '/api/templates/mill/secret', 401, 401, 403, 404],
  ['POST', '/api/provision', 401, 401, 401, 401],
  ['GET', '/api/approvals', 401, 401, 200, 200],
  ['POST', '/api/approvals/mill/approve', 401, 401, 403, 404],
  ['POST', '/api/approvals/mill/reject', 401, 401, 403, 404],
  ['GET', '/api/messages', 401, 401, 200, 200],
  ['GET', '/api/clients', 401, 401, 200, 200],
  ['POST', '/api/mqtt/auth', 404, 404, 404, 404],
  ['POST', '/api/mqtt/acl', 404, 404, 404, 404],
];

/** Routes about what is received and sent, of a bridge without brokers. The stream is asked for what it has not. */
const MESSAGE_ROUTES: typeof ROUTES = [
  ['GET', '/api/devices/mill/readings', 401, 401, 404, 404],
  ['POST', '/api/devices/mill/replay', 401, 401, 422, 422],
  ['GET', '/api/devices/mill/suggestion', 401, 401, 404, 404],
  ['POST', '/api/devices/mill/request', 401, 401, 403, 404],
  ['GET', '/api/brokers', 401, 401, 200, 200],
  ['POST', '/api/brokers', 401, 401, 403, 422],
  ['GET', '/api/brokers/mill', 401, 401, 404, 404],
  ['PATCH', '/api/brokers/mill', 401, 401, 403, 404],
  ['DELETE', '/api/brokers/mill', 401, 401, 403, 404],
  ['POST', '/api/brokers/test', 401, 401, 403, 422],
  ['POST', '/api/brokers/mill/test', 401, 401, 403, 404],
  ['GET', '/api/subscriptions', 401, 401, 200, 200],
  ['POST', '/api/subscriptions', 401, 401, 403, 422],
  ['GET', '/api/subscriptions/mill', 401, 401, 404, 404],
  ['PATCH', '/api/subscriptions/mill', 401, 401, 403, 404],
  ['DELETE', '/api/subscriptions/mill', 401, 401, 403, 404],
  ['POST', '/api/messages', 401, 401, 403, 422],
  ['GET', '/api/topics', 401, 401, 200, 200],
  ['GET', '/api/messages.jsonl', 401, 401, 200, 200],
  ['GET', '/api/messages.csv', 401, 401, 200, 200],
  ['GET', '/api/saved-messages', 401, 401, 200, 200],
  ['POST', '/api/saved-messages', 401, 401, 403, 422],
  ['GET', '/api/saved-messages/mill', 401, 401, 404, 404],
  ['PATCH', '/api/saved-messages/mill', 401, 401, 403, 404],
  ['DELETE', '/api/saved-messages/mill', 401, 401, 403, 404],
  ['POST', '/api/saved-messages/mill/send', 401, 401, 403, 404],
  ['GET', '/api/service', 401, 401, 200, 200],
  ['POST', '/api/service/start', 401, 401, 403, 200],
  ['POST', '/api/service/restart', 401, 401, 403, 200],
  ['POST', '/api/service/stop', 401, 401, 403, 200],
  ['GET', '/api/flows', 401, 401, 200, 200],
  ['POST', '/api/flows', 401, 401, 403, 422],
  ['GET', '/api/flows/mill', 401, 401, 404, 404],
  ['PUT', '/api/flows/mill', 401, 401, 403, 422],
  ['DELETE', '/api/flows/mill', 401, 401, 403, 404],
  ['PATCH', '/api/flows/mill', 401, 401, 403, 404],
  ['POST', '/api/flows/test', 401, 401, 403, 422],
  ['POST', '/api/flows/mill/test', 401, 401, 403, 422],
  ['GET', '/api/sessions/summary', 401, 401, 200, 200],
  ['GET', '/api/sessions/mill/why', 401, 401, 404, 404],
  ['GET', '/api/curves', 401, 401, 200, 200],
  ['GET', '/api/delivery', 401, 401, 200, 200],
  ['GET', '/api/configurations', 401, 401, 200, 200],
  ['GET', '/api/configurations/mill', 401, 401, 422, 422],
  ['GET', '/api/configurations/current/diff/current', 401, 401, 200, 200],
  ['POST', '/api/configurations/mill/restore', 401, 401, 403, 422],
  ['GET', '/api/log', 401, 401, 200, 200],
  ['GET', '/api/diagnosis', 401, 401, 200, 200],
  ['GET', '/api/embedded-broker', 401, 401, 200, 200],
  ['GET', '/api/discovery', 401, 401, 200, 200],
  ['DELETE', '/api/discovery/mill', 401, 401, 403, 404],
  ['POST', '/api/discovery/scan', 401, 401, 403, 404],
  ['GET', '/api/stream?kinds=x', 401, 401, 422, 422],
];

test('who may do what with devices and messages', async () => {
  const api = createTestApi();
  for (const [method, url, ...statuses] of [...DEVICE_ROUTES, ...MESSAGE_ROUTES]) {
    for (const [i, who] of ['none', 'wrong', 'view', 'full'].entries()) {
      const payload = method === 'GET' || method === 'DELETE' ? {} : { payload: {} };
      const answer = await api.app.inject({ method, url, headers: CREDENTIALS[who] ?? {}, ...payload });
      assert.equal(answer.statusCode, statuses[i], `${method} ${url} ${who}`);
    }
    api.clock.advance(60_000);
  }
  await api.app.close();
});

test('every route of the server is in the tables above, or in that of the login', async () => {
  const { app } = createTestApi();
  await app.ready();
  const paths = Object.entries((await app.inject('/openapi.json')).json().paths as Record<string, object>);
  const known = new Set([
    ...[...ROUTES, ...DEVICE_ROUTES, ...MESSAGE_ROUTES].map(
      ([method, url]) => `${method} ${url.split('?')[0]}`,
    ),
    'POST /api/login',
  ]);
  const have = paths.flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (m) =>
        `${m.toUpperCase()} ${path.replace('{uid}', uuid(1)).replace('{id}', 'mill').replace('{key}', 'a').replace('{a}/diff/{b}', 'current/diff/current')}`,
    ),
  );
  assert.deepEqual(
    have.filter((route) => !known.has(route)),
    [],
  );
  assert.equal(have.length, 88);
  await app.close();
});

test('/metrics asks for a token with METRICS_AUTH=token', async () => {
  const { app } = createTestApi({ metricsAuth: 'token' });
  const status = async (who: string) =>
    (await app.inject({ url: '/metrics', headers: CREDENTIALS[who] ?? {} })).statusCode;
  assert.deepEqual(await Promise.all(['none', 'wrong', 'view', 'full'].map(status)), [401, 401, 200, 200]);
  await app.close();
});

const BAD_HEADERS = [
  'Bearer',
  'Bearer ',
  `Basic ${FULL_TOKEN}`,
  FULL_TOKEN,
  `Bearer ${FULL_TOKEN} x`,
  `Bearer ${FULL_TOKEN}x`,
];

test('what is almost the token is not the token', async () => {
  for (const authorization of BAD_HEADERS) {
    const { app } = createTestApi();
    const { statusCode } = await app.inject({ url: '/api/devices', headers: { authorization } });
    assert.equal(statusCode, 401, authorization);
    await app.close();
  }
});

test('without a view token nothing is let in by an empty or odd one', async () => {
  const { app } = createTestApi({ viewToken: undefined });
  for (const token of ['undefined', VIEW_TOKEN, 'null']) {
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await app.inject({ url: '/api/devices', headers })).statusCode, 401);
  }
  await app.close();
});

test('guessing is slowed down, but never locks out the right token', async () => {
  const { app, clock } = createTestApi();
  const status = async (who: string) =>
    (await app.inject({ url: '/api/devices', headers: CREDENTIALS[who] ?? {} })).statusCode;
  for (let i = 0; i < 10; i += 1) assert.equal(await status('wrong'), 401);
  const login = { method: 'POST', url: '/api/login', payload: { token: 'wrong-token' } } as const;
  const answer = await app.inject(login);
  assert.equal(answer.statusCode, 429);
  assert.equal(answer.headers['retry-after'], '60');
  assert.equal(await status('wrong'), 429);
  assert.equal(await status('none'), 401);
  assert.equal(await status('full'), 200);
  clock.advance(60_000);
  assert.equal(await status('wrong'), 401);
  await app.close();
});

const LOOPBACK: [headers: Record<string, string>, status: number][] = [
  [{ host: 'localhost:8080' }, 200],
  [{ host: '127.0.0.1:8080' }, 200],
  [{ host: '[::1]:8080' }, 200],
  [{ host: 'localhost:8080', origin: 'http://localhost:8080' }, 200],
  [{ host: 'localhost:8080', origin: 'http://evil.example' }, 403],
  [{ host: 'localhost:8080', origin: 'http://localhost:9999' }, 403],
  [{ host: 'localhost:8080', origin: 'null' }, 403],
  [{ host: 'evil.example' }, 403],
  [{ host: 'evil.example', origin: 'http://evil.example' }, 403],
  [{ host: '192.168.1.2:8080' }, 403],
];

test('the demo answers this machine and its own pages only', async () => {
  const { app, around } = createTestApi({ auth: 'off', loopbackOnly: true });
  around.push = { status: 'applied', ...APPLIED };
  for (const [headers, status] of LOOPBACK) {
    const text = JSON.stringify(headers);
    for (const url of ['/health', '/', '/api/devices', '/openapi.json']) {
      assert.equal((await app.inject({ url, headers })).statusCode, status, `${url} ${text}`);
    }
    const before = around.pushed.length;
    const push = await app.inject({ method: 'POST', url: '/config', headers, payload: { devices: [] } });
    assert.equal(push.statusCode, status, text);
    assert.equal(around.pushed.length - before, status === 200 ? 1 : 0, text);
  }
  await app.close();
});

test('BRIDGE_AUTH=off lets everybody in, by any name', async () => {
  const { app } = createTestApi({ auth: 'off' });
  const headers = { host: 'bridge.example', origin: 'http://odoo.example' };
  assert.equal((await app.inject({ url: '/config', headers })).statusCode, 200);
  const retry = await app.inject({ method: 'POST', url: '/api/events/retry', headers });
  assert.equal(retry.statusCode, 200);
  const login = await app.inject({ method: 'POST', url: '/api/login', payload: { token: 'any' } });
  assert.deepEqual([login.statusCode, login.cookies], [200, []]);
  await app.close();
});
