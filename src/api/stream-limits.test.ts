import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, BEARER, listen, message, reading, settled, started, state, turn } from './test-stream.ts';

test('a client that stops reading loses readings and messages, counted, and holds no memory', async (t) => {
  const stage = await started(t);
  const ear = await listen(stage, '?kinds=message,reading,state');
  const witness = await listen(stage, '?kinds=state');
  ear.response.pause();
  const payload = 'x'.repeat(2000);
  // Fifty seconds: after a minute it would count as gone.
  const rounds = 200;
  for (let n = 0; n < rounds; n += 1) {
    for (let i = 0; i < 200; i += 1) stage.feed.publish(message('mill/x', null, payload));
    stage.feed.publish(reading('mill', n));
    await turn();
    stage.clock.advance(250);
  }
  stage.feed.publish(state('mill'));
  await turn();
  const held = Math.max(...stage.responses.map((raw) => raw.writableLength));
  assert.ok(held < 1_000_000, `${held} bytes are held for the client`);
  await witness.until(() => witness.of('state').length === 1);
  ear.response.resume();
  const last = () => (ear.of('reading').flat().at(-1) as { power_w: number } | undefined)?.power_w;
  const lost = () => ear.of('lost') as { readings: number; messages: number }[];
  const sum = (key: 'readings' | 'messages') => lost().reduce((all, one) => all + one[key], 0);
  await ear.until(() => ear.of('message').length + sum('messages') === 200 * rounds);
  assert.ok(sum('messages') > 10_000, 'the client was not slow');
  assert.equal(ear.of('reading').length + sum('readings'), rounds);
  assert.equal(last(), rounds - 1);
  assert.equal(ear.of('state').length, 1);
});

test('a client that cannot keep up with states is closed; another one hears them all', async (t) => {
  const stage = await started(t);
  const slow = await listen(stage, '?kinds=state');
  const good = await listen(stage, '?kinds=state');
  slow.response.pause();
  const [raw] = stage.responses;
  let published = 0;
  const isClosed = () => raw?.destroyed ?? false;
  while (!isClosed() && published < 200_000) {
    for (let i = 0; i < 100; i += 1) stage.feed.publish(state('mill'));
    published += 100;
    await good.until(() => good.of('state').length === published);
  }
  assert.ok(isClosed(), 'the slow client was never closed');
  assert.equal(good.of('state').length, published);
});

test('a client that takes nothing for a minute is closed', async (t) => {
  const stage = await started(t);
  const ear = await listen(stage, '?kinds=message');
  ear.response.pause();
  const [raw] = stage.responses;
  const isFull = () => raw?.writableNeedDrain;
  while (!isFull()) {
    for (let i = 0; i < 100; i += 1) stage.feed.publish(message('mill/x', null, 'x'.repeat(2000)));
    await turn();
  }
  for (let n = 0; n < 4; n += 1) {
    assert.equal(raw?.destroyed, false);
    stage.clock.advance(15_000);
  }
  assert.equal(raw?.destroyed, true);
  await settled(() => !stage.feed.listened);
});

test('at most 100 listen; who leaves makes room', async (t) => {
  const stage = await started(t);
  const ears = await Promise.all(Array.from({ length: 100 }, () => listen(stage, '?kinds=state')));
  const refused = await ask(stage.port, '', BEARER);
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [503, '5']);
  refused.resume();
  stage.feed.publish(state('mill'));
  await Promise.all(ears.map((ear) => ear.until(() => ear.of('state').length === 1)));
  const [first] = stage.responses;
  ears[0]?.response.destroy();
  await settled(() => first?.destroyed ?? false);
  await turn();
  await listen(stage);
});

test('clients that hang up in the middle of a word harm nobody', async (t) => {
  const stage = await started(t);
  const ears = await Promise.all(Array.from({ length: 20 }, () => listen(stage)));
  for (const [i, ear] of ears.entries()) {
    if (i > 0) ear.response.destroy();
    for (let n = 0; n < 50; n += 1) stage.feed.publish(message('mill/x', null, 'x'.repeat(2000)));
    await turn();
  }
  await ears[0]?.until(() => ears[0]?.of('message').length === 1000);
  ears[0]?.response.destroy();
  await settled(() => !stage.feed.listened);
  assert.deepEqual(stage.faults, []);
});
