import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { createFlows, FLOWS_MAX } from '../flows/flows.ts';
import { flowSchema } from '../model/flow.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { openMemoryDatabase } from '../store/database.ts';
import { flowsTable } from '../store/flows.ts';
import type { Server } from './deps.ts';
import { answerError, zodValidator } from './faults.ts';
import { flowRoutes } from './flows.ts';

const log = logTo({ write: () => true }, 'ERROR');

function createTestFlows(t: TestContext, database = openMemoryDatabase()) {
  const published: string[] = [];
  const flows = createFlows({
    table: flowsTable(database),
    clock: new ManualClock(),
    log,
    metrics: createMetrics(),
    publish: async ({ topic, payload }) => {
      published.push(`${topic} ${payload}`);
      return { sent: true };
    },
    setAttribute: () => ({ ok: true }),
    emit: () => {},
  });
  t.after(() => flows.stop());
  const app = Fastify().withTypeProvider<ZodTypeProvider>() as unknown as Server;
  app.setValidatorCompiler(zodValidator);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerError(log));
  flowRoutes(app, { flows });
  const call = async (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload?: object) => {
    const answer = await app.inject({ method, url, ...(payload && { payload }) });
    return { status: answer.statusCode, body: answer.json(), text: answer.body };
  };
  return { flows, call, published, database };
}

const FLOW = {
  name: 'Lamp',
  when: { topic: 'button/+' },
  do: [{ publish: { topic: 'lamp/set', body: 'payload' } }],
};
const withHeader = (value: string, url = 'https://example.org/a') => ({
  ...FLOW,
  do: [FLOW.do[0], { webhook: { url, headers: { Authorization: value }, body: 'payload' } }],
});

test('a flow is made, shown, changed, replaced and removed', async (t) => {
  const { call } = createTestFlows(t);
  const made = await call('POST', '/api/flows', FLOW);
  assert.equal(made.status, 201);
  flowSchema.strict().parse(made.body);
  const url = `/api/flows/${made.body.flow_id}`;
  assert.deepEqual((await call('GET', url)).body, made.body);
  assert.deepEqual((await call('GET', '/api/flows')).body, { flows: [made.body] });
  assert.partialDeepStrictEqual(made.body, { ...FLOW, enabled: true, report: { state: 'enabled', runs: 0 } });

  const patched = await call('PATCH', url, { enabled: false, if: 'payload = "on"' });
  assert.partialDeepStrictEqual(patched.body, {
    ...FLOW,
    if: 'payload = "on"',
    enabled: false,
    report: { state: 'disabled' },
  });
  const without = await call('PATCH', url, { if: null });
  assert.deepEqual([without.status, 'if' in without.body, without.body.enabled], [200, false, false]);
  const replaced = await call('PUT', url, { ...FLOW, name: 'Other' });
  assert.partialDeepStrictEqual(replaced.body, {
    name: 'Other',
    enabled: true,
    flow_id: made.body.flow_id,
    created_at: made.body.created_at,
  });

  assert.equal((await call('DELETE', url)).status, 200);
  for (const method of ['GET', 'DELETE'] as const) assert.equal((await call(method, url)).status, 404);
  assert.equal((await call('PUT', url, FLOW)).status, 404);
  assert.equal((await call('PATCH', url, {})).status, 404);
});

test('flows are kept, and go on after a restart', async (t) => {
  const before = createTestFlows(t);
  const { body } = await before.call('POST', '/api/flows', FLOW);
  await before.flows.stop();
  const after = createTestFlows(t, before.database);
  after.flows.start();
  assert.deepEqual((await after.call('GET', `/api/flows/${body.flow_id}`)).body, body);
  assert.equal((await after.call('POST', '/api/flows', FLOW)).status, 409, 'its name is taken');
});

