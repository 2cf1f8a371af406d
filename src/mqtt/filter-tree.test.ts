import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { topicFilterProblem, topicMatches } from '../model/topic.ts';
import { FilterTree } from './filter-tree.ts';

const level = fc.constantFrom('a', 'b', '', '$c');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 0, maxLength: 3 }), fc.boolean(), level)
  .map(([levels, all, last]) => [...levels, all ? '#' : last].join('/'))
  .filter((text) => topicFilterProblem(text) === null);

function treeOf(filters: readonly string[]): FilterTree<string> {
  const tree = new FilterTree<string>();
  for (const one of filters) tree.add(one, one);
  return tree;
}

/** Every topic of up to four of these levels: enough to tell two of the filters above apart. */
const LEVELS = ['a', 'b', '', '$c', 'other'];
const longer = (topics: readonly string[]) => topics.flatMap((text) => LEVELS.map((one) => `${text}/${one}`));
const TOPICS = [1, 2, 3]
  .reduce((all) => [...new Set([...LEVELS, ...longer(all)])], LEVELS)
  .filter((text) => text !== '');
const bring = (one: string) => TOPICS.filter((text) => topicMatches(one, text));

test('the filters of a topic are those that match it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(filter, { maxLength: 8 }), topic, (filters, text) => {
      const expected = filters.filter((one) => topicMatches(one, text));
      assert.deepEqual(treeOf(filters).overlapping(text).sort(), expected.sort());
    }),
  );
});

test('filters overlap when some topic matches both', () => {
  fc.assert(
    fc.property(fc.uniqueArray(filter, { maxLength: 6 }), filter, (filters, asked) => {
      const topics = bring(asked);
      const expected = filters.filter((one) => topics.some((text) => topicMatches(one, text)));
      assert.deepEqual(treeOf(filters).overlapping(asked).sort(), expected.sort());
    }),
    { numRuns: 60 },
  );
});

test('a filter that covers another brings all of its topics, and is itself among its coverers', () => {
  fc.assert(
    fc.property(fc.uniqueArray(filter, { maxLength: 6 }), filter, (filters, asked) => {
      const covering = treeOf([...filters, asked]).covering(asked);
      assert.ok(covering.includes(asked));
      for (const wide of covering) {
        for (const text of bring(asked)) assert.ok(topicMatches(wide, text), `${wide} lacks ${text}`);
      }
    }),
    { numRuns: 60 },
  );
});

for (const [wide, narrow, covers] of [
  ['#', 'a/b', true],
  ['#', '$SYS/a', false],
  ['+/a', '$SYS/a', false],
  ['$SYS/#', '$SYS/+/b', true],
  ['a/#', 'a', true],
  ['a/+', 'a/#', false],
  ['a/+/c', 'a/b/+', false],
  ['+/+', 'a/+', true],
  ['+/b', 'a/+', false],
] as const) {
  test(`${wide} ${covers ? 'covers' : 'does not cover'} ${narrow}`, () => {
    assert.deepEqual(treeOf([wide]).covering(narrow), covers ? [wide] : []);
  });
}
