import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Database, openMemoryDatabase } from './database.ts';
import { type OutboxRow, outboxTable } from './outbox.ts';

const NOW = Date.UTC(2026, 0, 31, 10);
const NONE: ReadonlySet<string> = new Set();

function row(uid: string, over: Partial<OutboxRow> = {}): OutboxRow {
  return {
    uid,
    deviceId: 'saw',
    sessionId: null,
    eventType: 'session_started',
    ts: NOW,
    body: Buffer.from(`{"uid":"${uid}","ü":1}`),
    ...over,
  };
}

function filled(...rows: OutboxRow[]) {
  const database = openMemoryDatabase();
  const outbox = outboxTable(database);
  outbox.append(rows, NOW);
  const seq = (uid: string) => outbox.one(uid)?.seq ?? 0;
  return { database, outbox, seq, park: (uid: string) => outbox.settle([parked(seq(uid))], NOW) };
}

const parked = (seq: number) => ({ seq, outcome: 'parked', reason: 'no such machine' }) as const;
const uids = (list: { uid: string }[]) => list.map((entry) => entry.uid);

test('a lane gives its events in the order of writing, and knows whether others wait', () => {
  const { outbox, seq } = filled(row('a'), row('b'), row('c', { deviceId: 'mill' }));
  assert.deepEqual(outbox.lanes('', 10), ['device:mill', 'device:saw']);
  assert.deepEqual(outbox.lanes('device:mill', 10), ['device:saw']);
  assert.deepEqual(outbox.lanes('', 1), ['device:mill']);
  const heads = (lane: string) => outbox.heads(lane, 1, 0);
  const [head] = heads('device:saw');
  assert.equal(head?.uid, 'a');
  assert.equal(head?.more, true);
  assert.equal(Buffer.from(head?.body ?? []).toString(), '{"uid":"a","ü":1}');
  outbox.settle([{ seq: seq('a'), outcome: 'delivered' }], NOW + 5);
  assert.deepEqual([heads('device:saw')[0]?.uid, heads('device:saw')[0]?.more], ['b', false]);
  assert.deepEqual(heads('device:lathe'), []);
});

test('a lane gives several events up to a number and a size, but at least one', () => {
  const { outbox } = filled(
    ...['a', 'b', 'c'].map((uid) => row(uid, { body: Buffer.alloc(10) })),
    row('d', { deviceId: 'mill' }),
  );
  const rows: [eventsMax: number, bytesMax: number, expected: string[], more: boolean][] = [
    [2, 100, ['a', 'b'], true],
    [9, 100, ['a', 'b', 'c'], false],
    [9, 20, ['a', 'b'], true],
    [9, 19, ['a'], true],
    [9, 0, ['a'], true],
  ];
  for (const [eventsMax, bytesMax, expected, more] of rows) {
    const heads = outbox.heads('device:saw', eventsMax, bytesMax);
    assert.deepEqual([uids(heads), heads.at(-1)?.more], [expected, more], `${eventsMax} ${bytesMax}`);
  }
});

test('append names the lanes to wake and keeps an event that is there already', () => {
  const { outbox } = filled(row('a'));
  const lanes = outbox.append(
    [row('a', { body: Buffer.from('other') }), row('b', { deviceId: 'mill' })],
    NOW,
  );
  assert.deepEqual([...lanes], ['device:saw', 'device:mill']);
  assert.deepEqual(outbox.counts(), { pending: 2, parked: 0 });
  assert.equal(outbox.one('a')?.body, '{"uid":"a","ü":1}');
});

test('what became of a try is written to the row', () => {
  const cases = [
    {
      settlement: { outcome: 'delivered' },
      row: ['delivered', 1, 0, null, null, NOW + 9],
      counts: { pending: 0, parked: 0 },
    },
    {
      settlement: { outcome: 'refused', reason: 'no', nextAttemptAt: NOW + 50 },
      row: ['pending', 1, 1, NOW + 50, 'no', null],
      counts: { pending: 1, parked: 0 },
    },
    {
      settlement: { outcome: 'parked', reason: 'no' },
      row: ['parked', 1, 1, null, 'no', NOW + 9],
      counts: { pending: 0, parked: 1 },
    },
    {
      settlement: { outcome: 'away', reason: 'gone' },
      row: ['pending', 1, 0, null, 'gone', null],
      counts: { pending: 1, parked: 0 },
    },
  ] as const;
  for (const { settlement, row: expected, counts } of cases) {
    const { outbox, seq } = filled(row('a'));
    outbox.settle([{ seq: seq('a'), ...settlement }], NOW + 9);
    const e = outbox.one('a');
    const found = [e?.state, e?.attempts, e?.refusals, e?.nextAttemptAt, e?.lastError, e?.settledAt];
    assert.deepEqual(found, expected, settlement.outcome);
    assert.deepEqual(outbox.counts(), counts, settlement.outcome);
  }
});

