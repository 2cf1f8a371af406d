import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../platform/manual-clock.ts';
import { LaneQueue } from './lane-queue.ts';

function queueOver(onDisk: string[], lanesMax = 50_000) {
  const clock = new ManualClock();
  const reads: string[] = [];
  const readLanes = (after: string, limit: number) => {
    reads.push(after);
    return onDisk.filter((lane) => lane > after).slice(0, limit);
  };
  return { clock, reads, queue: new LaneQueue({ clock, readLanes, lanesMax }) };
}

function takeAll(queue: LaneQueue): string[] {
  const names: string[] = [];
  for (let lane = queue.take(); lane; lane = queue.take()) {
    names.push(lane.name);
    queue.leave(lane);
  }
  return names;
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `l${String(i).padStart(5, '0')}`);

test('lanes take turns in the order of their coming; one that is served goes to the end', () => {
  const { queue } = queueOver([]);
  for (const name of ['a', 'b', 'a']) queue.wake(name);
  const a = queue.take();
  assert.ok(a);
  queue.giveBack(a);
  queue.wake('c');
  assert.deepEqual(takeAll(queue), ['b', 'a', 'c']);
});

test('a busy lane is not taken again, and remembers that it was woken', () => {
  const { queue } = queueOver([]);
  queue.wake('a');
  const a = queue.take();
  assert.equal(a?.woken, false);
  queue.wake('a');
  assert.equal(queue.take(), null);
  assert.equal(a?.woken, true);
});

test('a lane that waits comes back when its time has come', () => {
  const { queue, clock } = queueOver([]);
  let calls = 0;
  queue.wake('a');
  const a = queue.take();
  assert.ok(a);
  queue.giveBackAfter(a, 1000, () => calls++);
  queue.wake('a');
  clock.advance(999);
  assert.deepEqual([queue.take(), calls], [null, 0]);
  clock.advance(1);
  assert.deepEqual([queue.take(), calls], [a, 1]);
});

test('lanes on disk join page by page, between those that are woken', () => {
  const onDisk = numbered(2500);
  const { queue, reads } = queueOver(onDisk);
  queue.readFromDisk();
  queue.readFromDisk();
  assert.equal(queue.take()?.name, 'l00000');
  assert.deepEqual(reads, ['']);
  queue.wake('new');
  const rest = takeAll(queue);
  assert.equal(rest.indexOf('new'), 999);
  assert.deepEqual(
    rest.filter((name) => name !== 'new'),
    onDisk.slice(1),
  );
  assert.deepEqual(reads, ['', 'l00999', 'l01999']);
});

test('when memory is full the rest stays on disk until there is room', () => {
  const onDisk = numbered(20);
  const { queue } = queueOver(onDisk, 3);
  queue.readFromDisk();
  const first = [queue.take(), queue.take(), queue.take()];
  assert.equal(queue.take(), null);
  onDisk.push('late');
  queue.wake('late');
  for (const lane of first) {
    assert.ok(lane);
    onDisk.splice(onDisk.indexOf(lane.name), 1);
    queue.leave(lane);
  }
  const seen = new Set<string>();
  for (let lane = queue.take(); lane; lane = queue.take()) {
    seen.add(lane.name);
    onDisk.splice(onDisk.indexOf(lane.name), 1);
    queue.leave(lane);
  }
  assert.deepEqual(onDisk, []);
  assert.equal(seen.size, 18);
});

test('a page that cannot be read is read at the next turn', () => {
  let broken = true;
  const readLanes = () => {
    if (broken) throw new Error('disk I/O error');
    return ['a'];
  };
  const queue = new LaneQueue({ clock: new ManualClock(), readLanes, lanesMax: 10 });
  queue.readFromDisk();
  assert.throws(() => queue.take(), /disk I/);
  broken = false;
  assert.equal(queue.take()?.name, 'a');
});

test('clear forgets all but what is busy, and their timers', () => {
  const { queue, clock } = queueOver([]);
  for (const name of ['busy', 'waits', 'ready']) queue.wake(name);
  const busy = queue.take();
  const waits = queue.take();
  assert.ok(busy && waits);
  queue.giveBackAfter(waits, 10, () => assert.fail('a cleared lane came back'));
  queue.clear();
  clock.advance(100);
  queue.wake('busy');
  assert.deepEqual(takeAll(queue), []);
  assert.equal(busy.woken, true);
});
