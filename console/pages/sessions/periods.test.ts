import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayStart, isReversed, type PeriodName, spanOf } from './periods.ts';

process.env.TZ = 'Europe/Berlin';

const NO_DAYS = { from: '', to: '' };
const text = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
function span(period: PeriodName, now: string, own = NO_DAYS) {
  const { from, to } = spanOf(period, own, new Date(now));
  return [text(from), text(to)];
}

test('days begin at midnight of the viewer, also when clocks change', () => {
  assert.deepEqual(span('today', '2026-01-31T23:30:00Z'), ['2026-01-31T23:00:00.000Z', null]);
  assert.deepEqual(span('yesterday', '2026-03-30T10:00:00Z'), [
    '2026-03-28T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
  ]);
  assert.deepEqual(span('yesterday', '2026-10-26T10:00:00Z'), [
    '2026-10-24T22:00:00.000Z',
    '2026-10-25T23:00:00.000Z',
  ]);
});

test('a week begins on Monday, a month on its first day', () => {
  const monday = '2026-01-25T23:00:00.000Z';
  for (const now of ['2026-01-26T00:00:00Z', '2026-01-28T12:00:00Z', '2026-02-01T12:00:00Z']) {
    assert.deepEqual(span('week', now), [monday, null]);
  }
  assert.deepEqual(span('month', '2026-02-01T12:00:00Z'), ['2026-01-31T23:00:00.000Z', null]);
});

test('days of one’s own: the last one counts, either may be missing', () => {
  const now = '2026-02-01T12:00:00Z';
  assert.deepEqual(span('own', now, { from: '2026-01-05', to: '2026-01-05' }), [
    '2026-01-04T23:00:00.000Z',
    '2026-01-05T23:00:00.000Z',
  ]);
  assert.deepEqual(span('own', now, { from: '', to: '2026-01-05' }), [null, '2026-01-05T23:00:00.000Z']);
  assert.deepEqual(span('own', now), [null, null]);
  assert.deepEqual(span('all', now), [null, null]);
});

test('what is no date bounds nothing', () => {
  for (const word of ['', '2026-02-30', '2026-13-01', 'yesterday', '2026-1-5'])
    assert.equal(dayStart(word), null);
  assert.equal(isReversed({ from: '2026-01-06', to: '2026-01-05' }), true);
  assert.equal(isReversed({ from: '2026-01-05', to: '2026-01-05' }), false);
  assert.equal(isReversed({ from: '2026-01-05', to: '' }), false);
});