const action = (one: object) => ({ ...FLOW, do: [one] });
const calling = (headers: object) => action({ webhook: { url: 'http://x', headers, body: '1' } });
const FAULTS: [what: string, flow: object, path: string, message: RegExp][] = [
  ['two triggers', { ...FLOW, when: { topic: 'a', attribute: 'b' } }, 'when', /one of topic, event/],
  ['no trigger', { ...FLOW, when: {} }, 'when', /one of topic, event/],
  ['a bad filter', { ...FLOW, when: { topic: 'a#' } }, 'when.topic', /level of its own/],
  ['an unknown event', { ...FLOW, when: { event: ['no_such'] } }, 'when.event[0]', /session_started/],
  [
    'a broker without topic',
    { ...FLOW, when: { attribute: 'a', broker_id: 'b' } },
    'when.broker_id',
    /topic/,
  ],
  ['a device with topic', { ...FLOW, when: { topic: 'a', device_id: 'b' } }, 'when.device_id', /topic/],
  ['no action', { ...FLOW, do: [] }, 'do', /must not be empty/],
  ['nine actions', { ...FLOW, do: Array.from({ length: 9 }, () => FLOW.do[0]) }, 'do', /8/],
  ['an empty action', action({}), 'do[0]', /must be one of publish/],
  ['two in one action', action({ ...FLOW.do[0], odoo_event: { name: 'a', data: '{}' } }), 'do[0]', /one of/],
  ['no topic', action({ publish: { body: '1' } }), 'do[0].publish.topic', /either topic or/],
  ['a wildcard', action({ publish: { topic: 'a/+', body: '1' } }), 'do[0].publish.topic', /must not contain/],
  ['a file URL', action({ webhook: { url: 'file:///x', body: '1' } }), 'do[0].webhook.url', /http/],
  ['a login', action({ webhook: { url: 'http://u:p@x/', body: '1' } }), 'do[0].webhook.url', /Authorization/],
  ['a header of HTTP', calling({ Host: 'y' }), 'do[0].webhook.headers.Host', /HTTP itself/],
  ['a bad name', calling({ 'a b': 'y' }), 'do[0].webhook.headers.a b', /not a header name/],
  ['a line break', calling({ a: 'y\r\nb: c' }), 'do[0].webhook.headers.a', /one line/],
  ['bad JSONata', { ...FLOW, if: 'payload +' }, 'if', /is not JSONata: .*at character/],
  ['a regular expression', { ...FLOW, if: '$match(payload, /a/)' }, 'if', /regular expression/],
  ['a long expression', { ...FLOW, if: `"${'x'.repeat(8200)}"` }, 'if', /8192/],
  ['an unknown field', { ...FLOW, wehn: 1 }, 'wehn', /is not known/],
  ['a mask without a value', withHeader('***'), 'do[1].webhook.headers.Authorization', /needs a value/],
];

test('every fault is named with its path, and nothing is kept', async (t) => {
  const { call, flows } = createTestFlows(t);
  for (const [what, flow, path, message] of FAULTS) {
    const { status, body } = await call('POST', '/api/flows', flow);
    assert.equal(status, 422, what);
    const found = body.errors.find((error: { path: string }) => error.path === path);
    assert.ok(found, `${what}: ${JSON.stringify(body.errors)}`);
    assert.match(found.message, message, what);
  }
  assert.deepEqual(flows.list(), []);
});

test('header values are never shown; the mask keeps one for the same server only', async (t) => {
  const { call, database } = createTestFlows(t);
  const kept = () => flowsTable(database).list()[0]?.do.at(-1)?.webhook?.headers;
  const made = await call('POST', '/api/flows', withHeader('Bearer s3cret'));
  const url = `/api/flows/${made.body.flow_id}`;
  const trial = { sample: { topic: 'button/1', payload: 'on' } };
  const answers = [
    made,
    await call('GET', url),
    await call('GET', '/api/flows'),
    await call('PATCH', url, { name: 'New' }),
    await call('PUT', url, withHeader('***', 'https://example.org/b')),
    await call('PATCH', url, { do: [withHeader('***').do[1]] }),
    await call('POST', `${url}/test`, trial),
  ];
  for (const { status, text } of answers) {
    assert.ok(status < 300, text);
    assert.ok(!text.includes('s3cret') && text.includes('***'));
  }
  assert.deepEqual(kept(), { Authorization: 'Bearer s3cret' });
  const elsewhere = await call('PUT', url, withHeader('***', 'https://example.com/a'));
  assert.equal(elsewhere.status, 422);
  await call('PUT', url, withHeader('Bearer other'));
  assert.deepEqual(kept(), { Authorization: 'Bearer other' });
});

test('names are unique, and there is a bound on their number', async (t) => {
  const { call, flows } = createTestFlows(t);
  const first = await call('POST', '/api/flows', { ...FLOW, enabled: false });
  assert.equal((await call('POST', '/api/flows', FLOW)).status, 409);
  assert.equal((await call('PATCH', `/api/flows/${first.body.flow_id}`, { name: FLOW.name })).status, 200);
  const other = await call('POST', '/api/flows', { ...FLOW, name: 'b', enabled: false });
  assert.equal((await call('PUT', `/api/flows/${other.body.flow_id}`, FLOW)).status, 409);
  for (let i = 2; i < FLOWS_MAX; i += 1) {
    await call('POST', '/api/flows', { ...FLOW, name: `n${i}`, enabled: false });
  }
  assert.equal(flows.list().length, FLOWS_MAX);
  assert.equal((await call('POST', '/api/flows', { ...FLOW, name: 'more' })).status, 409);
});

