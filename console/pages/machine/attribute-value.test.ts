import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numbersOf, readValue, valueText } from './attribute-value.ts';

test('what is typed is read as the type that was chosen', () => {
  const cases = [
    ['STR', '5', { value: '5' }],
    ['STR', '', { value: '' }],
    ['DBL', ' 5,5 ', { value: 5.5 }],
    ['DBL', '', null],
    ['DBL', '5x', null],
    ['BOOL', 'true', { value: true }],
    ['BOOL', 'false', { value: false }],
    ['JSON', '{"a": [1]}', { value: { a: [1] } }],
    ['JSON', '{a', null],
    ['JSON', 'null', null],
  ] as const;
  for (const [type, text, expected] of cases) assert.deepEqual(readValue(text, type), expected, text);
});

test('values are shown as they are, markup included', () => {
  assert.equal(valueText('<b>x</b>'), '<b>x</b>');
  assert.equal(valueText({ a: 1 }), '{"a":1}');
  assert.equal(valueText(null), '–');
});

test('only numbers make a chart, oldest first', () => {
  const past = (value: unknown, s: number) =>
    ({ key: 'a', scope: 'device', type: 'DBL', value, at: new Date(s * 1000).toISOString() }) as const;
  assert.deepEqual(numbersOf([past(2, 20), past(null, 15), past(1, 10)]), [
    { atMs: 10_000, value: 1 },
    { atMs: 20_000, value: 2 },
  ]);
  assert.deepEqual(numbersOf([past(2, 20), past('x', 10)]), []);
});
