import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { systemClock } from '../platform/clock.ts';
import { createTestEngine, flowOf, onlineEvent, publishing, until } from './engine-harness.ts';

test('a message sets off every action, in order, with what the expressions made of it', async (t) => {
  const { engine, say, done, reports } = createTestEngine(t);
  const when = { topic: 'hall/+/temp', broker_id: 'main' };
  const actions = [
    { publish: { topic_expression: '"out/" & levels[1]', body: '{"v": payload.c * 2}', broker_id: 'b2' } },
    { publish: { topic: 'raw', body: 'payload_text & "/" & qos & "/" & device_id' } },
    { odoo_event: { name: 'hot', data: '{"c": payload.c, "at": at}' } },
    { set_attribute: { device_id: 'lamp', key: 'on', value: 'payload.c > 30' } },
  ];
  engine.put(flowOf('hot', { when, if: 'payload.c > 20', do: actions }));
  say('hall/a/temp', '{"c": 20}', 'main', 'oven');
  say('hall/a/humidity', '{"c": 21}', 'main', 'oven');
  say('hall/a/temp', '{"c": 21}', 'other', 'oven');
  say('hall/a/temp', '{"c": 21}', 'main', 'oven');
  const report = await reports('hot', ({ actions: count }) => count === 4);
  assert.partialDeepStrictEqual(report, {
    state: 'enabled',
    runs: 2,
    matched: 1,
    errors: 0,
    last_error: null,
  });
  assert.deepEqual(done.slice(0, 2), [
    ['out/a', '{"v":42}', 'b2'],
    ['raw', '{"c": 21}/0/oven'],
  ]);
  assert.partialDeepStrictEqual(done[2], {
    event_type: 'flow_event',
    device_id: 'oven',
    payload: { flow_id: 'hot', flow: 'hot', name: 'hot', data: { c: 21, at: '1970-01-01T00:00:00.000Z' } },
  });
  assert.deepEqual(done[3], { deviceId: 'lamp', key: 'on', value: false });
});

test('events and attributes set flows off, of the device that was asked for', async (t) => {
  const { engine, setAttribute, done } = createTestEngine(t);
  engine.put(
    flowOf('event', {
      when: { event: ['device_online'], device_id: 'saw' },
      do: [publishing('e', 'event.payload.machine_name')],
    }),
    flowOf('attribute', {
      when: { attribute: 'mode' },
      do: [publishing('a', 'attribute.(device_id & ":" & $string(previous) & ">" & $string(value))')],
    }),
  );
  engine.event(onlineEvent('mill'));
  engine.event(onlineEvent('saw'));
  setAttribute('mill', 'mode', 1);
  setAttribute('mill', 'speed', 1);
  setAttribute('mill', 'mode', 1);
  setAttribute('mill', 'mode', { a: 2 });
  await until(() => done.length === 3);
  assert.deepEqual(new Set(done.map(String)), new Set(['e,saw', 'a,mill:null>1', 'a,mill:1>{"a":2}']));
});

const FAULTY: [what: string, action: object, error: RegExp][] = [
  ['an expression that throws', publishing('x', '$error("no good")'), /do\[0\]\.publish\.body: no good/],
  ['wrong types', publishing('x', 'payload + {}'), /do\[0\]\.publish\.body: The right side/],
  ['nothing as a body', publishing('x', 'missing'), /do\[0\]\.publish\.body gives nothing/],
  ['a function as a body', publishing('x', '$sum'), /gives a function/],
  ['too much', publishing('x', '$pad("", 300000, "x")'), /more than 262144 characters/],
  [
    'a topic with a wildcard',
    { publish: { topic_expression: '"a/#"', body: '1' } },
    /topic_expression gives no topic/,
  ],
  ['no device', { odoo_event: { name: 'n', data: '{"a": 1}' } }, /odoo_event needs a device_id/],
  ['no object for Odoo', { odoo_event: { name: 'n', device_id: 'd', data: '[1]' } }, /gives no object/],
  [
    'a device that is unknown',
    { set_attribute: { device_id: 'nobody', key: 'k', value: '1' } },
    /do\[0\]: there is no such device/,
  ],
  [
    'a regular expression by a side door',
    publishing('x', '$eval("$match(\\"a\\", /a/)")'),
    /regular expression is not allowed/,
  ],
];