test('counts follow a rollback, and a table opened later counts anew', () => {
  const { database, outbox, park } = filled(row('a'), row('b'));
  park('a');
  assert.throws(() =>
    database.transaction(() => {
      outbox.append([row('c'), row('d')], NOW);
      outbox.retry('a');
      outbox.dropExcess(1, NONE);
      throw new Error('disk full');
    }),
  );
  assert.deepEqual(outbox.counts(), { pending: 1, parked: 1 });
  assert.deepEqual(outboxTable(database).counts(), { pending: 1, parked: 1 });
  outbox.append([row('e')], NOW);
  assert.deepEqual(outbox.counts(), { pending: 2, parked: 1 });
});

test('a parked event that is sent again goes alone, with its refusals forgotten', () => {
  const { outbox, park, seq } = filled(row('a'), row('b'), row('c'));
  park('a');
  assert.equal(outbox.retry('b'), null);
  assert.equal(outbox.retry('a'), 'alone:a');
  assert.equal(outbox.retry('a'), null);
  assert.equal(outbox.heads('alone:a', 1, 0)[0]?.refusals, 0);
  assert.equal(outbox.heads('device:saw', 1, 0)[0]?.uid, 'b');
  outbox.settle([parked(seq('b')), parked(seq('c'))], NOW);
  assert.deepEqual([...outbox.retryAllParked()], [['alone:b', 'alone:c']]);
  assert.deepEqual(outbox.counts(), { pending: 3, parked: 0 });
});

test('sending all again takes each event once, even if it is parked meanwhile', () => {
  const rows = Array.from({ length: 1500 }, (_, i) => row(`u${i}`));
  const { outbox, park } = filled(...rows);
  for (const { uid } of rows) park(uid);
  let steps = 0;
  for (const lanes of outbox.retryAllParked()) {
    steps++;
    for (const lane of lanes) park(lane.slice('alone:'.length));
  }
  assert.equal(steps, 2);
  assert.equal(outbox.counts().parked, 1500);
});

test('the list is newest first, filtered, paged and bounded', () => {
  const rows = Array.from({ length: 600 }, (_, i) => row(`u${i}`, { deviceId: i % 2 ? 'saw' : 'mill' }));
  const { outbox, park, seq } = filled(...rows);
  park('u10');
  park('u11');
  assert.deepEqual(uids(outbox.list({ limit: 2 })), ['u599', 'u598']);
  assert.deepEqual(uids(outbox.list({ limit: 2, beforeSeq: seq('u598') })), ['u597', 'u596']);
  assert.deepEqual(uids(outbox.list({ deviceId: 'mill', limit: 2 })), ['u598', 'u596']);
  assert.deepEqual(uids(outbox.list({ state: 'parked' })), ['u11', 'u10']);
  assert.deepEqual(uids(outbox.list({ state: 'parked', deviceId: 'mill' })), ['u10']);
  assert.equal(outbox.list({ limit: 10_000 }).length, 500);
  assert.equal(outbox.one('nobody'), null);
});

test('the events of one session are listed alone, newest first, and paged', () => {
  const { outbox, park, seq } = filled(
    row('a', { sessionId: '1' }),
    row('b'),
    row('c', { sessionId: '2' }),
    row('d', { sessionId: '1', eventType: 'session_heartbeat' }),
    row('e', { sessionId: '1', deviceId: 'mill' }),
    row('f', { sessionId: '1', eventType: 'session_stopped' }),
  );
  park('d');
  const ofSession = { deviceId: 'saw', sessionId: '1' };
  assert.deepEqual(uids(outbox.list(ofSession)), ['f', 'd', 'a']);
  assert.deepEqual(uids(outbox.list({ ...ofSession, limit: 1, beforeSeq: seq('f') })), ['d']);
  assert.deepEqual(uids(outbox.list({ ...ofSession, state: 'parked' })), ['d']);
  assert.deepEqual(uids(outbox.list({ deviceId: 'saw', sessionId: '3' })), []);
});

