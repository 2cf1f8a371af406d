import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApi, FULL_TOKEN, VIEW_TOKEN } from '../src/api/test-api.ts';
import { devicesTable } from '../src/store/devices.ts';
import { configured, IdentitiesStage } from './identities-stage.ts';

const HOOK_TOKEN = 'hook-token-of-enough-length';

/** The HTTP side with real devices behind it. */
function startApi() {
  const stage = new IdentitiesStage();
  const { identities } = stage;
  const { administration } = identities;
  const api = createTestApi(
    {},
    {
      ...identities,
      machines: () => administration.summaries(),
      device: (id) => administration.detail(id),
      provisionedUnder: (id) => devicesTable(stage.database).countOf(id),
      hooks: {
        token: HOOK_TOKEN,
        own: { username: 'bridge', password: 'of the bridge' },
        deviceOf: (token) => identities.tokens.deviceOf(token),
        access: (id) => identities.registry.access(id),
      },
    },
  );
  type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  async function call(method: Method, url: string, payload?: object, token = FULL_TOKEN) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await api.app.inject({ method, url, headers, ...(payload && { payload }) });
    return { status: answer.statusCode, body: answer.json(), text: answer.body };
  }
  const end = async () => {
    await api.app.close();
    stage.end();
  };
  return { stage, app: api.app, call, end };
}

test('a device is made, changed, shown and removed', async () => {
  const { call, end } = startApi();
  const wrong = await call('POST', '/api/devices', {
    machine_name: 'Lathe',
    parser_type: 'nope',
    channel: -1,
  });
  assert.equal(wrong.status, 422);
  const made = await call('POST', '/api/devices', { machine_name: 'Lathe', device_id: 'lathe' });
  assert.deepEqual([made.status, made.body.source, made.body.running], [201, 'console', false]);
  assert.match(made.body.token.created_at, /^2026/);
  assert.equal((await call('POST', '/api/devices', { machine_name: 'L', device_id: 'lathe' })).status, 409);
  assert.equal((await call('POST', '/api/devices')).status, 422);
  const changed = await call('PATCH', '/api/devices/lathe', { mqtt_topic: 'm/lathe', rated_power_w: 10 });
  assert.deepEqual([changed.status, changed.body.running, changed.body.topics], [200, true, ['m/lathe']]);
  const taken = await call('PATCH', '/api/devices/lathe', { rated_power_w: null });
  assert.equal(taken.body.configuration.rated_power_w, undefined);
  const bad = await call('PATCH', '/api/devices/lathe', { session_config: { standby_threshold_w: 'x' } });
  assert.deepEqual([bad.status, bad.body.errors[0].path], [422, 'session_config.standby_threshold_w']);
  assert.equal((await call('GET', '/api/devices')).body.total, 1);
  assert.equal((await call('DELETE', '/api/devices/lathe')).status, 200);
  assert.equal((await call('GET', '/api/devices/lathe')).status, 404);
  await end();
});

test('a device of the configuration takes overrides and cannot be removed here', async () => {
  const { stage, call, end } = startApi();
  stage.push(configured('mill'));
  const removed = await call('DELETE', '/api/devices/mill');
  assert.deepEqual([removed.status, /Odoo/.test(removed.body.message)], [409, true]);
  const { body } = await call('PATCH', '/api/devices/mill', { session_config: { start_debounce_s: 7 } });
  assert.deepEqual(body.overrides, [{ field: 'session_config.start_debounce_s', value: 7, configured: 3 }]);
  assert.equal(body.configuration.session_config.start_debounce_s, 7);
  await end();
});

test('a token is copied with the full token only, and shown nowhere else', async () => {
  const { stage, call, end } = startApi();
  stage.push(configured('mill'));
  const copied = await call('GET', '/api/devices/mill/token');
  assert.equal((await call('GET', '/api/devices/mill/token', undefined, VIEW_TOKEN)).status, 403);
  const rotated = await call('POST', '/api/devices/mill/token');
  assert.notEqual(rotated.body.token, copied.body.token);
  for (const url of ['/api/devices', '/api/devices/mill']) {
    assert.ok(!(await call('GET', url)).text.includes(rotated.body.token), url);
  }
  await end();
});

