import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message, OutgoingMessage, PublishResult } from '../model/message.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { type Ask, type DeviceCommand, DeviceRequests } from './device-requests.ts';
import { type Listening, Requests } from './requests.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function setUp() {
  const clock = new ManualClock();
  const around = {
    published: [] as { brokerId: string; message: OutgoingMessage }[],
    listening: [] as string[],
    asked: [] as Ask[],
    listen: (): Promise<Listening | null> => Promise.resolve(null),
    publish: (): Promise<PublishResult> => Promise.resolve({ sent: true }),
    probe: null as DeviceCommand | null,
  };
  const requests = new Requests({
    async publish(brokerId, message) {
      around.published.push({ brokerId, message });
      return around.publish();
    },
    async listen(brokerId, filter) {
      const name = `${brokerId} ${filter}`;
      around.listening.push(name);
      const release = () => around.listening.splice(around.listening.indexOf(name), 1);
      return (await around.listen()) ?? { listening: true, release };
    },
    clock,
  });
  const devices = new DeviceRequests({
    requests,
    brokerOf: (deviceId) => (deviceId === 'nobody' ? null : 'hall'),
    probe: () => around.probe,
    commandFor(_deviceId, ask) {
      around.asked.push(ask);
      return ask.family === 'shelly'
        ? {
            topic: 'plug/rpc',
            payload: JSON.stringify({
              id: ask.id,
              src: 'plug/bridge',
              method: ask.method,
              params: ask.params,
            }),
            answerTopics: ['plug/bridge/rpc'],
            match: { path: '$.id', value: ask.id },
          }
        : { problem: 'This device is no Tasmota' };
    },
    firstId: 1000,
  });
  const hear = (topic: string, payload: string, more: { retained?: boolean; brokerId?: string } = {}) => {
    const { retained = false, brokerId = 'hall' } = more;
    const at = { receivedAt: clock.wallMs(), steadyAt: clock.steadyMs() };
    const message: Message = {
      topic,
      payload: Buffer.from(payload),
      ...at,
      retained,
      qos: 0,
      done: () => undefined,
    };
    requests.heard(message, brokerId);
  };
  return { clock, around, requests, devices, hear };
}

const RAW = { topic: 'light/set', payload: 'on', answer_topic: 'light/#' };

test('the first message that fits is the answer; then nobody listens any more', async () => {
  const { clock, around, devices, hear } = setUp();
  const answer = devices.ask('light', RAW);
  await turn();
  assert.deepEqual(around.listening, ['hall light/#']);
  assert.deepEqual(around.published, [
    { brokerId: 'hall', message: { topic: 'light/set', payload: Buffer.from('on'), qos: 0, retain: false } },
  ]);
  clock.advance(42);
  hear('light/state', 'off', { retained: true });
  hear('light/state', 'off', { brokerId: 'main' });
  hear('lamp/state', 'off');
  hear('light/set', 'on');
  hear('light/state', 'on');
  hear('light/state', 'later');
  assert.deepEqual(await answer, {
    status: 'answered',
    topic: 'light/state',
    payload: Buffer.from('on'),
    latencyMs: 42,
  });
  assert.deepEqual(around.listening, []);
});

test('nothing is an answer before the question was sent', async () => {
  const { around, devices, hear, clock } = setUp();
  const answer = devices.ask('light', RAW);
  hear('light/state', 'old');
  await turn();
  hear('light/state', 'new');
  const result = await answer;
  assert.equal(result.status === 'answered' && result.payload.toString(), 'new');
  around.publish = () => new Promise(() => undefined);
  const early = devices.ask('light', RAW);
  await turn();
  hear('light/state', 'before the broker confirmed');
  assert.equal((await early).status, 'answered');
  clock.advance(60_000);
});

test('time runs out after what was asked for, or 10 s; a late answer changes nothing', async () => {
  for (const [timeout_s, seconds] of [
    [undefined, 10],
    [1, 1],
    [60, 60],
  ] as const) {
    const { clock, around, devices, hear } = setUp();
    const answer = devices.ask('light', { ...RAW, timeout_s });
    await turn();
    let settled = false;
    void answer.finally(() => {
      settled = true;
    });
    clock.advance(seconds * 1000 - 1);
    await turn();
    assert.equal(settled, false);
    clock.advance(1);
    hear('light/state', 'late');
    assert.deepEqual(await answer, { status: 'timed_out', topic: 'light/set', timeoutS: seconds });
    assert.deepEqual(around.listening, []);
  }
});

