import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStage } from '../messages/stage.ts';
import { brokerSchema, type ConnectionSettings, type ConnectionTest } from '../model/broker.ts';
import { subscriptionSchema } from '../model/subscription.ts';
import { brokerRoutes } from './brokers.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { createTestRoutes } from './test-routes.ts';

function setUp() {
  const stage = createStage();
  const around = {
    tested: [] as ConnectionSettings[],
    test: {
      ok: true,
      protocolVersion: 5,
      latencyMs: 12.4,
      certificate: { subject: 'hall2', issuer: 'CA', validTo: '2027-01-01T00:00:00.000Z' },
    } as ConnectionTest,
  };
  const routes = createTestRoutes((app) => {
    const testConnection = async (settings: ConnectionSettings) => {
      around.tested.push(settings);
      return around.test;
    };
    brokerRoutes(app, { brokers: stage.brokers, testConnection });
    subscriptionRoutes(app, { subscriptions: stage.subscriptions });
  });
  return { stage, around, ...routes };
}

const HALL = { name: 'Hall 2', url: 'mqtt://hall2.local', username: 'bridge', password: 'hall-secret' };

test('whoever may look may read; all else asks for the full token', () => {
  for (const [route, access] of setUp().access) {
    assert.equal(access, route.startsWith('GET ') ? 'view' : 'change', route);
  }
});

test('a broker is made, read, changed and removed; its secrets are never in an answer', async () => {
  const { call } = setUp();
  const texts: string[] = [];
  const answered = async (...request: Parameters<typeof call>) => {
    const answer = await call(...request);
    texts.push(answer.text);
    return answer;
  };
  const made = await answered('POST', '/api/brokers', HALL);
  assert.equal(made.status, 201, made.text);
  brokerSchema.strict().parse(made.body);
  const changed = await answered('PATCH', '/api/brokers/hall-2', { note: 'x', enabled: false });
  assert.partialDeepStrictEqual(changed.body, { note: 'x', enabled: false, has_password: true });
  assert.deepEqual((await answered('GET', '/api/brokers/hall-2')).body, changed.body);
  const { body } = await answered('GET', '/api/brokers');
  assert.deepEqual(
    body.brokers.map(({ broker_id }: { broker_id: string }) => broker_id),
    ['main', 'embedded', 'hall-2'],
  );
  for (const broker of body.brokers) brokerSchema.strict().parse(broker);
  assert.equal((await answered('DELETE', '/api/brokers/hall-2')).status, 200);
  assert.equal((await answered('GET', '/api/brokers/hall-2')).status, 404);
  assert.ok(texts.every((text) => !/hall-secret|main-secret/.test(text)));
});

const FAULTS: [
  method: 'POST' | 'PATCH' | 'DELETE',
  url: string,
  body: object | undefined,
  status: number,
  message: RegExp,
][] = [
  ['POST', '/api/brokers', undefined, 422, /name.*url/],
  ['POST', '/api/brokers', [], 422, /object/],
  ['POST', '/api/brokers', { ...HALL, url: 'mqtt://a:b@c' }, 422, /"path":"url"/],
  ['POST', '/api/brokers', { ...HALL, name: 'Used' }, 409, /has this name/],
  ['PATCH', '/api/brokers/used', { tls: { ca: 1 } }, 422, /"path":"tls.ca"/],
  ['PATCH', '/api/brokers/nobody', {}, 404, /no broker/],
  ['PATCH', '/api/brokers/main', {}, 409, /environment/],
  ['DELETE', '/api/brokers/embedded', undefined, 409, /environment/],
  ['DELETE', '/api/brokers/used', undefined, 409, /name this broker: 2/],
  ['DELETE', '/api/brokers/nobody', undefined, 404, /no broker/],
  ['POST', '/api/brokers/nobody/test', undefined, 404, /no broker/],
  ['POST', '/api/brokers/test', { url: 'x' }, 422, /"path":"url"/],
  ['POST', '/api/brokers/test', { broker_id: 'nobody' }, 422, /"path":"broker_id"/],
  ['POST', '/api/brokers/test', { broker_id: 'main', username: 'x' }, 422, /"path":"broker_id"/],
  ['POST', '/api/brokers/test', { broker_id: ['used'] }, 422, /"path":"broker_id"/],
];