test('a flow that throws is counted and told of, and goes on with the next trigger', async (t) => {
  const { engine, say, reports, metrics } = createTestEngine(t);
  for (const [what, action, error] of FAULTY) {
    engine.put(flowOf(what, { when: { topic: what }, do: [action] }));
    say(what, '1');
    say(what, '2');
    const report = await reports(what, ({ errors }) => errors === 2);
    assert.equal(report.state, 'enabled', what);
    assert.match(report.last_error?.message ?? '', error, what);
  }
  const { values } = await metrics.flowErrors.get();
  assert.equal(values[0]?.value, 2 * FAULTY.length);
});

test('an action that fails does not keep the next from being carried out', async (t) => {
  const { engine, say, around, done, reports, clock } = createTestEngine(t);
  engine.put(flowOf('f', { do: [publishing('x'), publishing('y')] }));
  around.publish = async ({ topic }) => (topic === 'x' ? { sent: false, reason: 'no link' } : { sent: true });
  say('f/1', 'a');
  const report = await reports('f', ({ actions }) => actions === 1);
  assert.deepEqual([report.errors, report.last_error?.message], [1, 'do[0]: no link']);
  assert.deepEqual(done, [
    ['x', 'a'],
    ['y', 'a'],
  ]);
  around.publish = () => new Promise(() => {});
  say('f/1', 'b');
  await until(() => done.length === 3);
  clock.advance(10_000);
  await until(() => done.length === 4);
  clock.advance(10_000);
  const late = await reports('f', ({ errors }) => errors === 3);
  assert.match(late.last_error?.message ?? '', /did not confirm the message within 10 s/);
});

test('10 000 messages at once: 200 run, the rest is left out, and another flow has its turn', async (t) => {
  const { engine, say, reports, clock, done } = createTestEngine(t);
  engine.put(flowOf('flood', { do: [publishing('x')] }), flowOf('calm', { do: [publishing('y')] }));
  for (let i = 0; i < 10_000; i += 1) say(`flood/${i % 7}`, String(i));
  say('calm/1', 'here');
  const calm = await reports('calm', ({ actions }) => actions === 1);
  assert.equal(calm.throttled, 0);
  assert.ok(done.length < 50, `the other flow waited for ${done.length} runs`);
  const flood = await reports('flood', ({ actions }) => actions === 200);
  assert.deepEqual([flood.runs, flood.throttled, flood.dropped], [200, 9800, 0]);
  const told = done.flatMap((one) => (Array.isArray(one) && one[0] === 'x' ? [Number(one[1])] : []));
  assert.deepEqual(
    told,
    Array.from({ length: 200 }, (_, i) => i),
  );
  clock.advance(1000);
  for (let i = 0; i < 150; i += 1) say('flood/1', 'more');
  assert.equal(engine.report('flood').throttled, 9850);
});

test('while actions hang at most 1 000 triggers wait; the fullest flow loses its oldest', async (t) => {
  const { engine, say, around, reports, done } = createTestEngine(t);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  around.publish = () => held.then(() => ({ sent: true }));
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  engine.put(...ids.map((id) => flowOf(id, { do: [publishing(`out-${id}`)] })));
  for (const id of ids) for (let i = 0; i < 180; i += 1) say(`${id}/x`, String(i));
  const dropped = () => ids.map((id) => engine.report(id).dropped);
  assert.equal(
    dropped().reduce((sum, n) => sum + n),
    6 * 180 - 6 - 1000,
    'one of each is in hand',
  );
  assert.ok(Math.max(...dropped()) - Math.min(...dropped()) <= 1, 'spread evenly');
  release();
  for (const id of ids) await reports(id, (report) => report.actions + report.dropped === 180);
  const ofA = done.flatMap((one) => (Array.isArray(one) && one[0] === 'out-a' ? [Number(one[1])] : []));
  assert.deepEqual(
    ofA,
    ofA.toSorted((x, y) => x - y),
    'order is kept',
  );
  assert.equal(ofA.at(-1), 179);
});

