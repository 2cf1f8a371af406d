import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verdict } from '../model/delivery.ts';
import { AWAY, courierOver, DELIVERED, REFUSED, turns } from './courier-harness.ts';

test('events of a lane go one after the other, lanes side by side up to the bound, in turn', async () => {
  const c = courierOver({ parallelMax: 2 });
  c.append('a-1', 'a-2', 'b-1', 'c-1');
  assert.deepEqual(c.out(), []);
  c.courier.start();
  assert.deepEqual(c.out(), ['a-1', 'b-1']);
  await c.answer(DELIVERED);
  assert.deepEqual(c.out(), ['b-1', 'c-1']);
  await c.answer(DELIVERED);
  assert.deepEqual(c.out(), ['c-1', 'a-2']);
  c.append('a-3');
  await c.answer(DELIVERED);
  assert.deepEqual(c.out(), ['a-2']);
  await c.answer(DELIVERED);
  assert.equal(await c.answer(DELIVERED), 'a-3');
  assert.deepEqual(c.outbox.counts(), { pending: 0, parked: 0 });
  assert.equal(c.courier.status().mode, 'idle');
  assert.equal(c.courier.status().odooReachable, true);
});

test('the next event of a lane goes out only when the verdict of the former is on disk', async () => {
  const c = courierOver();
  c.courier.start();
  c.append('a-1', 'a-2');
  c.sent[0]?.answer(DELIVERED);
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual([c.out(), [...c.courier.inFlightUids()]], [['a-1'], ['a-1']]);
  await turns();
  assert.equal(c.outbox.one('a-1')?.state, 'delivered');
  assert.deepEqual(c.out(), ['a-1', 'a-2']);
});

test('verdicts of one turn share a transaction', async () => {
  const c = courierOver();
  let transactions = 0;
  const { transaction } = c.database;
  c.database.transaction = (work) => {
    transactions++;
    return transaction(work);
  };
  c.courier.start();
  c.append('a-1', 'b-1', 'c-1');
  transactions = 0;
  for (const { answer } of c.sent) answer(DELIVERED);
  await turns();
  assert.deepEqual([c.outbox.counts().pending, transactions], [0, 1]);
});

test('a refused event holds back its lane alone, with growing waits, until it is parked', async () => {
  const c = courierOver({ refusalsMax: 3 });
  c.courier.start();
  c.append('a-1', 'a-2', 'b-1', 'b-2');
  await c.answer(REFUSED);
  assert.equal(c.outbox.one('a-1')?.nextAttemptAt, c.clock.wallMs() + 1000);
  assert.equal(await c.answer(DELIVERED), 'b-1');
  assert.equal(await c.answer(DELIVERED), 'b-2');
  assert.deepEqual(c.out(), []);
  for (const [waitMs, verdict] of [
    [1000, REFUSED],
    [2000, REFUSED],
  ] as const) {
    c.clock.advance(waitMs - 1);
    assert.deepEqual(c.out(), []);
    c.clock.advance(1);
    assert.deepEqual(c.out(), ['a-1']);
    await c.answer(verdict);
  }
  assert.deepEqual(c.out(), ['a-2']);
  assert.deepEqual(c.outbox.counts(), { pending: 1, parked: 1 });
  assert.deepEqual(c.logged('event_parked')[0]?.fields, {
    event_uid: 'a-1',
    device_id: 'a',
    event_type: 'session_started',
    reason: 'no such machine',
    refusals: 3,
  });
  assert.equal(c.logged('odoo_send_failed').length, 3);
});

test('refusals are remembered across a restart, and the first try after it comes at once', async () => {
  const before = courierOver({ refusalsMax: 2 });
  before.courier.start();
  before.append('a-1');
  await before.answer(REFUSED);
  await before.courier.stop();
  const after = courierOver({ refusalsMax: 2 }, before.database);
  after.courier.start();
  await after.answer(REFUSED);
  assert.deepEqual(after.outbox.counts(), { pending: 0, parked: 1 });
});

