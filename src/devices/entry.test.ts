import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlap } from './entry.ts';

const PAIRS: [a: string, b: string, meets: boolean][] = [
  ['a/#', 'a/#', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'a', true],
  ['a/#', 'a/b/#', true],
  ['a/#', 'ab/#', false],
  ['a/#', 'ab', false],
  ['a/b', 'a/b', true],
  ['a/b', 'a/b/c', false],
  ['a/b', 'a/c', false],
  ['hall/a/#', 'hall/#', true],
  ['hall/a/#', 'hall/b/#', false],
  ['abcdef/#', 'a', false],
];
for (const [a, b, meets] of PAIRS) {
  test(`${a} and ${b} ${meets ? 'meet' : 'are apart'}`, () => {
    assert.deepEqual([overlap(a, b), overlap(b, a)], [meets, meets]);
  });
}
