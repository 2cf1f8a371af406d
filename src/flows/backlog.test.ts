import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backlog } from './backlog.ts';

function createBacklog() {
  const dropped: string[] = [];
  return { dropped, backlog: new Backlog<string, number>((owner) => dropped.push(owner)) };
}

const drain = (backlog: Backlog<string, number>, owner: string) => {
  const items: number[] = [];
  for (let item = backlog.shift(owner); item !== undefined; item = backlog.shift(owner)) items.push(item);
  return items;
};

test('each owner gets its own, in order', () => {
  const { backlog } = createBacklog();
  for (const n of [1, 2, 3]) {
    backlog.push('a', n, 1);
    backlog.push('b', 10 * n, 1);
  }
  backlog.clear('b');
  backlog.push('b', 40, 1);
  assert.deepEqual([drain(backlog, 'a'), drain(backlog, 'b'), drain(backlog, 'c')], [[1, 2, 3], [40], []]);
});

test('above 1 000 the owner with the most loses its oldest', () => {
  const { backlog, dropped } = createBacklog();
  for (let n = 0; n < 1000; n += 1) backlog.push('flood', n, 1);
  for (const n of [1, 2]) backlog.push('calm', n, 1);
  assert.deepEqual(dropped, ['flood', 'flood']);
  assert.deepEqual(drain(backlog, 'calm'), [1, 2]);
  assert.deepEqual(drain(backlog, 'flood').slice(0, 1), [2]);
});

test('above 16 MiB the owner with the most bytes loses its oldest', () => {
  const { backlog, dropped } = createBacklog();
  for (let n = 0; n < 16; n += 1) backlog.push('large', n, 1_048_576);
  for (let n = 0; n < 100; n += 1) backlog.push('small', n, 1);
  assert.deepEqual(dropped, ['large']);
  backlog.clear('large');
  for (let n = 0; n < 15; n += 1) backlog.push('large', n, 1_048_576);
  assert.deepEqual(dropped, ['large'], 'cleared bytes are free again');
});