test('faults of brokers have their status and say what they are', async () => {
  const { call, stage, around } = setUp();
  stage.brokers.create({ ...HALL, name: 'Used', broker_id: 'used' });
  stage.around.devicesOf.set('used', 2);
  for (const [method, url, body, status, message] of FAULTS) {
    const answer = await call(method, url, body);
    assert.equal(answer.status, status, `${method} ${url} ${answer.text}`);
    assert.equal(answer.body.status, 'error');
    assert.match(answer.text, message);
  }
  assert.deepEqual(around.tested, []);
});

test('a connection is tried with what is kept, or with what is given', async () => {
  const { call, stage, around } = setUp();
  stage.brokers.create(HALL);
  assert.deepEqual((await call('POST', '/api/brokers/hall-2/test')).body, {
    ok: true,
    message: 'Connected in 12 ms with MQTT 5',
    reason: null,
    protocol_version: 5,
    latency_ms: 12,
    certificate: { subject: 'hall2', issuer: 'CA', valid_to: '2027-01-01T00:00:00.000Z' },
  });
  around.test = { ok: false, fault: { reason: 'login', message: 'user name or password is wrong' } };
  const tried = await call('POST', '/api/brokers/test', { broker_id: 'hall-2', username: 'other' });
  assert.deepEqual([tried.status, tried.body.ok, tried.body.reason], [200, false, 'login']);
  await call('POST', '/api/brokers/main/test');
  assert.deepEqual(
    around.tested.map(({ url, username, password }) => [url, username, password]),
    [
      ['mqtt://hall2.local:1883', 'bridge', 'hall-secret'],
      ['mqtt://hall2.local:1883', 'other', 'hall-secret'],
      ['mqtt://broker.local:1883', 'bridge', 'main-secret'],
    ],
  );
});

test('the embedded broker is not connected to: it listens or not', async () => {
  const { call, stage } = setUp();
  const tried = async () => (await call('POST', '/api/brokers/embedded/test')).body;
  assert.partialDeepStrictEqual(await tried(), { ok: true, protocol_version: 4 });
  stage.around.state = { ...stage.around.state, connection: 'disconnected' };
  assert.partialDeepStrictEqual(await tried(), { ok: false, reason: 'stopped', protocol_version: null });
});

test('a certificate bundle of many authorities is not too large for a body', async () => {
  const { call } = setUp();
  const answer = await call('POST', '/api/brokers', { ...HALL, tls: { ca: 'x'.repeat(200_000) } });
  assert.deepEqual([answer.status, answer.body.errors[0].path], [422, 'tls.ca']);
});

test('a subscription is made, read, changed and removed', async () => {
  const { call, stage } = setUp();
  stage.around.states.set('hall/#', { state: 'refused', reason: 'not authorised' });
  const made = await call('POST', '/api/subscriptions', { topic: 'hall/#' });
  assert.equal(made.status, 201, made.text);
  subscriptionSchema.strict().parse(made.body);
  assert.partialDeepStrictEqual(made.body.state, { state: 'refused', reason: 'not authorised' });
  const url = `/api/subscriptions/${made.body.subscription_id}`;
  assert.equal((await call('PATCH', url, { qos: 0 })).body.qos, 0);
  assert.equal((await call('GET', url)).body.qos, 0);
  assert.equal((await call('GET', '/api/subscriptions?broker_id=main')).body.subscriptions.length, 1);
  assert.equal((await call('GET', '/api/subscriptions?broker_id=embedded')).body.subscriptions.length, 0);
  assert.equal((await call('POST', '/api/subscriptions', { topic: 'hall/#' })).status, 409);
  assert.equal((await call('POST', '/api/subscriptions', { topic: 'hall#' })).status, 422);
  assert.equal((await call('PATCH', url, { topic: '$share/a/b' })).status, 422);
  assert.equal((await call('DELETE', url)).status, 200);
  for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
    assert.equal((await call(method, url, method === 'PATCH' ? {} : undefined)).status, 404, method);
  }
});