test('delivered events are pruned by age, in chunks; others never', () => {
  const { outbox, park, seq } = filled(...Array.from({ length: 1202 }, (_, i) => row(`u${i}`)));
  park('u0');
  for (let i = 1; i <= 1200; i++) outbox.settle([{ seq: seq(`u${i}`), outcome: 'delivered' }], NOW + i);
  assert.equal(outbox.pruneDelivered(NOW + 1200), 1000);
  assert.equal(outbox.pruneDelivered(NOW + 1200), 199);
  assert.equal(outbox.pruneDelivered(NOW + 1200), 0);
  assert.deepEqual(uids(outbox.list({})), ['u1201', 'u1200', 'u0']);
});

test('above the bound the least missed goes first, the oldest of it, never what is being sent', () => {
  const rows = [
    row('s1', { sessionId: '1' }),
    row('f1', { eventType: 'flow_event' }),
    row('h1', { sessionId: '1', eventType: 'session_heartbeat' }),
    row('on', { eventType: 'device_online' }),
    row('s2', { sessionId: '2', eventType: 'run_start' }),
    row('m1', { eventType: 'power_measurement' }),
    row('off', { eventType: 'device_offline' }),
    row('e1', { sessionId: '1', eventType: 'session_stopped' }),
    row('m2', { eventType: 'power_measurement' }),
    row('e2', { sessionId: '2', eventType: 'run_stop' }),
  ];
  const least = ['m1', 'm2', 'h1', 'on', 'off', 'f1'];
  const cases: [max: number, inFlight: string[], dropped: string[]][] = [
    [10, [], []],
    [9, [], ['m1']],
    [9, ['m1'], ['m2']],
    [8, [], ['m1', 'm2']],
    [7, [], ['m1', 'm2', 'h1']],
    [6, [], ['m1', 'm2', 'h1', 'on']],
    [5, [], ['m1', 'm2', 'h1', 'on', 'off']],
    [4, [], least],
    [3, [], [...least, 's1', 'e1']],
    [3, ['e1'], [...least, 's2', 'e2']],
    [0, ['s2'], [...least, 's1', 'e1']],
    [0, [], [...least, 's1', 'e1', 's2', 'e2']],
  ];
  for (const [max, inFlight, expected] of cases) {
    const { outbox } = filled(...rows);
    assert.deepEqual(uids(outbox.dropExcess(max, new Set(inFlight))), expected, `${max} ${inFlight}`);
    assert.equal(outbox.counts().pending, rows.length - expected.length);
  }
});

test('parked events count against the bound, delivered ones do not', () => {
  const { outbox, park, seq } = filled(
    row('s1', { sessionId: '1' }),
    row('s2', { sessionId: '2' }),
    row('s3', { sessionId: '3' }),
  );
  park('s2');
  outbox.settle([{ seq: seq('s1'), outcome: 'delivered' }], NOW);
  assert.deepEqual(outbox.dropExcess(2, NONE), []);
  assert.deepEqual(outbox.dropExcess(1, NONE), [
    { uid: 's2', deviceId: 'saw', eventType: 'session_started' },
  ]);
  assert.deepEqual(outbox.counts(), { pending: 1, parked: 0 });
});

test('no statement walks through the table', () => {
  const database = openMemoryDatabase();
  const seen: string[] = [];
  const spy: Database = {
    ...database,
    prepare(sql) {
      seen.push(sql);
      return database.prepare(sql);
    },
  };
  outboxTable(spy);
  const plans = seen.flatMap((sql) =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((step) => ({ sql, step: String(step.detail) })),
  );
  assert.ok(plans.some(({ step }) => step.includes('outbox_pending (lane=? AND seq>?)')));
  for (const { sql, step } of plans) {
    assert.doesNotMatch(step, /SCAN (outbox|head|later)\b|TEMP B-TREE/, sql);
  }
});
