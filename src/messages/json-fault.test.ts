import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonFault } from './json-fault.ts';

const FAULTS: [text: string, line: number, column: number, message: RegExp][] = [
  ['', 1, 1, /ends too early: a value/],
  ['{"a": x}', 1, 7, /a value is expected/],
  ['{"a": 1,}', 1, 9, /name in double quotes/],
  ["{'a': 1}", 1, 2, /double quotes/],
  ['{"a" 1}', 1, 6, /: is expected/],
  ['[1, 2', 1, 6, /ends too early: , or the end/],
  ['[1,]', 1, 4, /a value is expected/],
  ['[1 2]', 1, 4, /, or the end/],
  ['{"a": 1]', 1, 8, /, or the end/],
  ['{\n  "a": 1,\n  "b": tru\n}', 3, 8, /a value is expected/],
  ['{"a": "open}', 1, 7, /not closed/],
  ['"a\tb"', 1, 1, /not closed/],
  ['"\\x"', 1, 1, /not closed/],
  ['1 2', 1, 3, /nothing may follow/],
  ['01', 1, 2, /nothing may follow/],
  ['nan', 1, 1, /a value is expected/],
  ['\ufeff1', 1, 1, /a value is expected/],
  ['}', 1, 1, /a value is expected/],
  ['"ä', 1, 1, /not closed/],
];

test('a fault is found where it is', () => {
  for (const [text, line, column, message] of FAULTS) {
    const fault = jsonFault(text);
    assert.deepEqual([fault?.line, fault?.column], [line, column], text);
    assert.match(fault?.message ?? '', message, text);
  }
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('what JSON.parse takes has no fault, and what it refuses has one', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '1',
    '-',
    'true',
    ' ',
    '\n',
    'x',
    '\\',
  );
  const any = fc.oneof(
    fc.json(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc.tuple(fc.json(), fc.nat(), piece).map(([text, at, cut]) => {
      const i = at % (text.length + 1);
      return text.slice(0, i) + cut + text.slice(i + 1);
    }),
  );
  fc.assert(
    fc.property(any, (text) => (jsonFault(text) === null) === isJson(text)),
    { numRuns: 3000 },
  );
});

test('a long text that is not closed is refused at once', () => {
  assert.equal(jsonFault(`["${'a'.repeat(262_144)}`)?.column, 2);
  assert.equal(jsonFault('['.repeat(262_144))?.column, 262_145);
});