test('a parked event that is sent again goes out beside its device', async () => {
  const c = courierOver({ refusalsMax: 1 });
  c.courier.start();
  c.append('a-1', 'a-2');
  await c.answer(REFUSED);
  const lane = c.outbox.retry('a-1');
  assert.ok(lane);
  c.courier.wake([lane]);
  assert.deepEqual(c.out(), ['a-2', 'a-1']);
});

test('while Odoo is away one probe goes out at a time, of each lane in turn', async () => {
  const c = courierOver({ parallelMax: 3 });
  c.courier.start();
  c.append('a-1', 'b-1', 'c-1', 'd-1');
  const began = c.clock.wallMs();
  await c.answer(AWAY);
  assert.deepEqual(c.courier.status(), {
    mode: 'backing_off',
    odooReachable: false,
    lastError: 'Odoo answered 503.',
    awaySince: began,
    inFlight: 2,
    nextAttemptAt: began + 1000,
  });
  await c.answer(AWAY);
  c.append('e-1');
  assert.deepEqual(c.out(), ['c-1']);
  c.clock.advance(1000);
  assert.deepEqual([c.out(), c.courier.status().mode], [['c-1'], 'probing']);
  await c.answer(DELIVERED);
  assert.equal(c.courier.status().odooReachable, false, 'a late answer is not the probe');
  const probes: string[] = [];
  for (const waitMs of [0, 2000, 4000, 8000]) {
    c.clock.advance(Math.max(0, waitMs - 1));
    if (waitMs > 0) assert.deepEqual(c.out(), [], `before ${waitMs}`);
    c.clock.advance(1);
    assert.equal(c.out().length, 1);
    probes.push(await c.answer(AWAY));
  }
  assert.deepEqual(probes, ['d-1', 'a-1', 'b-1', 'e-1']);
  c.clock.advance(16_000);
  assert.equal(await c.answer(DELIVERED), 'd-1');
  assert.deepEqual(c.out(), ['a-1', 'b-1', 'e-1']);
  assert.equal(c.logged('odoo_back')[0]?.fields.away_s, 31);
  assert.equal(c.outbox.one('a-1')?.refusals, 0);
  assert.equal(c.outbox.one('a-1')?.attempts, 2);
});

function away(retryAfterMs?: number): Verdict {
  return retryAfterMs === undefined ? AWAY : { ...AWAY, retryAfterMs };
}

test('Retry-After is honoured when it is longer, up to an hour, from late answers too', async () => {
  const cases: { first?: number; late?: number; waitMs: number }[] = [
    { first: 500, waitMs: 1000 },
    { first: 90_000, waitMs: 90_000 },
    { first: 86_400_000, waitMs: 3_600_000 },
    { first: 5000, late: 7000, waitMs: 7000 },
    { first: 5000, late: 3000, waitMs: 5000 },
    { late: 0, waitMs: 1000 },
    { waitMs: 1000 },
  ];
  for (const { first, late, waitMs } of cases) {
    const c = courierOver();
    c.courier.start();
    c.append('a-1', 'b-1');
    await c.answer(away(first));
    await c.answer(away(late));
    c.clock.advance(waitMs - 1);
    assert.equal(c.out().length, 0, `${first} ${late}`);
    c.clock.advance(1);
    assert.equal(c.out().length, 1, `${first} ${late}`);
  }
});

test('one event that makes Odoo fail does not stop the others for long', async () => {
  const c = courierOver({ parallelMax: 1 });
  c.courier.start();
  c.append('bad-1');
  c.append(...Array.from({ length: 100 }, (_, i) => `good-${i}`));
  const startMs = c.clock.steadyMs();
  let bad = 0;
  while (c.outbox.counts().pending > 1) {
    if (c.out().length === 0) c.clock.advance(100);
    else if (c.out()[0] === 'bad-1') bad += (await c.answer(AWAY)) ? 1 : 0;
    else await c.answer(DELIVERED);
  }
  assert.ok(bad <= 3, `${bad} tries`);
  assert.ok(c.clock.steadyMs() - startMs < 10_000);
  c.clock.advance(60_000);
  assert.equal(await c.answer(DELIVERED), 'bad-1');
});

