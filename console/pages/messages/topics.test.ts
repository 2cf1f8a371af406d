import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from './message.ts';
import { filterFault, filterOf, sendTopicFault, topicMatches, topicTree, withMessages } from './topics.ts';

const message = (id: number, topic: string): Message => ({
  id,
  at: '2026-01-01T00:00:00.000Z',
  broker_id: 'main',
  direction: 'in',
  topic,
  device_id: null,
  qos: 0,
  retain: false,
  bytes: 1,
  payload: 'x',
  payload_format: 'text',
  truncated: false,
  properties: null,
});
const info = (topic: string, messages = 1) => ({ topic, messages, last: message(messages, topic) });

test('filters match as MQTT says', () => {
  const cases: [string, string, boolean][] = [
    ['#', 'a/b', true],
    ['#', '$SYS/x', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'ab', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['+/+', '/a', true],
    ['+/b', 'a/c', false],
    ['$SYS/#', '$SYS/x', true],
  ];
  for (const [filter, topic, expected] of cases) assert.equal(topicMatches(filter, topic), expected, filter);
});

test('what is wrong with a topic is said', () => {
  assert.equal(filterFault('a/+/b/#'), null);
  assert.equal(filterFault('a/#/b'), 'topic_hash');
  assert.equal(filterFault('a/b+'), 'topic_plus');
  assert.equal(filterFault('$share/g/a'), 'topic_shared');
  assert.equal(filterFault(''), 'topic_empty');
  assert.equal(filterFault('ü'.repeat(513)), 'topic_long');
  assert.equal(filterFault('a/'.repeat(32)), 'topic_levels');
  assert.equal(sendTopicFault('a/+'), 'topic_wildcard');
  assert.equal(sendTopicFault('$SYS/x'), 'topic_dollar');
  assert.equal(sendTopicFault('a/\u0000'), 'topic_characters');
  assert.equal(sendTopicFault('a//b'), null);
});

test('topics become a tree; levels that lead to one other only are drawn as one', () => {
  const [hall, meter] = topicTree(
    [info('meter/status/pm1:0', 4), info('hall/2', 1), info('hall/10', 2), info('hall', 3)],
    '',
  );
  assert.deepEqual(
    [meter?.name, meter?.path, meter?.messages],
    ['meter/status/pm1:0', 'meter/status/pm1:0', 4],
  );
  assert.deepEqual([hall?.name, hall?.messages, hall?.own?.messages], ['hall', 6, 3]);
  assert.deepEqual(
    hall?.children.map(({ name }) => name),
    ['2', '10'],
  );
  assert.deepEqual(
    [hall, meter].map((node) => node && filterOf(node)),
    ['hall/#', 'meter/status/pm1:0'],
  );
});

test('empty levels and names of Object stay what they are', () => {
  const [root] = topicTree([info('/a'), info('/constructor')], '');
  assert.deepEqual([root?.name, root?.children.map(({ path }) => path)], ['', ['/a', '/constructor']]);
});

test('a search keeps the topics that hold it', () => {
  const found = topicTree([info('hall/light'), info('hall/HEAT'), info('yard/gate')], 'heat');
  assert.deepEqual(
    found.map(({ path }) => path),
    ['hall/HEAT'],
  );
});

test('new messages count once', () => {
  const known = [{ topic: 'a', messages: 5, last: message(7, 'a') }];
  const now = withMessages(known, [message(7, 'a'), message(8, 'a'), message(9, 'b')]);
  assert.deepEqual(
    now.map(({ topic, messages, last }) => [topic, messages, last.id]),
    [
      ['a', 6, 8],
      ['b', 1, 9],
    ],
  );
});
