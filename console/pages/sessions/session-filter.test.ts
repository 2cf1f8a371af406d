import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionRecord } from '../../../src/model/machine.ts';
import { fieldsOf, matches, queryOf, readFilter, searchOf } from './session-filter.ts';
import { patched, type SessionNews, unseen } from './session-news.ts';

function session(id: string, more: Partial<SessionRecord> = {}): SessionRecord {
  return {
    session_id: id,
    device_id: 'mill',
    machine_name: 'Mill',
    state: 'open',
    started_at: '2026-01-31T10:00:00.000Z',
    ended_at: null,
    reason: null,
    duration_s: null,
    standby_duration_s: null,
    working_duration_s: null,
    interruption_duration_s: null,
    energy_kwh: null,
    energy_source: null,
    avg_power_w: null,
    max_power_w: null,
    message_count: null,
    ...more,
  };
}
const ENDED = { state: 'closed', ended_at: '2026-01-31T11:00:00.000Z', reason: 'normal' } as const;

test('a filter comes back from the address as it went in; nonsense is left out', () => {
  const filter = readFilter({
    machine: 42,
    period: 'own',
    from: '2026-01-01',
    to: '',
    reason: 'gap',
    state: 'open',
  });
  assert.deepEqual(readFilter(searchOf(filter)), filter);
  assert.equal(filter.machine, '42');
  assert.deepEqual(
    searchOf(readFilter({ period: 'ever', state: ['open'], reason: 'because', machine: {} })),
    {},
  );
});

test('a filter asks the API in its words', () => {
  const now = new Date(2026, 0, 31, 12);
  const query = queryOf(readFilter({ machine: 'mill', period: 'yesterday', state: 'closed' }), now);
  assert.deepEqual(fieldsOf(query), {
    device_id: 'mill',
    open: false,
    from: new Date(2026, 0, 30).toISOString(),
    to: new Date(2026, 0, 31).toISOString(),
  });
  assert.deepEqual(fieldsOf({}), { from: undefined, to: undefined });
});

test('a session matches as the API says', () => {
  const from = Date.parse('2026-01-31T11:00:00Z');
  assert.equal(matches(session('a', ENDED), { from }), true);
  assert.equal(matches(session('a', ENDED), { from: from + 1 }), false);
  assert.equal(matches(session('a'), { from: from + 1 }), true);
  assert.equal(matches(session('a'), { to: Date.parse('2026-01-31T10:00:00Z') }), false);
  assert.equal(matches(session('a'), { device_id: 'saw' }), false);
  assert.equal(matches(session('a', ENDED), { open: true }), false);
  assert.equal(matches(session('a', ENDED), { reason: 'normal' }), true);
});

test('what the stream tells changes rows in their place and counts those that are not shown', () => {
  const pages = [{ sessions: [session('a'), session('b')], next_cursor: null }];
  const news: SessionNews = new Map([
    ['b', { ...session('b', ENDED), change: 'closed' }],
    ['c', { ...session('c'), change: 'opened' }],
    ['d', { ...session('d'), change: 'heartbeat' }],
    ['e', { ...session('e', ENDED), change: 'closed' }],
  ]);
  assert.deepEqual(patched(pages, news), [
    { sessions: [session('a'), session('b', ENDED)], next_cursor: null },
  ]);
  assert.deepEqual(unseen(pages, news, {}), ['c']);
  assert.deepEqual(unseen(pages, news, { open: false }), ['e']);
  assert.deepEqual(unseen(pages, news, { device_id: 'saw' }), []);
});
