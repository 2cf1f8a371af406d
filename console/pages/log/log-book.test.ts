import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldsText, type Line, type LogBook, withNewer, withOlder } from './log-book.ts';

const line = (id: number): Line => ({ id, at: '', level: 'info', event: `e${id}`, fields: {} });
const book = (ids: number[], next_before: number | null = null): LogBook => ({
  lines: ids.map(line),
  next_before,
});
const ids = ({ lines }: LogBook) => lines.map(({ id }) => id);

test('newer lines come before the others, older ones behind', () => {
  const held = book([3, 2], 2);
  assert.equal(withNewer(held, book([])), held);
  assert.deepEqual(withNewer(held, book([5, 4])), book([5, 4, 3, 2], 2));
  assert.deepEqual(withOlder(held, book([1])), book([3, 2, 1]));
});

test('a hole is never shown: what came too fast replaces the rest', () => {
  assert.deepEqual(withNewer(book([3]), book([900, 899], 899)), book([900, 899], 899));
});

test('not more is held than can be shown', () => {
  const many = Array.from({ length: 2000 }, (_, i) => 2000 - i);
  const grown = withNewer(book(many), book([2001]));
  assert.deepEqual([ids(grown)[0], ids(grown).length, grown.next_before], [2001, 2000, 2]);
});

test('fields are one line of text', () => {
  assert.equal(fieldsText({ device_id: 'press', n: 1, list: ['<b>'] }), 'device_id=press  n=1  list=["<b>"]');
});