test('a payload that is too large is left out and told of', async (t) => {
  const { engine, say } = createTestEngine(t);
  engine.put(flowOf('f', { do: [publishing('x')] }));
  say('f/1', Buffer.alloc(262_145));
  assert.partialDeepStrictEqual(engine.report('f'), { dropped: 1, runs: 0 });
  assert.match(engine.report('f').last_error?.message ?? '', /262145 bytes/);
});

test('a changed flow runs as it is now; a disabled or removed one does not run', async (t) => {
  const { engine, say, done, reports } = createTestEngine(t);
  engine.put(flowOf('f', { do: [publishing('old')] }));
  engine.put(flowOf('f', { do: [publishing('new')] }));
  say('f/1', 'a');
  await reports('f', ({ actions }) => actions === 1);
  engine.put(flowOf('f', { enabled: false, do: [publishing('new')] }));
  assert.equal(engine.report('f').state, 'disabled');
  say('f/1', 'b');
  engine.put(flowOf('g', { do: [publishing('g')] }));
  say('g/1', 'c');
  engine.remove('g');
  engine.put(flowOf('h', { do: [publishing('h')] }));
  say('h/1', 'd');
  await reports('h', ({ actions }) => actions === 1);
  assert.deepEqual(done, [
    ['new', 'a'],
    ['h', 'd'],
  ]);
});

const ENDLESS: [what: string, expression: string][] = [
  ['a function that calls itself for ever', '( $f := function(){ $f() }; $f() )'],
  ['a huge loop', '$map([1..100000], function($a){ $map([1..100000], function($b){ $b }) })'],
  ['one step that does not end in time', '$count($split($pad("", 120000000, "x"), ""))'],
];

/** The most work (processor time, so that a busy machine does not count) in one turn of this thread's loop. */
function watchTurns(): { stop(): number } {
  let longestUs = 0;
  let before = process.threadCpuUsage();
  const turn = () => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    longestUs = Math.max(longestUs, user + system);
  };
  const timer = setInterval(turn, 1).unref();
  return {
    stop() {
      turn();
      clearInterval(timer);
      return longestUs / 1000;
    },
  };
}

test('a flow that never ends is ended and suspended; the loop stays free and other flows run', async (t) => {
  const { engine, say, reports, lines } = createTestEngine(t, systemClock());
  for (const [what, body] of ENDLESS) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const turns = watchTurns();
    engine.put(flowOf('endless', { do: [publishing('x', body)] }), flowOf('good', { do: [publishing('y')] }));
    const before = engine.report('good').actions;
    delay.enable();
    for (let i = 0; i < 4; i += 1) say('endless/1', String(i));
    say('good/1', 'here');
    await reports('good', ({ actions }) => actions === before + 1);
    const { suspended_because: reason, actions } = await reports(
      'endless',
      ({ state }) => state === 'suspended',
    );
    delay.disable();
    const busyMs = turns.stop();
    t.diagnostic(`${what}: longest delay of the loop ${(delay.max / 1e6).toFixed(1)} ms, work ${busyMs} ms`);
    assert.ok(busyMs < 50, `${what}: one turn of the loop took ${busyMs} ms of work`);
    assert.match(reason ?? '', /3 times in a row/);
    assert.equal(actions, 0);
  }
  assert.equal(lines.filter(({ event }) => event === 'flow_suspended').length, ENDLESS.length);
  engine.put(flowOf('endless', { do: [publishing('x', '"well"')] }));
  say('endless/1', '');
  assert.equal((await reports('endless', ({ actions }) => actions === 1)).state, 'enabled');
});
