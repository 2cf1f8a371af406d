import assert from 'node:assert/strict';
import { test } from 'node:test';
import { savedMessageSchema } from '../model/saved-message.ts';
import { createStage } from './stage.ts';

const PAYLOADS: [payload: unknown, format: string | undefined, bytes: string][] = [
  ['hello', undefined, '68656c6c6f'],
  ['', 'text', ''],
  ['é', 'text', 'c3a9'],
  ['{"a": 1.0}', 'json', '7b2261223a20312e307d'],
  [{ a: [1] }, 'json', '7b2261223a5b315d7d'],
  ['00 fF\n01', 'hex', '00ff01'],
  ['AP8B', 'base64', '00ff01'],
  ['AA==', 'base64', '00'],
];

test('a payload is sent as the bytes that it stands for', async () => {
  const { publisher, around } = createStage();
  for (const [payload, payload_format, bytes] of PAYLOADS) {
    const result = await publisher.send({ topic: 'a/b', payload, payload_format });
    assert.equal(result.status, 'sent', JSON.stringify([payload, result]));
    assert.equal(around.published.at(-1)?.message.payload.toString('hex'), bytes);
  }
});

const REFUSED: [body: Record<string, unknown>, path: string, message: RegExp][] = [
  [{ payload: '{"a": 1,}', payload_format: 'json' }, 'payload', /line 1, column 9: a name/],
  [{ payload: '', payload_format: 'json' }, 'payload', /line 1, column 1/],
  [{ payload: { a: 1 } }, 'payload', /must be text unless/],
  [{ payload: { a: 1 }, payload_format: 'hex' }, 'payload', /must be text unless/],
  [{ payload: 'abc', payload_format: 'hex' }, 'payload', /pairs of hexadecimal/],
  [{ payload: 'zz', payload_format: 'hex' }, 'payload', /pairs of hexadecimal/],
  [{ payload: 'AA', payload_format: 'base64' }, 'payload', /base64/],
  [{ payload: 'A*==', payload_format: 'base64' }, 'payload', /base64/],
  [{ payload: '\ud800' }, 'payload', /well-formed/],
  [{ payload: 'x'.repeat(262_145) }, 'payload', /262144 bytes; it has 262145/],
  [{ payload: 'é'.repeat(131_073) }, 'payload', /262144 bytes/],
  [{ payload_format: 'xml' }, 'payload_format', /text/],
  [{ topic: 'a/+' }, 'topic', /\+ or #/],
  [{ topic: '$SYS/x' }, 'topic', /begin with \$/],
  [{ topic: null }, 'topic', /is needed, or a subscription_id/],
  [{ broker_id: 'nobody' }, 'broker_id', /no broker/],
  [{ subscription_id: 'nobody' }, 'subscription_id', /no subscription/],
  [{ qos: 3 }, 'qos', /0/],
  [{ retain: 'yes' }, 'retain', /true or false/],
  [{ response_topic: 'a/#' }, 'response_topic', /\+ or #/],
  [{ correlation_data_hex: '0' }, 'correlation_data_hex', /hex/],
  [{ expiry_s: 0 }, 'expiry_s', /1/],
  [{ user_properties: { a: 1 } }, 'user_properties.a', /./],
  [{ colour: 'red' }, 'colour', /not known/],
];

test('what has faults is not sent; each is told with its path', async () => {
  const { publisher, around } = createStage();
  for (const [body, path, message] of REFUSED) {
    const result = await publisher.send({ topic: 'a/b', payload: 'x', ...body });
    const errors = result.status === 'invalid' ? result.errors : [];
    assert.deepEqual(
      errors.map((one) => one.path),
      [path],
      JSON.stringify(body).slice(0, 80),
    );
    assert.match(errors[0]?.message ?? '', message);
  }
  const two = await publisher.send({ payload: 'x', payload_format: 'hex' });
  assert.deepEqual(two.status === 'invalid' && two.errors.map(({ path }) => path), ['topic', 'payload']);
  assert.deepEqual(around.published, []);
});

test('the longest payload is sent', async () => {
  const { publisher } = createStage();
  assert.equal((await publisher.send({ topic: 'a', payload: 'x'.repeat(262_144) })).status, 'sent');
});

test('properties go along, and only those that were given', async () => {
  const { publisher, around } = createStage();
  await publisher.send({ topic: 'a', payload: 'x' });
  assert.deepEqual(around.published[0], {
    brokerId: 'main',
    message: { topic: 'a', payload: Buffer.from('x'), qos: 0, retain: false },
  });
  await publisher.send({
    topic: 'a',
    payload: 'x',
    qos: 2,
    retain: true,
    user_properties: { from: 'odoo', tag: ['a', 'b'] },
    content_type: 'text/plain',
    response_topic: 'answers',
    correlation_data_hex: '00FF',
    expiry_s: 60,
  });
  assert.deepEqual(around.published[1]?.message, {
    topic: 'a',
    payload: Buffer.from('x'),
    qos: 2,
    retain: true,
    properties: {
      userProperties: { from: 'odoo', tag: ['a', 'b'] },
      contentType: 'text/plain',
      responseTopic: 'answers',
      correlationDataHex: '00ff',
      expiryS: 60,
    },
  });
});

const ADDRESSES: [filter: string, body: Record<string, unknown>, sentTo: string | RegExp][] = [
  ['hall/light', {}, 'embedded hall/light'],
  ['hall/light', { topic: 'hall/light', broker_id: 'embedded' }, 'embedded hall/light'],
  ['hall/light', { topic: 'other' }, /does not match.*hall\/light/],
  ['hall/light', { broker_id: 'main' }, /not the broker of the subscription: embedded/],
  ['hall/+', {}, /hall\/\+ has wildcards/],
  ['hall/#', { topic: 'hall/light/1' }, 'embedded hall/light/1'],
  ['hall/+', { topic: 'hall/light/1' }, /does not match/],
  ['$SYS/load', {}, /nothing can be sent to \$SYS\/load/],
];

test('a message to a subscription goes to its topic, or to one that matches it', async () => {
  for (const [topic, body, sentTo] of ADDRESSES) {
    const { publisher, subscriptions, around } = createStage();
    const made = subscriptions.create({ topic, broker_id: 'embedded' });
    assert.ok(made.status === 'saved');
    const { subscription_id } = made.subscription;
    const result = await publisher.send({ payload: 'x', subscription_id, ...body });
    const last = around.published.at(-1);
    if (typeof sentTo === 'string') assert.equal(`${last?.brokerId} ${last?.message.topic}`, sentTo);
    else assert.match(result.status === 'invalid' ? JSON.stringify(result.errors) : result.status, sentTo);
  }
});

test('sent is what the broker confirmed; else the reason is told', async () => {
  const { publisher, around, clock } = createStage();
  around.result = { sent: true, id: 41, note: 'nobody is subscribed' };
  assert.deepEqual(await publisher.send({ topic: 'a', payload: 'x' }), {
    status: 'sent',
    brokerId: 'main',
    topic: 'a',
    id: 41,
    at: clock.wallMs(),
    note: 'nobody is subscribed',
  });
  around.result = { sent: false, reason: 'there is no connection' };
  assert.deepEqual(await publisher.send({ topic: 'a', payload: 'x' }), {
    status: 'not_sent',
    reason: 'there is no connection',
  });
});

test('a saved message is checked when it is kept, and sent as it is', async () => {
  const { savedMessages, around } = createStage();
  const bad = savedMessages.create({ name: 'Light', topic: 'a', payload: '{', payload_format: 'json' });
  assert.match(JSON.stringify(bad), /line 1, column 2/);
  const made = savedMessages.create({ name: 'Light', topic: 'hall/light', payload: 'on', retain: true });
  assert.ok(made.status === 'saved');
  savedMessageSchema.strict().parse(made.message);
  const { saved_message_id: id } = made.message;
  assert.equal(savedMessages.create({ name: 'Light', topic: 'b' }).status, 'taken');
  assert.equal(savedMessages.update(id, { payload: 'off' }).status, 'saved');
  assert.match(JSON.stringify(savedMessages.update(id, { payload_format: 'hex' })), /hexadecimal/);
  assert.equal((await savedMessages.send(id))?.status, 'sent');
  assert.deepEqual(around.published, [
    {
      brokerId: 'main',
      message: { topic: 'hall/light', payload: Buffer.from('off'), qos: 0, retain: true },
    },
  ]);
  assert.deepEqual([savedMessages.remove(id), savedMessages.remove(id)], [true, false]);
  assert.deepEqual([await savedMessages.send(id), savedMessages.list()], [null, []]);
});

test('there is a bound on saved messages', () => {
  const { savedMessages } = createStage();
  for (let n = 0; n < 500; n += 1) savedMessages.create({ name: `m${n}`, topic: 'a' });
  assert.equal(savedMessages.create({ name: 'more', topic: 'a' }).status, 'full');
});
