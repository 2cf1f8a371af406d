import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '../platform/clock.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { Evaluator } from './evaluator.ts';
import type { Trigger } from './trigger.ts';

const log = { debug() {}, info() {}, warning() {}, error() {}, debugs: false };

function createEvaluator(t: TestContext, clock: Clock = systemClock()): Evaluator {
  const evaluator = new Evaluator({ clock, log });
  t.after(() => evaluator.stop());
  return evaluator;
}

const message = (payload: string): Trigger => ({
  kind: 'message',
  topic: 'a/b',
  payload: Buffer.from(payload),
  qos: 1,
  retained: true,
  at: 0,
  brokerId: 'main',
  deviceId: null,
});
const asking = (payload: string, ...expressions: string[]) => ({
  trigger: message(payload),
  condition: null,
  expressions,
});

const BODIES: [payload: string, expression: string, text: string | null, isText?: boolean][] = [
  ['{"a": [1, {"b": 2}]}', 'payload.a[1].b', '2'],
  ['plain', 'payload', 'plain', true],
  ['plain', 'payload_text', 'plain', true],
  ['"quoted"', 'payload', 'quoted', true],
  ['null', 'payload', 'null'],
  ['', '[payload, payload_text]', '["",""]'],
  ['x', 'levels', '["a","b"]'],
  ['x', '[qos, retained, broker_id, device_id, at]', '[1,true,"main",null,"1970-01-01T00:00:00.000Z"]'],
  ['x', '{"f": $sum, "g": function($x){$x}}', '{"f":null,"g":null}'],
  ['[1,2,3]', 'payload[$ > 1]', '[2,3]'],
  ['x', 'nothing', null],
];

test('expressions see the message, and give text or JSON', async (t) => {
  const evaluator = createEvaluator(t);
  for (const [payload, expression, text, isText = false] of BODIES) {
    const outcome = await evaluator.evaluate(asking(payload, expression));
    const value = text === null ? null : { text, isText };
    assert.deepEqual(outcome, { status: 'done', condition: null, values: [value] }, expression);
  }
  const binary = { ...message(''), payload: Buffer.from([0xff, 0xfe]) } as Trigger;
  const expressions = ['[payload, payload_text]'];
  assert.partialDeepStrictEqual(await evaluator.evaluate({ trigger: binary, condition: null, expressions }), {
    values: [{ text: '[null,null]' }],
  });
});

const CONDITIONS: [condition: string, isTrue: boolean][] = [
  ['payload.n = 1', true],
  ['payload.n = 2', false],
  ['payload.missing', false],
  ['payload.n', true],
  ['0', false],
  ['""', false],
  ['"false"', true],
  ['[0, 0]', false],
  ['[0, 1]', true],
  ['{}', false],
  ['$sum', false],
];

test('a condition is true as $boolean says; without it no body is worked out', async (t) => {
  const evaluator = createEvaluator(t);
  for (const [condition, isTrue] of CONDITIONS) {
    const request = { trigger: message('{"n": 1}'), condition, expressions: ['1', '2'] };
    const outcome = await evaluator.evaluate(request);
    assert.partialDeepStrictEqual(outcome, { status: 'done', condition: isTrue }, condition);
    assert.equal(outcome.status === 'done' && outcome.values.length, isTrue ? 2 : 0, condition);
  }
});

/** One allocation of these would end a process whose thread it were. */
const ENDINGS: [expression: string, statuses: string[]][] = [
  ['$error("x")', ['failed']],
  ['( $f := function($n){ 1 + $f($n) }; $f(1) )', ['failed']],
  ['[1..9999999]', ['failed']],
  ['( $f := function(){ $f() }; $f() )', ['timeout']],
  ['$sort([1..100000], function($a, $b){ $a < $b })', ['timeout']],
  ['$uppercase($pad("", 150000000, "x"))', ['died', 'timeout']],
  ['$count($split($pad("", 60000000, "x"), ""))', ['died', 'timeout']],
];

test('whatever an expression does, the next one is answered', async (t) => {
  const evaluator = createEvaluator(t);
  for (const [expression, statuses] of ENDINGS) {
    const [ended, next] = await Promise.all([
      evaluator.evaluate(asking('1', '1', expression)),
      evaluator.evaluate(asking('1', 'payload + 1')),
    ]);
    assert.ok(statuses.includes(ended.status), `${expression}: ${JSON.stringify(ended)}`);
    if (ended.status === 'failed') assert.equal(ended.index, 1);
    assert.partialDeepStrictEqual(next, { status: 'done', values: [{ text: '2' }] }, expression);
  }
});

test('what holds the bridge up for longer than an evaluation may take is not blamed on it', async (t) => {
  const evaluator = createEvaluator(t);
  await evaluator.evaluate(asking('1', '1'));
  const outcome = evaluator.evaluate(asking('1', '2'));
  const start = performance.now();
  while (performance.now() - start < 400);
  assert.equal((await outcome).status, 'done');
});

test('stopped, it answers what waits and what comes, and leaves no process behind', async (t) => {
  const evaluator = createEvaluator(t, new ManualClock());
  const waiting = [1, 2, 3].map(() => evaluator.evaluate(asking('1', '( $f := function(){ $f() }; $f() )')));
  await evaluator.stop();
  await evaluator.stop();
  const outcomes = await Promise.all([...waiting, evaluator.evaluate(asking('1', '1'))]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    Array.from({ length: 4 }, () => 'unavailable'),
  );
});

test('a process that does not start in time is given up, and tried again a second later', async (t) => {
  const clock = new ManualClock();
  const evaluator = createEvaluator(t, clock);
  const first = evaluator.evaluate(asking('1', '1'));
  clock.advance(10_000);
  assert.equal((await first).status, 'unavailable');
  assert.equal((await evaluator.evaluate(asking('1', '1'))).status, 'unavailable');
  clock.advance(1000);
  assert.equal((await evaluator.evaluate(asking('1', '1'))).status, 'done');
});
