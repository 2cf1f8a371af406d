import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BatchVerdict } from '../model/delivery.ts';
import { AWAY, courierOver, DELIVERED, HELD, REFUSED } from './courier-harness.ts';

const all = (verdict: BatchVerdict) => () => verdict;
const numbered = (lane: string, count: number) => Array.from({ length: count }, (_, i) => `${lane}-${i}`);

test('what waits goes in batches: lanes in turn, each with its events in order; one event goes alone', async () => {
  const c = courierOver({ parallelBatchesMax: 2 });
  c.offer(4);
  c.append('a-1', 'a-2', 'b-1', 'c-1', 'c-2', 'd-1', 'd-2', 'd-3', 'd-4');
  c.courier.start();
  assert.deepEqual(c.batchesOut(), [
    ['a-1', 'a-2', 'b-1', 'c-1'],
    ['d-1', 'd-2', 'd-3', 'd-4'],
  ]);
  assert.deepEqual([...c.courier.inFlightUids()], c.batchesOut().flat());
  assert.equal(c.courier.status().inFlight, 8);
  await c.answerBatch(all(DELIVERED));
  assert.deepEqual([c.out(), c.batchesOut().length], [['c-2'], 1]);
  c.append('a-3', 'd-5');
  await c.answer(DELIVERED);
  assert.deepEqual(c.out(), ['a-3'], 'd has a batch out');
  await c.answerBatch(all(DELIVERED));
  assert.deepEqual(c.out(), ['a-3', 'd-5']);
  await c.answer(DELIVERED);
  await c.answer(DELIVERED);
  assert.deepEqual(c.outbox.counts(), { pending: 0, parked: 0 });
  assert.deepEqual([c.courier.status().mode, c.courier.status().odooReachable], ['idle', true]);
});

test('a batch has at most so many bytes; a larger event goes alone', () => {
  const bodyBytes = Buffer.byteLength(JSON.stringify({ event_uid: 'a-1' }));
  const rows: [bytes: number, batches: string[][], alone: string[]][] = [
    [4 * bodyBytes, [['a-1', 'a-2', 'b-1', 'b-2']], []],
    [3 * bodyBytes, [['a-1', 'a-2', 'b-1']], []],
    [
      3 * bodyBytes - 1,
      [
        ['a-1', 'a-2'],
        ['b-1', 'b-2'],
      ],
      [],
    ],
    [bodyBytes, [], ['a-1', 'b-1']],
  ];
  for (const [bytes, batches, alone] of rows) {
    const c = courierOver();
    c.offer(100, bytes);
    c.append('a-1', 'a-2', 'b-1', 'b-2');
    c.courier.start();
    assert.deepEqual([c.batchesOut(), c.out()], [batches, alone], String(bytes));
  }
});

test('a refused event holds back those of its lane behind it, and nothing is counted against them', async () => {
  const c = courierOver({ refusalsMax: 3 });
  c.offer(10);
  c.append('a-1', 'a-2', 'a-3', 'b-1', 'b-2');
  c.courier.start();
  const verdicts: Record<string, BatchVerdict> = { 'a-2': REFUSED, 'a-3': HELD };
  await c.answerBatch((uid) => verdicts[uid] ?? DELIVERED);
  assert.deepEqual(
    [c.outbox.counts(), c.courier.status().lastError],
    [{ pending: 2, parked: 0 }, REFUSED.reason],
  );
  assert.deepEqual([c.outbox.one('a-2')?.refusals, c.outbox.one('a-3')?.attempts], [1, 0]);
  c.append('b-3', 'b-4');
  await c.answerBatch(all(DELIVERED));
  for (const waitMs of [1000, 2000]) {
    c.clock.advance(waitMs - 1);
    assert.deepEqual([c.out(), c.batchesOut()], [[], []]);
    c.clock.advance(1);
    assert.deepEqual(c.out(), ['a-2'], 'it goes alone');
    c.append('a-4');
    await c.answer(REFUSED);
  }
  assert.equal(c.outbox.one('a-2')?.state, 'parked');
  assert.deepEqual(c.batchesOut(), [['a-3', 'a-4']]);
});

test('an event parked within a batch lets those behind it go at once', async () => {
  const c = courierOver({ refusalsMax: 1 });
  c.offer(10);
  c.append('a-1', 'a-2', 'a-3');
  c.courier.start();
  await c.answerBatch((uid) => (uid === 'a-1' ? REFUSED : HELD));
  assert.deepEqual([c.outbox.one('a-1')?.state, c.batchesOut()], ['parked', [['a-2', 'a-3']]]);
});