test('attributes are set all or none, and the device is told', async () => {
  const { stage, call, end } = startApi();
  stage.push(configured('mill'));
  const set = await call('PUT', '/api/devices/mill/attributes', { a: 1, gone: null });
  assert.deepEqual(
    set.body.attributes.map(({ key, scope, value }: Record<string, unknown>) => [key, scope, value]),
    [['a', 'server', 1]],
  );
  assert.deepEqual(stage.published, [
    { topic: 'messages/mill/attribute/server', payload: '{"a":1,"gone":null}' },
  ]);
  const wrong = await call('PUT', '/api/devices/mill/attributes', { b: 1, ['k'.repeat(200)]: 1 });
  assert.equal(wrong.status, 422);
  stage.say('mill', '{"a": "by the device"}');
  const { body } = await call('GET', '/api/devices/mill/attributes');
  assert.equal(body.attributes.length, 2);
  const past = await call('GET', '/api/devices/mill/attributes/a/history?scope=server');
  assert.deepEqual(past.body.values[0].value, 1);
  stage.say('mill', 'not json');
  stage.say('mill', Buffer.from([0xff]));
  const problem = (await call('GET', '/api/devices/mill')).body.last_problem;
  assert.deepEqual([problem.reason, problem.topic], ['attributes_dropped', 'messages/mill/attribute']);
  await end();
});

test('a template shows its secret once, and devices come under it', async () => {
  const { call, end } = startApi();
  const made = await call('POST', '/api/templates', { name: 'fleet', approval_required: true });
  const { template_id: id, provision_key, provision_secret } = made.body;
  assert.deepEqual([made.status, provision_key.length, provision_secret.length], [201, 20, 20]);
  assert.equal((await call('POST', '/api/templates', { name: 'fleet' })).status, 409);
  const faults: [body: object, path: string][] = [
    [{ name: 'x', defaults: { mqtt_topic: 'a/{name}' } }, 'defaults.mqtt_topic'],
    [{ name: 'x', defaults: { mqtt_topic: 'a#' } }, 'defaults.mqtt_topic'],
    [{ name: 'x', defaults: { parser_type: 'nope' } }, 'defaults.parser_type'],
    [{ name: 'x', key_policy: 'maybe' }, 'key_policy'],
    [{ name: '' }, 'name'],
  ];
  for (const [body, path] of faults) {
    const answer = await call('POST', '/api/templates', body);
    assert.deepEqual([answer.status, answer.body.errors[0].path], [422, path]);
  }
  const request = { device_name: 'Lathe', provision_key, provision_secret };
  const asked = await call('POST', '/api/provision', request, 'no token');
  assert.deepEqual([asked.status, asked.body.status], [200, 'SUCCESS']);
  const waiting = (await call('GET', '/api/approvals')).body.devices;
  assert.equal(waiting[0].device_id, asked.body.device_id);
  assert.equal((await call('POST', `/api/approvals/${asked.body.device_id}/approve`)).status, 200);
  assert.equal((await call('GET', '/api/approvals')).body.total, 0);
  const rotated = await call('POST', `/api/templates/${id}/secret`);
  const listed = await call('GET', '/api/templates');
  assert.equal(listed.body.templates[0].devices, 1);
  for (const secret of [provision_secret, rotated.body.provision_secret]) {
    assert.ok(!listed.text.includes(secret));
  }
  assert.equal((await call('PUT', `/api/templates/${id}`, { name: 'fleet', enabled: false })).status, 200);
  const next = { ...request, device_name: 'Saw', provision_secret: rotated.body.provision_secret };
  const refused = await call('POST', '/api/provision', next);
  assert.deepEqual([refused.status, refused.body.error], [403, 'DISABLED']);
  assert.equal((await call('DELETE', `/api/templates/${id}`)).status, 200);
  assert.equal((await call('POST', '/api/provision', next)).status, 401);
  await end();
});

