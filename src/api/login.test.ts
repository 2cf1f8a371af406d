import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOGIN_MS_MAX } from './login-sessions.ts';
import { addEvent, createTestApi, FULL_TOKEN, uuid, VIEW_TOKEN } from './test-api.ts';

const HOST = 'bridge:8080';
const ORIGIN = `http://${HOST}`;

async function logIn(
  api: ReturnType<typeof createTestApi>,
  token: string,
  headers: Record<string, string> = {},
) {
  const answer = await api.app.inject({
    method: 'POST',
    url: '/api/login',
    headers: { host: HOST, ...headers },
    payload: { token },
  });
  return { answer, cookie: `iot_bridge_session=${answer.cookies[0]?.value}` };
}

test('the cookie cannot be read by pages and is not sent to other sites', async () => {
  for (const [headers, secure] of [
    [{}, undefined],
    [{ 'x-forwarded-proto': 'https' }, true],
    [{ 'x-forwarded-proto': 'http' }, undefined],
  ] as const) {
    const api = createTestApi();
    const { answer } = await logIn(api, FULL_TOKEN, headers);
    const [cookie] = answer.cookies;
    assert.equal(cookie?.name, 'iot_bridge_session');
    assert.match(cookie?.value ?? '', /^[\w-]{43}$/);
    assert.deepEqual(
      [cookie?.httpOnly, cookie?.sameSite, cookie?.path, cookie?.maxAge, cookie?.secure],
      [true, 'Strict', '/', LOGIN_MS_MAX / 1000, secure],
    );
    assert.deepEqual(answer.json(), { status: 'success', message: 'Logged in', role: 'full' });
    await api.app.close();
  }
});

/** Who logged in, with which further headers → status of reading and of changing. */
const COOKIES: [token: string, headers: Record<string, string>, read: number, change: number][] = [
  [FULL_TOKEN, { origin: ORIGIN }, 200, 200],
  [FULL_TOKEN, { origin: `https://${HOST}` }, 200, 200],
  [FULL_TOKEN, {}, 200, 403],
  [FULL_TOKEN, { origin: 'http://evil.example' }, 200, 403],
  [FULL_TOKEN, { origin: 'null' }, 200, 403],
  [FULL_TOKEN, { origin: 'http://bridge:9090' }, 200, 403],
  [VIEW_TOKEN, { origin: ORIGIN }, 200, 403],
  ['wrong', { origin: ORIGIN }, 401, 401],
];

test('a login may what its token may, and changes come from our own page only', async () => {
  for (const [token, headers, read, change] of COOKIES) {
    const api = createTestApi();
    addEvent(api, 1, 'parked');
    const { cookie } = await logIn(api, token);
    const sent = { host: HOST, cookie, ...headers };
    const label = `${token} ${JSON.stringify(headers)}`;
    const reading = await api.app.inject({ url: '/api/devices', headers: sent });
    assert.equal(reading.statusCode, read, label);
    const url = `/api/events/${uuid(1)}/retry`;
    const changing = await api.app.inject({ method: 'POST', url, headers: sent });
    assert.equal(changing.statusCode, change, label);
    assert.equal(api.outbox.one(uuid(1))?.state, change === 200 ? 'pending' : 'parked', label);
    await api.app.close();
  }
});

test('after the logout the cookie opens nothing; another site cannot log anybody out', async () => {
  const api = createTestApi();
  const { cookie } = await logIn(api, FULL_TOKEN);
  const logOut = (origin: string) =>
    api.app.inject({ method: 'POST', url: '/api/logout', headers: { host: HOST, cookie, origin } });
  const read = () => api.app.inject({ url: '/api/devices', headers: { host: HOST, cookie } });
  assert.equal((await logOut('http://evil.example')).statusCode, 403);
  assert.equal((await read()).statusCode, 200);
  const out = await logOut(ORIGIN);
  assert.equal(out.statusCode, 200);
  assert.equal(out.cookies[0]?.value, '');
  assert.equal((await read()).statusCode, 401);
  await api.app.close();
});

test('a login ends after twelve hours, and a made-up or broken cookie is nothing', async () => {
  const api = createTestApi();
  const { cookie } = await logIn(api, FULL_TOKEN);
  const status = async (value: string) =>
    (await api.app.inject({ url: '/api/devices', headers: { host: HOST, cookie: value } })).statusCode;
  assert.equal(await status(cookie), 200);
  assert.equal(await status('iot_bridge_session=__proto__'), 401);
  assert.equal(await status('iot_bridge_session=%ZZ; ;=;'), 401);
  api.clock.advance(LOGIN_MS_MAX);
  assert.equal(await status(cookie), 401);
  await api.app.close();
});

test('a wrong bearer token is not healed by a good cookie', async () => {
  const api = createTestApi();
  const { cookie } = await logIn(api, FULL_TOKEN);
  const headers = { host: HOST, cookie, authorization: 'Bearer wrong' };
  assert.equal((await api.app.inject({ url: '/api/devices', headers })).statusCode, 401);
  await api.app.close();
});

test('a login without a token, or with none that is text, is refused with the reason', async () => {
  const api = createTestApi();
  for (const payload of [{}, { token: '' }, { token: 5 }, { token: null }, [], { token: 'x'.repeat(1025) }]) {
    const answer = await api.app.inject({ method: 'POST', url: '/api/login', payload });
    assert.equal(answer.statusCode, 422, JSON.stringify(payload));
    assert.equal(answer.json().status, 'error');
  }
  const empty = await api.app.inject({ method: 'POST', url: '/api/login' });
  assert.equal(empty.statusCode, 422);
  await api.app.close();
});
