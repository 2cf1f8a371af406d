import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { topicFilterProblem, topicMatches } from '../model/topic.ts';
import { TopicRoutes } from './topic-routes.ts';

const level = fc.constantFrom('a', 'b', '');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 0, maxLength: 3 }), fc.boolean(), level)
  .map(([levels, all, last]) => [...levels, all ? '#' : last].join('/'))
  .filter((text) => topicFilterProblem(text) === null);

test('routes agree with matching every filter', () => {
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 8 }), fc.array(topic, { maxLength: 8 }), (filters, topics) => {
      const routes = new TopicRoutes<string>();
      for (const f of filters) routes.add(f, f);
      for (const t of [...topics, ...topics]) {
        const expected = [...new Set(filters)].filter((f) => topicMatches(f, t)).sort();
        assert.deepEqual([...routes.match(t)].sort(), expected, t);
      }
    }),
  );
});

for (const [filterText, topicText, expected] of [
  ['#', 'a/b', true],
  ['#', '$SYS/x', false],
  ['+/x', '$SYS/x', false],
  ['$SYS/#', '$SYS/x', true],
  ['a/#', 'a', true],
  ['a/+', 'a', false],
  ['a/+', 'a/', true],
  ['+/+', '/a', true],
  ['a/+/c', 'a/b/c', true],
  ['a/b', 'a/b/c', false],
] as const) {
  test(`${filterText} ${expected ? 'matches' : 'does not match'} ${topicText}`, () => {
    assert.equal(topicMatches(filterText, topicText), expected);
  });
}

for (const [text, valid] of [
  ['a/b', true],
  ['#', true],
  ['+/a/#', true],
  ['a#', false],
  ['a/#/b', false],
  ['a/b+', false],
  ['', false],
  ['a\u0000b', false],
  ['\ud800', false],
  ['a'.repeat(1025), false],
] as const) {
  test(`filter ${JSON.stringify(text.slice(0, 12))} is ${valid ? 'valid' : 'refused'}`, () => {
    assert.equal(topicFilterProblem(text) === null, valid);
  });
}