/** What brokers ask about the device `mill`, whose topic is `m/mill`; TOKEN stands for its token. */
const HOOKS: [path: string, body: Record<string, string | number>, result: string][] = [
  ['auth', { username: 'mill', password: 'TOKEN', clientid: 'c' }, 'allow'],
  ['auth', { username: 'mill', password: 'wrong', clientid: 'c' }, 'deny'],
  ['auth', { username: 'mill' }, 'deny'],
  ['auth', { username: 'saw', password: 'TOKEN' }, 'deny'],
  ['auth', { username: 'provision', clientid: 'new' }, 'allow'],
  ['auth', { username: 'somebody', password: 'x' }, 'ignore'],
  ['auth', { username: 'bridge', password: 'of the bridge' }, 'allow'],
  ['auth', { username: 'bridge', password: 'x' }, 'deny'],
  ['auth', {}, 'ignore'],
  ['acl', { username: 'mill', topic: 'messages/mill/x', action: 'publish' }, 'allow'],
  ['acl', { username: 'mill', topic: 'messages/mill/#', action: 'subscribe' }, 'allow'],
  ['acl', { username: 'mill', topic: 'messages/mill/#', action: 'publish' }, 'deny'],
  ['acl', { username: 'mill', topic: 'm/mill', action: 'publish' }, 'allow'],
  ['acl', { username: 'mill', topic: 'messages/saw/x', action: 'publish' }, 'deny'],
  ['acl', { username: 'mill', topic: 'messages/+/x', action: 'subscribe' }, 'deny'],
  ['acl', { username: 'mill', topic: '#', action: 'subscribe' }, 'deny'],
  ['acl', { username: 'mill', topic: '$SYS/x', action: 'subscribe' }, 'deny'],
  ['acl', { username: 'mill', topic: 'messages/mill/x', acc: 1 }, 'allow'],
  ['acl', { username: 'mill', topic: 'messages/saw/x', acc: 1 }, 'deny'],
  ['acl', { username: 'mill', topic: 'messages/mill/x', acc: 2 }, 'allow'],
  ['acl', { username: 'mill', topic: 'messages/mill/#', acc: 4 }, 'allow'],
  ['acl', { username: 'mill', topic: 'messages/#', acc: 4 }, 'deny'],
  [
    'acl',
    { username: 'provision', clientid: 'new', topic: 'provision/request/new', action: 'publish' },
    'allow',
  ],
  [
    'acl',
    { username: 'provision', clientid: 'new', topic: 'provision/response/new', action: 'subscribe' },
    'allow',
  ],
  ['acl', { username: 'provision', clientid: 'new', topic: 'provision/response/new', acc: 1 }, 'allow'],
  ['acl', { username: 'provision', clientid: 'new', topic: 'provision/response/old', acc: 4 }, 'deny'],
  ['acl', { username: 'provision', clientid: 'new', topic: 'provision/request/old', acc: 2 }, 'deny'],
  ['acl', { username: 'provision', clientid: 'new', topic: 'provision/request/new', acc: 1 }, 'deny'],
  ['acl', { username: 'provision', clientid: '+', topic: 'provision/response/+', acc: 4 }, 'deny'],
  ['acl', { username: 'provision', topic: 'provision/response', acc: 4 }, 'deny'],
  ['acl', { username: 'provision', clientid: 'new', topic: 'messages/mill/x', acc: 2 }, 'deny'],
  ['acl', { username: 'somebody', topic: 'x', acc: 2 }, 'ignore'],
  ['acl', { username: 'bridge', topic: '#', action: 'subscribe' }, 'allow'],
];

test('another broker is told who may do what, in its own form', async () => {
  const { stage, app, call, end } = startApi();
  stage.push(configured('mill'), configured('saw'));
  const token = (await call('GET', '/api/devices/mill/token')).body.token;
  for (const [path, asked, result] of HOOKS) {
    const body = Object.fromEntries(
      Object.entries(asked).map(([name, value]) => [name, value === 'TOKEN' ? token : value]),
    );
    const what = `${path} ${JSON.stringify(asked)}`;
    const json = await app.inject({
      method: 'POST',
      url: `/api/mqtt/${path}`,
      headers: { authorization: `Bearer ${HOOK_TOKEN}` },
      payload: body,
    });
    assert.equal(json.json().result, result, what);
    // EMQX reads the body of a 200; who sends `acc` is mosquitto-go-auth, which reads the status.
    assert.equal(json.statusCode, result === 'allow' || !('acc' in body) ? 200 : 403, what);
    const form = await app.inject({
      method: 'POST',
      url: `/api/mqtt/${path}?token=${HOOK_TOKEN}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(body as Record<string, string>).toString(),
    });
    assert.equal(form.statusCode, result === 'allow' ? 200 : 403, what);
  }
  await end();
});

test('mosquitto-go-auth is told by the status, whatever its mode; without the token nobody is told', async () => {
  const { stage, app, end } = startApi();
  stage.push(configured('mill'));
  const payload = { username: 'mill', password: 'wrong' };
  const status = async (url: string, headers: Record<string, string> = {}) =>
    (await app.inject({ method: 'POST', url, headers, payload })).statusCode;
  const bearer = { authorization: `Bearer ${HOOK_TOKEN}` };
  assert.equal(await status('/api/mqtt/auth', bearer), 200);
  assert.equal(await status('/api/mqtt/auth', { ...bearer, 'user-agent': 'mosquitto-2.1' }), 403);
  assert.equal(await status('/api/mqtt/auth?answer=status', bearer), 403);
  assert.equal(await status('/api/mqtt/auth'), 401);
  assert.equal(await status('/api/mqtt/auth?token=wrong'), 401);
  assert.equal(await status('/api/mqtt/acl', { authorization: `Bearer ${FULL_TOKEN}` }), 401);
  await end();
});
