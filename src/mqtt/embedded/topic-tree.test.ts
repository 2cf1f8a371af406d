import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { topicMatches } from '../../model/topic.ts';
import { TopicTree } from './topic-tree.ts';

const levels = (...words: string[]) =>
  fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const filter = fc
  .tuple(levels('a', 'b', '+', '', '$x'), fc.constantFrom('', '/#'))
  .map(([begin, end]) => begin + end);
const anyFilter = fc.oneof(filter, fc.constant('#'));

test('it finds what a look at every filter would find', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyFilter, fc.boolean()), { maxLength: 12 }),
      levels('a', 'b', '', '$x', 'c'),
      (entries, topic) => {
        const tree = new TopicTree<number>();
        for (const [i, [each]] of entries.entries()) tree.set(each, i, i);
        for (const [i, [each, removed]] of entries.entries()) if (removed) tree.delete(each, i);
        const kept = entries.flatMap(([each, removed], i) => (removed ? [] : [[each, i] as const]));
        assert.equal(tree.size, kept.length);
        assert.deepEqual(
          tree.match(topic).toSorted((a, b) => a - b),
          kept.flatMap(([each, i]) => (topicMatches(each, topic) ? [i] : [])),
        );
      },
    ),
    { numRuns: 5000 },
  );
});

test('the same key under the same filter is replaced, and deleting what is not there does nothing', () => {
  const tree = new TopicTree<string>();
  tree.set('a/+', 'k', 'old');
  tree.set('a/+', 'k', 'new');
  tree.delete('a', 'k');
  tree.delete('a/+', 'other');
  assert.deepEqual([tree.match('a/b'), tree.size], [['new'], 1]);
});