test('what was not sent says why, and leaves nothing behind', async () => {
  const { clock, around, devices } = setUp();
  around.publish = async () => ({ sent: false, reason: 'there is no connection' });
  assert.deepEqual(await devices.ask('light', RAW), { status: 'not_sent', reason: 'there is no connection' });
  around.publish = () => Promise.reject(new Error('broken'));
  assert.deepEqual(await devices.ask('light', RAW), { status: 'not_sent', reason: 'broken' });
  assert.deepEqual(around.listening, []);
  around.listen = async () => ({ listening: false, reason: 'not authorised' });
  assert.deepEqual(await devices.ask('light', RAW), { status: 'not_sent', reason: 'not authorised' });
  assert.equal(around.published.length, 2);
  let confirm: (listening: Listening) => void = () => undefined;
  let released = 0;
  around.listen = () => new Promise((resolve) => (confirm = resolve));
  const slow = devices.ask('light', RAW);
  clock.advance(10_000);
  const result = await slow;
  assert.match(
    result.status === 'not_sent' ? result.reason : result.status,
    /did not confirm the subscription/,
  );
  confirm({ listening: true, release: () => released++ });
  await turn();
  assert.deepEqual([released, around.published.length], [1, 2]);
});

test('an RPC of the device API is answered under its own number', async () => {
  const { around, devices, hear } = setUp();
  const first = devices.ask('mill', { rpc: { method: 'reboot' } });
  const second = devices.ask('mill', { rpc: { method: 'set', params: [1] } });
  await turn();
  assert.deepEqual(
    around.published.map(({ message }) => [message.topic, message.payload.toString(), message.qos]),
    [
      ['messages/mill/rpc/request/1000', '{"method":"reboot","params":{}}', 1],
      ['messages/mill/rpc/request/1001', '{"method":"set","params":[1]}', 1],
    ],
  );
  hear('messages/mill/rpc/response/1001', '"b"');
  hear('messages/mill/rpc/response/1000', '"a"');
  const payloads = [await first, await second].map(
    (one) => one.status === 'answered' && one.payload.toString(),
  );
  assert.deepEqual(payloads, ['"a"', '"b"']);
  assert.equal((await devices.ask('a/b', { rpc: { method: 'x' } })).status, 'impossible');
});

test('questions in the words of a family are made for the device, and answers told apart', async () => {
  const { around, devices, hear } = setUp();
  const first = devices.ask('plug', { shelly: { method: 'Switch.Set', params: { id: 0, on: true } } });
  const second = devices.ask('plug', { shelly: { method: 'Shelly.GetStatus' } });
  await turn();
  for (const payload of ['not JSON', 'null', '{"id":"1001"}', '{"id":1001}', '{"id":1000}']) {
    hear('plug/bridge/rpc', payload);
  }
  const payloads = [await first, await second].map(
    (one) => one.status === 'answered' && one.payload.toString(),
  );
  assert.deepEqual(payloads, ['{"id":1000}', '{"id":1001}']);
  assert.deepEqual(await devices.ask('plug', { tasmota: { command: 'Power', payload: 'ON' } }), {
    status: 'impossible',
    reason: 'This device is no Tasmota',
  });
  assert.deepEqual(around.asked.at(-1), { family: 'tasmota', id: 1002, command: 'Power', payload: 'ON' });
});

test('the state is asked for as the family is asked', async () => {
  const { around, devices, hear } = setUp();
  assert.equal((await devices.ask('plug', { method: 'status' })).status, 'impossible');
  around.probe = { topic: 'cmnd/plug/Status', payload: '10', answerTopics: ['stat/plug/STATUS10', 'x'] };
  const answer = devices.ask('plug', { method: 'status' });
  await turn();
  assert.deepEqual(around.listening, ['hall stat/plug/STATUS10', 'hall x']);
  hear('stat/plug/STATUS10', '{}');
  assert.equal((await answer).status, 'answered');
  assert.deepEqual(around.listening, []);
});