test('a batch that is declined as a whole goes again at once, as the offer is by then', async () => {
  const c = courierOver({ parallelBatchesMax: 1 });
  c.offer(4);
  c.append('a-1', 'a-2', 'b-1', 'b-2');
  c.courier.start();
  c.offer(2);
  await c.answerBatch(all(HELD));
  assert.deepEqual(c.batchesOut(), [['a-1', 'a-2']]);
  c.offer(null);
  await c.answerBatch(all(HELD));
  assert.deepEqual(c.out(), ['b-1', 'a-1']);
  assert.deepEqual([c.outbox.one('a-1')?.attempts, c.courier.status().mode], [0, 'sending']);
});

test('while Odoo is away single events probe; those of a failed batch go one by one, then batches go again', async () => {
  const c = courierOver({ parallelBatchesMax: 1 });
  c.offer(4);
  c.append(...numbered('a', 3), ...numbered('b', 7));
  c.courier.start();
  assert.deepEqual(await c.answerBatch(all(AWAY)), ['a-0', 'a-1', 'a-2', 'b-0']);
  assert.deepEqual([c.courier.status().mode, c.outbox.one('b-0')?.attempts], ['backing_off', 1]);
  c.clock.advance(1000);
  assert.deepEqual([c.courier.status().mode, c.batchesOut(), c.out()], ['probing', [], ['a-0']]);
  const alone: string[] = [];
  while (c.out().length > 0) alone.push(await c.answer(DELIVERED));
  assert.deepEqual(alone, ['a-0', 'b-0', 'a-1']);
  assert.deepEqual(c.batchesOut(), [['b-1', 'b-2', 'b-3', 'b-4']]);
  await c.answerBatch(all(DELIVERED));
  assert.deepEqual(c.out(), ['a-2']);
  await c.answer(DELIVERED);
  assert.deepEqual(c.batchesOut(), [['b-5', 'b-6']]);
});

test('one event that makes Odoo fail, amid a batch, does not stop the others for long', async () => {
  const c = courierOver({ parallelBatchesMax: 2 });
  c.offer(50);
  c.append(...numbered('bad', 60), ...Array.from({ length: 100 }, (_, i) => `good${i}-0`));
  c.courier.start();
  const startMs = c.clock.steadyMs();
  const poison = 'bad-30';
  let failures = 0;
  while (c.outbox.counts().pending > 30) {
    if (c.batchesOut().length > 0) {
      const isFailure = c.batchesOut()[0]?.includes(poison) ?? false;
      failures += isFailure ? 1 : 0;
      await c.answerBatch(all(isFailure ? AWAY : DELIVERED));
    } else if (c.out().length > 0) {
      const isFailure = c.out()[0] === poison;
      failures += isFailure ? 1 : 0;
      await c.answer(isFailure ? AWAY : DELIVERED);
    } else c.clock.advance(100);
  }
  assert.ok(failures <= 4, `${failures} failures`);
  assert.ok(c.clock.steadyMs() - startMs < 10_000);
  assert.equal(c.outbox.one(poison)?.state, 'pending');
  assert.equal(c.outbox.one('bad-29')?.state, 'delivered');
});

test('stop waits for a batch that is out and writes its verdicts', async () => {
  const c = courierOver();
  c.offer(10);
  c.append('a-1', 'a-2', 'b-1');
  c.courier.start();
  const stopping = c.courier.stop();
  await c.answerBatch((uid) => (uid === 'a-2' ? REFUSED : DELIVERED));
  await stopping;
  assert.deepEqual(c.outbox.counts(), { pending: 1, parked: 0 });
  assert.equal(c.courier.status().inFlight, 0);
});

test('events of a batch that cannot be read are back in the queue', async () => {
  const c = courierOver({ backoffMinMs: 10 });
  c.offer(10);
  c.append('a-1', 'b-1');
  const { heads } = c.outbox;
  c.outbox.heads = (lane, ...limits) => {
    if (lane === 'device:b') throw new Error('disk I/O error');
    return heads.call(c.outbox, lane, ...limits);
  };
  c.courier.start();
  assert.deepEqual([c.batchesOut(), c.out(), c.courier.status().inFlight], [[], [], 0]);
  c.outbox.heads = heads;
  c.clock.advance(10);
  assert.deepEqual(c.batchesOut(), [['b-1', 'a-1']]);
});
