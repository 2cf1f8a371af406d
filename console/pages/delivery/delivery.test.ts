import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryReport } from '../../../src/api/delivery.ts';
import type { EventRecord } from '../../../src/api/schemas.ts';
import { conditionsOf } from './delivery-conditions.ts';
import { bodyFacts, bodyText } from './event-body.ts';
import { type EventNews, FRESH_MAX, freshAfter, patched } from './event-news.ts';
import { readPlace, searchOf } from './event-place.ts';

const GOOD: DeliveryReport = {
  mode: 'idle',
  odoo_reachable: true,
  last_error: null,
  away_since: null,
  next_attempt_at: null,
  in_flight: 0,
  pending: 0,
  parked: 0,
  oldest_pending_at: null,
  delivered_last_hour: 0,
  answers: [],
};

const CONDITIONS: [report: Partial<DeliveryReport>, conditions: string[]][] = [
  [{}, ['good']],
  [{ pending: 5 }, ['good']],
  [{ mode: null, odoo_reachable: null, pending: 5 }, ['no_odoo']],
  [{ odoo_reachable: null }, ['not_asked']],
  [{ odoo_reachable: false, last_error: 'Odoo answered 502.' }, ['away']],
  [{ last_error: 'Odoo answered 422.' }, ['refusing']],
  [{ parked: 1 }, ['parked']],
  [{ odoo_reachable: false, parked: 2 }, ['away', 'parked']],
];

test('what is said about the delivery', () => {
  for (const [report, conditions] of CONDITIONS)
    assert.deepEqual(conditionsOf({ ...GOOD, ...report }), conditions);
});

function event(uid: string, state: EventRecord['state'] = 'pending'): EventRecord {
  const at = '2026-01-31T10:00:00.000Z';
  return {
    seq: 1,
    event_uid: uid,
    device_id: 'mill',
    event_type: 'session_started',
    ts: at,
    state,
    attempts: 0,
    refusals: 0,
    next_attempt_at: null,
    last_error: null,
    created_at: at,
    settled_at: null,
    body: {},
  };
}

function told(...all: [uid: string, state: EventRecord['state'], device?: string][]): EventNews {
  return new Map(
    all.map(([event_uid, state, device_id = 'mill']) => [
      event_uid,
      { event_uid, event_type: 'session_started', device_id, state, at: '2026-01-31T10:00:00.000Z' },
    ]),
  );
}

test('rows change their state in their place', () => {
  const pages = [{ events: [event('a'), event('b')], next_before: null }];
  const [page] = patched(pages, told(['b', 'delivered'], ['x', 'parked']));
  assert.deepEqual(page?.events, [event('a'), event('b', 'delivered')]);
  assert.equal(page?.events[0], pages[0]?.events[0]);
});

test('an event that waits and is delivered is not new any more; others’ events do not count', () => {
  const pages = [{ events: [event('a')], next_before: null }];
  const waiting = { state: 'pending', machine: 'mill' } as const;
  const first = freshAfter(
    new Set(),
    pages,
    told(['a', 'pending'], ['b', 'pending'], ['c', 'pending', 'saw']),
    waiting,
  );
  assert.deepEqual([...first], ['b']);
  assert.deepEqual([...freshAfter(first, pages, told(['b', 'delivered']), waiting)], []);
  const all = { state: 'delivered', machine: '' } as const;
  const many = told(...Array.from({ length: 2000 }, (_, n): [string, 'delivered'] => [`e${n}`, 'delivered']));
  assert.equal(freshAfter(new Set(), [], many, all).size, FRESH_MAX);
});

test('a body may be anything', () => {
  const body = { payload: { machine_name: '<b>Mill</b>', session_id: 's' } };
  assert.deepEqual(bodyFacts(body), { machineName: '<b>Mill</b>', sessionId: 's' });
  for (const other of [
    null,
    undefined,
    1,
    'text',
    [],
    {},
    { payload: [] },
    { payload: { machine_name: 1 } },
  ]) {
    assert.deepEqual(bodyFacts(other), { machineName: null, sessionId: null });
  }
  assert.equal(bodyText({ a: 1 }), '{\n  "a": 1\n}');
  assert.equal(bodyText(undefined), '');
});

test('a place comes back from the address as it went in', () => {
  const place = readPlace({ state: 'parked', machine: 7, event: 'uid' });
  assert.deepEqual(readPlace(searchOf(place)), place);
  assert.deepEqual(searchOf(readPlace({ state: 'lost', machine: {}, event: null })), {});
});
