import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import type { LiveItem } from '../model/live.ts';
import { SESSION_COOKIE } from './access.ts';
import {
  AT,
  ask,
  BEARER,
  type Ear,
  event,
  listen,
  message,
  reading,
  started,
  state,
  turn,
} from './test-stream.ts';

test('a client is greeted with time, version and health, and told when to come back', async (t) => {
  const stage = await started(t);
  const ear = await listen(stage);
  await ear.until(() => ear.heard.length === 2);
  assert.ok(ear.text.startsWith('retry: 2000\n\nevent: hello\n'));
  assert.deepEqual(ear.of('hello'), [{ at: AT, version: '1.2.3' }]);
  assert.deepEqual(ear.of('health'), [stage.around.health]);
  const { headers } = ear.response;
  assert.equal(headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.match(String(headers['cache-control']), /no-cache/);
  assert.equal(headers['x-accel-buffering'], 'no');
});

test('1000 devices with 10 readings each: the newest of each, in one batch', async (t) => {
  const stage = await started(t);
  const ear = await listen(stage, '?kinds=reading');
  for (let n = 0; n < 10; n += 1) {
    for (let d = 0; d < 1000; d += 1) {
      stage.feed.publish(reading(`machine-${d}`, 100 * n + d, n === 3 ? { voltage_v: 231 } : {}));
    }
  }
  await turn();
  assert.deepEqual(ear.of('reading'), []);
  stage.clock.advance(250);
  const all = () => ear.of('reading').flat() as { device_id: string; power_w: number; voltage_v: number }[];
  await ear.until(() => all().length >= 1000);
  assert.deepEqual(
    all().map(({ device_id, power_w, voltage_v }) => [device_id, power_w, voltage_v]),
    Array.from({ length: 1000 }, (_, d) => [`machine-${d}`, 900 + d, 231]),
  );
  assert.ok(ear.of('reading').length <= 3);
  stage.clock.advance(1000);
  stage.feed.publish(reading('machine-0', 1));
  stage.clock.advance(250);
  await ear.until(() => all().length === 1001);
  assert.deepEqual(ear.of('lost'), []);
});

const FILTERS: [query: string, heard: string[]][] = [
  ['', ['state mill', 'state saw', 'event saw', 'message a/b', 'message c/d', 'reading mill,saw']],
  ['?kinds=state', ['state mill', 'state saw']],
  ['?kinds=state,event&device_id=saw', ['state saw', 'event saw']],
  ['?kinds=state&device_id=saw&device_id=mill', ['state mill', 'state saw']],
  ['?kinds=message&topic=a/%2B', ['message a/b']],
  ['?device_id=mill', ['state mill', 'message a/b', 'reading mill']],
  ['?kinds=reading&device_id=saw', ['reading saw']],
];

test('a client hears what it asked for', async (t) => {
  const stage = await started(t);
  const ears = await Promise.all(FILTERS.map(([query]) => listen(stage, query)));
  const items = [
    state('mill'),
    state('saw'),
    event('saw'),
    message('a/b', 'mill'),
    message('c/d'),
    reading('mill', 1),
    reading('saw', 2),
  ];
  for (const item of items) stage.feed.publish(item);
  await turn();
  stage.clock.advance(250);
  for (const [i, [query, wanted]] of FILTERS.entries()) {
    const ear = ears[i] as Ear;
    const heard = () => ear.heard.filter(({ name }) => name !== 'hello' && name !== 'health');
    await ear.until(() => heard().length >= wanted.length);
    const texts = heard().map(({ name, data }) => {
      const list = [data].flat() as { device_id: string; topic: string }[];
      return `${name} ${list.map((one) => (name === 'message' ? one.topic : one.device_id)).join()}`;
    });
    assert.deepEqual(texts, wanted, query);
  }
});

test('a message is made only when somebody wants it, and its payload is cut', async (t) => {
  const stage = await started(t);
  const ear = await listen(stage, '?kinds=message&topic=mill/%23');
  const other: LiveItem = { ...message('saw/x'), record: () => assert.fail('nobody wants it') } as LiveItem;
  stage.feed.publish(other);
  stage.feed.publish(message('mill/x', null, 'ä'.repeat(5000)));
  await ear.until(() => ear.of('message').length === 1);
  const [record] = ear.of('message') as { payload: string; bytes: number }[];
  assert.deepEqual([record?.payload, record?.bytes], ['ä'.repeat(1024), 10_000]);
  assert.deepEqual(stage.faults, []);
});

test('health comes when it changes and every 15 s; a comment keeps the line open', async (t) => {
  const stage = await started(t);
  const ear = await listen(stage, '?kinds=health');
  await ear.until(() => ear.of('health').length === 1);
  stage.around.health = { ...stage.around.health, uptime_seconds: 99 };
  stage.clock.advance(14_750);
  stage.around.health = { ...stage.around.health, status: 'degraded' };
  stage.clock.advance(250);
  await ear.until(() => ear.text.includes(': heartbeat'));
  stage.clock.advance(14_750);
  stage.clock.advance(250);
  await ear.until(() => ear.of('health').length === 3);
  const seen = ear.of('health') as { status: string }[];
  assert.deepEqual(
    seen.map(({ status }) => status),
    ['ok', 'degraded', 'degraded'],
  );
});

test('the stream ends with the server, and nothing listens any more', async (t) => {
  const stage = await started(t);
  const ear = await listen(stage);
  const ended = once(ear.response, 'end');
  await stage.app.close();
  await ended;
  assert.equal(stage.feed.listened, false);
});

test('the stream ends with the session of the browser, at the next heartbeat', async (t) => {
  const stage = await started(t);
  const id = stage.access.logins.begin('view');
  const ear = await listen(stage, '', { cookie: `${SESSION_COOKIE}=${id}` });
  const other = await listen(stage);
  stage.clock.advance(15_000);
  await ear.until(() => ear.text.includes(': heartbeat'));
  const ended = once(ear.response, 'end');
  stage.access.logins.end(id);
  stage.clock.advance(15_000);
  await ended;
  stage.feed.publish(state('mill'));
  await other.until(() => other.of('state').length === 1);
});

const REFUSED: [query: string, headers: OutgoingHttpHeaders, status: number][] = [
  ['', {}, 401],
  ['', { authorization: 'Bearer wrong' }, 401],
  ['?kinds=reading,power', BEARER, 422],
  ['?kinds=', BEARER, 422],
  ['?topic=a%23', BEARER, 422],
  ['?device_id=', BEARER, 422],
];

test('who may not listen, and what cannot be listened to', async (t) => {
  const stage = await started(t);
  for (const [query, headers, status] of REFUSED) {
    const response = await ask(stage.port, query, headers);
    assert.equal(response.statusCode, status, query);
    response.resume();
  }
  assert.equal(stage.feed.listened, false);
  const head = await stage.app.inject({ method: 'HEAD', url: '/api/stream', headers: BEARER });
  assert.deepEqual(
    [head.statusCode, head.headers['content-type']],
    [200, 'text/event-stream; charset=utf-8'],
  );
});
