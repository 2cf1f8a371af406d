import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchRange, panned, SPAN_MS_MAX, SPAN_MS_MIN, spanOf, zoomed } from './time-range.ts';

const NOW = 1_800_000_000_000;
const HOUR = { fromMs: NOW - 3_600_000, toMs: NOW };

test('zooming keeps the time under the pointer, and stays between a minute and a year', () => {
  const past = { fromMs: NOW - 7_200_000, toMs: NOW - 3_600_000 };
  const near = zoomed(past, 0.5, 0.25, NOW);
  assert.equal(spanOf(near), 1_800_000);
  assert.equal(near.fromMs + spanOf(near) * 0.25, past.fromMs + spanOf(past) * 0.25);
  assert.equal(spanOf(zoomed(HOUR, 1e-9, 0.5, NOW)), SPAN_MS_MIN);
  assert.equal(spanOf(zoomed(HOUR, 1e9, 0.5, NOW)), SPAN_MS_MAX);
});

test('nothing is shown of later than now', () => {
  assert.deepEqual(panned(HOUR, 0.5, NOW), HOUR);
  assert.deepEqual(panned(HOUR, -1, NOW), { fromMs: NOW - 7_200_000, toMs: NOW - 3_600_000 });
  const wide = zoomed(HOUR, 2, 0, NOW);
  assert.deepEqual([wide.toMs, spanOf(wide)], [NOW, 7_200_000]);
});

test('what is fetched holds what is shown, stays the same for small moves and has a bound', () => {
  for (const spanMs of [60_000, 1_800_000, 86_400_000, SPAN_MS_MAX]) {
    const range = { fromMs: NOW - spanMs, toMs: NOW };
    const fetched = fetchRange(range);
    assert.ok(fetched.fromMs <= range.fromMs && fetched.toMs >= range.toMs);
    assert.ok(spanOf(fetched) <= 399 * 86_400_000);
    const keys = Array.from({ length: 100 }, (_, i) => {
      const by = (i * spanMs) / 1000;
      return fetchRange({ fromMs: range.fromMs + by, toMs: range.toMs + by }).toMs;
    });
    assert.ok(new Set(keys).size <= 3);
  }
});
