import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.ts';

/** Work that ends when it is told to, and what was begun of it. */
function setUp() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const turns = new Turns();
  return {
    begun,
    turns,
    ask: (key: string, name: string) =>
      turns.take(key, () => {
        begun.push(name);
        return new Promise((resolve, reject) => {
          ends.set(name, (error) => (error ? reject(error) : resolve()));
        });
      }),
    end: (name: string, error?: Error) => ends.get(name)?.(error),
  };
}

test('the work of one key is done in turn, that of another at once', async () => {
  const { begun, ask, end } = setUp();
  const first = ask('a', 'first');
  const second = ask('a', 'second');
  const other = ask('b', 'other');
  assert.deepEqual(begun, ['first', 'other']);
  end('first');
  await first;
  await Promise.resolve();
  assert.deepEqual(begun, ['first', 'other', 'second']);
  end('second');
  end('other');
  await Promise.all([second, other]);
});

test('what is asked for while the same waits is done once', async () => {
  const { begun, ask, end } = setUp();
  const asked = ['first', 'second', 'third', 'fourth'].map((name) => ask('a', name));
  end('first');
  await asked[0];
  await Promise.resolve();
  assert.deepEqual(begun, ['first', 'second']);
  const later = ask('a', 'later');
  end('second');
  await Promise.all(asked);
  await Promise.resolve();
  assert.deepEqual(begun, ['first', 'second', 'later']);
  end('later');
  await later;
});

test('work that fails is told to who asked, and the next is done', async () => {
  const { turns, begun, ask, end } = setUp();
  const failing = ask('a', 'failing');
  const next = ask('a', 'next');
  const settled = turns.settled();
  end('failing', new Error('no'));
  await assert.rejects(failing, /no/);
  await Promise.resolve();
  end('next');
  await Promise.all([next, settled]);
  assert.deepEqual(begun, ['failing', 'next']);
});
