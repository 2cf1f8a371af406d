import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonPlace, prettyJson } from './json-place.ts';

const FAULTS = [
  { text: '', line: 1, column: 1, code: 'json_early' },
  { text: '{"a": 1', line: 1, column: 8, code: 'json_early' },
  { text: '{"a" 1}', line: 1, column: 6, code: 'json_colon' },
  { text: '{\n  "a": 1,\n}', line: 3, column: 1, code: 'json_name' },
  { text: '[1, 2 3]', line: 1, column: 7, code: 'json_next' },
  { text: '{a: 1}', line: 1, column: 2, code: 'json_first_name' },
  { text: "{'a': 1}", line: 1, column: 2, code: 'json_quotes' },
  { text: '{"a": "b}', line: 1, column: 7, code: 'json_string' },
  { text: '[1,]', line: 1, column: 4, code: 'json_value' },
  { text: '[,]', line: 1, column: 2, code: 'json_item' },
  { text: '1 2', line: 1, column: 3, code: 'json_after' },
  { text: '[1}', line: 1, column: 3, code: 'json_next' },
];

for (const { text, ...place } of FAULTS) {
  test(`${JSON.stringify(text)} stops being JSON at ${place.line}:${place.column}`, () => {
    assert.deepEqual(jsonPlace(text), place);
    assert.throws(() => JSON.parse(text));
  });
}

test('what the language reads as JSON has no fault, however deep', () => {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000);
  for (const text of ['0', ' null ', '"ü\\u00e9"', '{"a":{"b":[1e-3,true]},"c":{}}', '[]', deep]) {
    assert.equal(jsonPlace(text), null);
  }
});

test('pretty-printing gives what the language gives, and keeps every digit', () => {
  const value = { a: [1, { b: 'x, {"y": 1}' }], c: {}, d: [], e: null };
  assert.equal(prettyJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
  assert.equal(prettyJson('{"n":12345678901234567890.10}'), '{\n  "n": 12345678901234567890.10\n}');
});
