import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Feed } from './feed.ts';

function listened() {
  const faults: unknown[] = [];
  const feed = new Feed<number>((error) => faults.push((error as Error).message));
  return { feed, faults };
}

test('everybody hears what is published while they listen, a listener once for each subscription', () => {
  const { feed } = listened();
  const heard: string[] = [];
  const both = (item: number) => heard.push(`both ${item}`);
  feed.publish(0);
  const cancelFirst = feed.subscribe(both);
  feed.subscribe(both);
  feed.publish(1);
  cancelFirst();
  cancelFirst();
  feed.publish(2);
  assert.deepEqual(heard, ['both 1', 'both 1', 'both 2']);
});

test('it tells whether anybody listens', () => {
  const { feed } = listened();
  assert.equal(feed.listened, false);
  const cancel = feed.subscribe(() => {});
  assert.equal(feed.listened, true);
  cancel();
  assert.equal(feed.listened, false);
});

test('a listener that throws is reported and removed; the others hear on', () => {
  const { feed, faults } = listened();
  const heard: number[] = [];
  feed.subscribe((item) => {
    throw new Error(`no ${item}`);
  });
  feed.subscribe((item) => heard.push(item));
  feed.publish(1);
  feed.publish(2);
  assert.deepEqual([heard, faults], [[1, 2], ['no 1']]);
});

test('who unsubscribes while an item goes round disturbs nobody', () => {
  const { feed, faults } = listened();
  const heard: string[] = [];
  const cancel = feed.subscribe(() => {
    heard.push('once');
    cancel();
  });
  feed.subscribe((item) => heard.push(`always ${item}`));
  feed.publish(1);
  feed.publish(2);
  assert.deepEqual([heard, faults], [['once', 'always 1', 'always 2'], []]);
});
