import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QUEUED_BYTES_MAX, QUEUED_MAX } from './limits.ts';
import { QueueBound } from './queue-bound.ts';
import { RetainedBound } from './retained-bound.ts';

const payload = (bytes: number) => Buffer.alloc(bytes, 1);

test('retained messages are bounded by number; a known topic may change', () => {
  const bound = new RetainedBound({ retainedMax: 2, retainedBytesMax: 1000 }, [{ topic: 'a', bytes: 2 }]);
  const answers = ['b', 'c', 'a'].map((topic) => bound.admit(topic, payload(1)));
  assert.deepEqual(answers, [true, false, true]);
  assert.equal(bound.admit('a', payload(0)), true);
  assert.equal(bound.admit('c', payload(1)), true);
});

test('retained messages are bounded by bytes, topics included', () => {
  const bound = new RetainedBound({ retainedMax: 100, retainedBytesMax: 20 }, []);
  assert.equal(bound.admit('tenletters', payload(11)), false);
  assert.equal(bound.admit('tenletters', payload(10)), true);
  assert.equal(bound.admit('x', payload(1)), false);
  assert.equal(bound.admit('tenletters', payload(5)), true);
  assert.equal(bound.admit('x', payload(4)), true);
});

test('a queue takes no more than its bounds, and is counted again a second later', () => {
  let stored = { messages: 0, bytes: 0 };
  let now = 0;
  const bound = new QueueBound(
    () => stored,
    () => now,
  );
  for (let i = 0; i < QUEUED_MAX; i++) assert.equal(bound.admit('c', 1), true);
  stored = { messages: 10, bytes: 10 };
  assert.equal(bound.admit('c', 1), false);
  assert.equal(bound.admit('other', 1), true);
  now = 1000;
  assert.equal(bound.admit('c', QUEUED_BYTES_MAX), false);
  assert.equal(bound.admit('c', QUEUED_BYTES_MAX - 10), true);
});
