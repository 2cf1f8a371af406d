import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeardTopics, LookBudget } from './heard-topics.ts';

const heard = (nextLookAt: number) => ({ meters: [], emptyLooks: 1, nextLookAt });

test('topics of different brokers are different ones', () => {
  const topics = new HeardTopics<string>();
  topics.set('main', 'a', heard(1));
  topics.set('embedded', 'a', heard(2));
  topics.set('main', 'a', heard(3));
  assert.deepEqual([topics.get('main', 'a')?.nextLookAt, topics.get('embedded', 'a')?.nextLookAt], [3, 2]);
  assert.equal(topics.size, 2);
  topics.clear();
  assert.deepEqual([topics.get('main', 'a'), topics.size], [undefined, 0]);
});

test('at most 50 000 are remembered: a flood at one broker forgets nothing of another one', () => {
  const topics = new HeardTopics<string>();
  for (let n = 0; n < 100; n += 1) topics.set('embedded', `a/${n}`, heard(n));
  for (let n = 0; n < 60_000; n += 1) {
    topics.set('main', `b/${n}`, heard(n));
    if (n % 1000 === 0) topics.set('main', 'b/0', heard(n));
  }
  assert.equal(topics.size, 50_000);
  assert.ok(topics.get('embedded', 'a/0'));
  assert.ok(topics.get('main', 'b/0'), 'one that is seen again and again');
  assert.equal(topics.get('main', 'b/1'), undefined);
  assert.ok(topics.get('main', 'b/59999'));
});

test('the budget is that of a second', () => {
  const budget = new LookBudget();
  const takes = (steadyAt: number, bytes: number) =>
    Array.from({ length: 5000 }, () => budget.take(bytes, steadyAt)).filter(Boolean).length;
  assert.deepEqual([takes(0, 10), takes(999, 10), takes(1000, 10)], [2000, 0, 2000]);
  assert.equal(takes(2000, 1_048_576), 4);
  assert.equal(takes(3000, 5_000_000), 0);
});
