import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeadlineHeap } from './deadline-heap.ts';

test('gives keys in the order of their deadlines', () => {
  const heap = new DeadlineHeap();
  heap.set('b', 20);
  heap.set('a', 10);
  heap.set('c', 30);
  heap.set('a', 25);
  heap.set('b', null);
  assert.equal(heap.nextAt(), 25);
  assert.equal(heap.takeDue(24), null);
  assert.deepEqual([heap.takeDue(100), heap.takeDue(100), heap.takeDue(100)], ['a', 'c', null]);
});

test('agrees with a plain map whatever is set, moved, removed and taken', () => {
  const action = fc.oneof(
    fc.tuple(fc.constant('set'), fc.nat(8), fc.nat(50)),
    fc.tuple(fc.constant('drop'), fc.nat(8), fc.constant(0)),
    fc.tuple(fc.constant('take'), fc.constant(0), fc.nat(60)),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const heap = new DeadlineHeap();
      const model = new Map<string, number>();
      for (const [kind, k, at] of actions) {
        const key = `k${k}`;
        if (kind === 'set') {
          heap.set(key, at);
          model.set(key, at);
        } else if (kind === 'drop') {
          heap.set(key, null);
          model.delete(key);
        } else {
          const earliest = model.size === 0 ? null : Math.min(...model.values());
          assert.equal(heap.nextAt(), earliest);
          const taken = heap.takeDue(at);
          if (earliest === null || earliest > at) assert.equal(taken, null);
          else {
            assert.equal(model.get(taken ?? ''), earliest);
            model.delete(taken ?? '');
          }
        }
        assert.equal(heap.size, model.size);
      }
    }),
  );
});
