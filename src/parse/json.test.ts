import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from './json.ts';

const parse = (text: string) => parseJson(Buffer.from(text));
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const plain: [text: string, value: unknown][] = [
  ['{"a":[1,"x",null,true]}', { a: [1, 'x', null, true] }],
  [' 120.5\n', 120.5],
  ['"nan"', 'nan'],
  ['{"k":"\uFFFD"}', { k: '\uFFFD' }],
];
for (const [text, value] of plain) {
  test(`${JSON.stringify(text)} is plain JSON`, () => {
    assert.deepEqual(parse(text), { value, repaired: false });
  });
}

const repaired: [text: string, value: unknown][] = [
  ['{"a":nan,"b":NaN,"c":-nan}', { a: null, b: null, c: null }],
  ['[inf,-inf,Infinity,-Infinity,INF]', [null, null, null, null, null]],
  ['{"nan":nan,"s":"nan, inf and \\"nan\\""}', { nan: null, s: 'nan, inf and "nan"' }],
  ['nan', null],
  ['\uFEFF{"a":1}', { a: 1 }],
];
for (const [text, value] of repaired) {
  test(`${JSON.stringify(text)} is read with null for what JSON lacks`, () => {
    assert.deepEqual(parse(text), { value, repaired: true });
  });
}

const unusable: [name: string, payload: Buffer, reason: string][] = [
  ['nothing', Buffer.alloc(0), 'empty'],
  ['white space', Buffer.from(' \r\n\t'), 'empty'],
  ['half an object', Buffer.from('{"a":'), 'not_json'],
  ['a nan inside of a word', Buffer.from('{"a":nanny}'), 'not_json'],
  ['an unclosed string full of escapes', Buffer.from(`"${'\\"'.repeat(30_000)}\\`), 'not_json'],
  ['a broken sequence', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'invalid_utf8'],
  ['a cut sequence', Buffer.from([0x22, 0xe2, 0x82]), 'invalid_utf8'],
  ['a surrogate half', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'invalid_utf8'],
  ['64 KiB and a byte', Buffer.from(`"${'x'.repeat(65_536)}`), 'too_large'],
  ['65 levels', Buffer.from(nested(65)), 'not_json'],
  ['65 levels among strings', Buffer.from(`["\\"[",${nested(64)},"]]"]`), 'not_json'],
];
for (const [name, payload, reason] of unusable) {
  test(`${name} is ${reason}`, () => {
    const result = parseJson(payload);
    assert.equal('reason' in result && result.reason, reason);
  });
}

test('64 KiB are read', () => {
  assert.deepEqual(parse(`"${'x'.repeat(65_534)}"`), { value: 'x'.repeat(65_534), repaired: false });
});

test('64 levels are read, and brackets in strings are no levels', () => {
  assert.ok('value' in parse(nested(64)));
  assert.ok('value' in parse(JSON.stringify(['['.repeat(200), `"\\${'{'.repeat(200)}`])));
});

test('keys that JavaScript has a meaning for are plain data', () => {
  const result = parse('{"__proto__":{"polluted":1},"constructor":2}');
  assert.ok('value' in result);
  assert.deepEqual(Object.keys(result.value as object), ['__proto__', 'constructor']);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});