const ALL_ACTIONS = {
  ...FLOW,
  if: '$exists(payload.v)',
  do: [
    { publish: { topic_expression: '"x/" & levels[1]', qos: 1, body: 'payload' } },
    { webhook: { url: 'http://127.0.0.1:1/', headers: { K: 's3cret' }, body: 'payload.v' } },
    { odoo_event: { name: 'n', data: '{"v": payload.v}' } },
    { set_attribute: { key: 'k', value: 'payload.v' } },
  ],
};
const ON_EVENT = {
  ...FLOW,
  when: { event: ['device_online'] },
  do: [{ publish: { topic: 'x', body: '$' } }],
};
const event = { event_type: 'device_online', device_id: 'saw' };
const attribute = { device_id: 'saw', key: 'k', value: 2, previous: 1 };

const TRIALS: [what: string, flow: object, sample: object, trial: object][] = [
  [
    'every action',
    ALL_ACTIONS,
    { topic: 'button/7', payload: { v: 1 }, device_id: 'saw' },
    {
      matched: true,
      condition: true,
      actions: [
        { publish: { topic: 'x/7', broker_id: null, qos: 1, retain: false, payload: '{"v":1}' } },
        {
          webhook: {
            url: 'http://127.0.0.1:1/',
            method: 'POST',
            headers: { 'content-type': '***', K: '***' },
            body: '1',
          },
        },
        { odoo_event: { device_id: 'saw', name: 'n', data: { v: 1 } } },
        { set_attribute: { device_id: 'saw', key: 'k', value: 1 } },
      ],
      error: null,
    },
  ],
  [
    'a condition that is false',
    ALL_ACTIONS,
    { topic: 'button/7', payload: 'text' },
    { matched: true, condition: false, actions: [], error: null },
  ],
  [
    'another topic',
    FLOW,
    { topic: 'other', payload: 1 },
    { matched: false, condition: null, actions: [], error: null },
  ],
  [
    'an event',
    ON_EVENT,
    { event },
    {
      matched: true,
      condition: null,
      error: null,
      actions: [
        {
          publish: {
            topic: 'x',
            broker_id: null,
            qos: 0,
            retain: false,
            payload: JSON.stringify({ event }),
          },
        },
      ],
    },
  ],
  [
    'an attribute and a fault',
    { ...FLOW, when: { attribute: 'k' }, do: [{ publish: { topic: 'x', body: '$error("no")' } }] },
    { attribute },
    {
      matched: true,
      condition: null,
      actions: [],
      error: { path: 'do[0].publish.body', message: 'no (at character 7)' },
    },
  ],
  [
    'one that never ends',
    { ...FLOW, if: '( $f := function(){ $f() }; $f() )' },
    { topic: 'button/1', payload: 1 },
    { matched: true, condition: null, actions: [], error: { path: '', message: 'took longer than 200 ms' } },
  ],
];

test('a flow is tried in place: what it would do is told, and nothing is done', async (t) => {
  const { call, flows, published } = createTestFlows(t);
  for (const [what, flow, sample, trial] of TRIALS) {
    const unsaved = await call('POST', '/api/flows/test', { flow, sample });
    assert.deepEqual([unsaved.status, unsaved.body], [200, trial], what);
    const { body } = await call('POST', '/api/flows', { ...flow, name: what, enabled: false });
    const saved = await call('POST', `/api/flows/${body.flow_id}/test`, { sample });
    assert.deepEqual([saved.status, saved.body], [200, trial], what);
    assert.partialDeepStrictEqual(flows.one(body.flow_id)?.report, { runs: 0, actions: 0 });
  }
  assert.deepEqual(published, []);
  const sample = { topic: 'button/1', payload: 1 };
  assert.equal((await call('POST', '/api/flows/none/test', { sample })).status, 404);
  const bad = await call('POST', '/api/flows/test', { flow: { ...FLOW, if: '(' }, sample });
  assert.deepEqual([bad.status, bad.body.errors[0].path], [422, 'flow.if']);
  assert.equal((await call('POST', '/api/flows/test', { flow: FLOW, sample: {} })).status, 422);
  const many = Array.from({ length: 12 }, () => call('POST', '/api/flows/test', { flow: FLOW, sample }));
  const statuses = (await Promise.all(many)).map(({ status }) => status).sort();
  assert.deepEqual(statuses, [...Array(8).fill(200), ...Array(4).fill(429)]);
});
