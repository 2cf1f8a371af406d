import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';

for (const { name, random, expected } of [
  { name: 'the latest', random: 1, expected: [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000] },
  { name: 'the earliest', random: 0, expected: [1000, 1000, 2000, 4000, 8000, 16000, 30000, 30000] },
]) {
  test(`waits from 1 s to 60 s: ${name} draw`, () => {
    const backoff = new Backoff(1000, 60_000, () => random);
    assert.deepEqual(
      expected.map(() => backoff.nextMs()),
      expected,
    );
    backoff.reset();
    assert.equal(backoff.nextMs(), 1000);
  });
}