const TOPICS: [answerTopic: string, topic: string, fits: boolean][] = [
  ['light/#', 'light', true],
  ['light/#', 'lights', false],
  ['light/+/state', 'light/1/state', true],
  ['light/+/state', 'light/1', false],
  ['#', 'any/thing', true],
  ['#', '$SYS/load', false],
  ['+', 'light', true],
  ['light/state', 'light/state/1', false],
];

test('an answer comes on a topic that the filter matches', async () => {
  for (const [answer_topic, topic, fits] of TOPICS) {
    const { devices, hear, clock } = setUp();
    const answer = devices.ask('light', { ...RAW, answer_topic });
    await turn();
    hear(topic, 'yes');
    clock.advance(10_000);
    assert.equal((await answer).status, fits ? 'answered' : 'timed_out', `${answer_topic} ${topic}`);
  }
});

const MATCHES: [path: string, value: unknown, payload: string, fits: boolean][] = [
  ['$.id', 7, '{"id":7}', true],
  ['id', 7, '{"id":"7"}', false],
  ['result.list[1].ok', true, '{"result":{"list":[{},{"ok":true}]}}', true],
  ['result.0', null, '{"result":[null]}', true],
  ['$', 'done', '"done"', true],
  ['a.b', null, '{"a":null}', false],
  ['toString', null, '{}', false],
  ['__proto__.x', 1, '{"__proto__":{"x":1}}', true],
];

test('only an answer with the value that is asked for is one', async () => {
  for (const [path, value, payload, fits] of MATCHES) {
    const { devices, hear, clock } = setUp();
    const answer = devices.ask('light', { ...RAW, match: { path, value } });
    await turn();
    hear('light/state', payload);
    clock.advance(10_000);
    assert.equal((await answer).status, fits ? 'answered' : 'timed_out', `${path} ${payload}`);
  }
});

const REFUSED: [body: unknown, path: string, message: RegExp][] = [
  [{}, '', /exactly one of method, rpc, shelly, tasmota, topic/],
  [null, '', /exactly one/],
  [{ method: 'status', rpc: { method: 'x' } }, '', /exactly one/],
  [{ method: 'reboot' }, 'method', /status/],
  [{ rpc: {} }, 'rpc.method', /./],
  [{ shelly: { method: '1' } }, 'shelly.method', /such as/],
  [{ tasmota: { command: 'a/b' } }, 'tasmota.command', /such as/],
  [{ topic: 'a' }, 'answer_topic', /./],
  [{ ...RAW, topic: 'a/#' }, 'topic', /\+ or #/],
  [{ ...RAW, answer_topic: '$SYS/#' }, 'answer_topic', /\$/],
  [{ ...RAW, payload: '{', payload_format: 'json' }, 'payload', /line 1, column 2/],
  [{ ...RAW, timeout_s: 0 }, 'timeout_s', /1/],
  [{ ...RAW, timeout_s: 61 }, 'timeout_s', /60/],
  [{ ...RAW, retain: true }, 'retain', /not known/],
];

test('what has faults is not sent', async () => {
  const { devices, around } = setUp();
  for (const [body, path, message] of REFUSED) {
    const result = await devices.ask('light', body);
    const errors = result.status === 'invalid' ? result.errors : [];
    assert.deepEqual(
      errors.map((one) => one.path),
      [path],
      JSON.stringify(body),
    );
    assert.match(errors[0]?.message ?? '', message);
  }
  assert.deepEqual(await devices.ask('nobody', RAW), { status: 'unknown' });
  assert.deepEqual([around.published, around.listening], [[], []]);
});

test('a hundred questions wait at most, and all are let go at the end', async () => {
  const { requests, devices, around } = setUp();
  const waiting = Array.from({ length: 100 }, () => devices.ask('light', RAW));
  const more = await devices.ask('light', RAW);
  assert.match(more.status === 'not_sent' ? more.reason : more.status, /100 requests wait/);
  await turn();
  requests.end();
  for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 'not_sent');
  assert.equal((await devices.ask('light', RAW)).status, 'not_sent');
  assert.deepEqual(around.listening, []);
});
