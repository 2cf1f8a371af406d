import assert from 'node:assert/strict';
import { it } from 'node:test';
import { seededRandom } from './random.ts';

const draw = (seed: number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
};

it('the same seed gives the same numbers, another seed others', () => {
  assert.deepEqual(draw(7, 5), draw(7, 5));
  assert.notDeepEqual(draw(7, 5), draw(8, 5));
});

it('numbers fill [0, 1) evenly', () => {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const value of draw(3, 10_000)) {
    assert.ok(value >= 0 && value < 1);
    const tenth = Math.floor(value * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) assert.ok(count > 900 && count < 1100, `${tenths}`);
});