test('failures to reach Odoo are logged once, then once a minute', async () => {
  const c = courierOver({ backoffMaxMs: 10_000 });
  c.courier.start();
  c.append('a-1');
  for (let s = 0; s < 130; s++) {
    if (c.out().length > 0) await c.answer(AWAY);
    c.clock.advance(1000);
  }
  assert.equal(c.logged('odoo_send_failed').length, 3);
});

test('the queue is reported every 30 s while it is not empty, and once when it is', async () => {
  const c = courierOver();
  c.courier.start();
  c.append('a-1');
  c.clock.advance(65_000);
  assert.deepEqual(
    c.logged('event_queue').map((line) => line.fields),
    [
      { pending: 1, parked: 0, oldest_age_s: 30 },
      { pending: 1, parked: 0, oldest_age_s: 60 },
    ],
  );
  await c.answer(DELIVERED);
  c.clock.advance(65_000);
  assert.deepEqual(c.logged('event_queue').at(-1)?.fields, { pending: 0, parked: 0, oldest_age_s: 0 });
  assert.equal(c.logged('event_queue').length, 3);
  c.append('a-2');
  await c.answer(DELIVERED);
  c.clock.advance(65_000);
  assert.equal(c.logged('event_queue').length, 3, 'a short queue is no news');
});

test('a verdict that cannot be written is kept; its lane sends nothing before it is on disk', async () => {
  const c = courierOver({ parallelMax: 2 });
  const { transaction } = c.database;
  c.courier.start();
  c.append('a-1', 'a-2', 'b-1', 'b-2');
  c.database.transaction = () => {
    throw new Error('database or disk is full');
  };
  await c.answer(DELIVERED);
  await c.answer(DELIVERED);
  for (const waitMs of [1000, 2000, 4000]) {
    c.clock.advance(waitMs);
    await turns();
  }
  assert.deepEqual([c.out(), c.courier.status().inFlight], [[], 2]);
  assert.equal(c.logged('outbox_store_failed').length, 4);
  c.database.transaction = transaction;
  c.clock.advance(8000);
  await turns();
  assert.equal(c.outbox.one('a-1')?.attempts, 1);
  assert.deepEqual(c.out(), ['a-2', 'b-2']);
});

test('stop lets requests end, writes their verdicts and leaves no timer; start goes on', async () => {
  const c = courierOver({ parallelMax: 2 });
  c.courier.start();
  c.append('a-1', 'a-2', 'b-1');
  let stopped = false;
  const stopping = c.courier.stop().then(() => {
    stopped = true;
    return stopped;
  });
  await turns();
  assert.equal(stopped, false);
  await c.answer(DELIVERED);
  assert.equal(stopped, false);
  await c.answer(AWAY);
  await stopping;
  await c.courier.stop();
  c.clock.advance(600_000);
  c.append('c-1');
  assert.deepEqual([c.out(), c.logged('event_queue')], [[], []]);
  assert.deepEqual(c.outbox.counts().pending, 3);
  c.courier.start();
  c.courier.start();
  assert.deepEqual(c.out(), ['a-2', 'b-1']);
});

test('a stop that cannot write its verdicts ends nevertheless', async () => {
  const c = courierOver();
  c.courier.start();
  c.append('a-1');
  c.database.transaction = () => {
    throw new Error('database or disk is full');
  };
  const stopping = c.courier.stop();
  await c.answer(DELIVERED);
  await stopping;
  assert.deepEqual([c.courier.status().inFlight, c.outbox.one('a-1')?.state], [0, 'pending']);
});
