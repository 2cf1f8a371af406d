import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CourierStatus } from '../outbox/courier-mode.ts';
import { RecentAnswers } from '../outbox/recent-answers.ts';
import { type DeliveryDeps, deliveryReport, deliveryRoutes } from './delivery.ts';
import { createTestRoutes } from './test-routes.ts';

const NOW = Date.UTC(2026, 0, 31, 10, 30);

function createDelivery(status: CourierStatus | null, counts = { pending: 0, parked: 0 }) {
  const answers = new RecentAnswers();
  const asked: number[] = [];
  const deps: DeliveryDeps = {
    delivery: { status: () => status, answers: () => answers.list() },
    outbox: {
      counts: () => counts,
      oldestPendingAt: () => (counts.pending > 0 ? NOW - 90_000 : null),
      deliveredSince(fromMs) {
        asked.push(fromMs);
        return 7;
      },
    },
    clock: { wallMs: () => NOW },
  };
  return { answers, asked, ...createTestRoutes((app) => deliveryRoutes(app, deps)) };
}

test('without an Odoo events wait, and the report says so', async () => {
  const api = createDelivery(null, { pending: 3, parked: 0 });
  const { status, body } = await api.call('GET', '/api/delivery');
  assert.equal(status, 200);
  deliveryReport.strict().parse(body);
  assert.deepEqual(body, {
    mode: null,
    odoo_reachable: null,
    last_error: null,
    away_since: null,
    next_attempt_at: null,
    in_flight: 0,
    pending: 3,
    parked: 0,
    oldest_pending_at: '2026-01-31T10:28:30.000Z',
    delivered_last_hour: 7,
    answers: [],
  });
  assert.deepEqual(api.asked, [NOW - 3_600_000]);
});

test('an Odoo that is away: since when, why, when it is asked again, and its answers', async () => {
  const api = createDelivery(
    {
      mode: 'backing_off',
      odooReachable: false,
      lastError: 'Odoo refused the key (401). Check ODOO_API_KEY.',
      awaySince: NOW - 60_000,
      inFlight: 1,
      nextAttemptAt: NOW + 30_000,
    },
    { pending: 212, parked: 4 },
  );
  const reason = 'Odoo refused the key (401). Check ODOO_API_KEY.';
  api.answers.note(
    { uid: 'u', eventType: 'session_started', deviceId: 'mill' },
    { seq: 1, outcome: 'away', reason },
    NOW,
  );
  const { body } = await api.call('GET', '/api/delivery');
  const report = deliveryReport.strict().parse(body);
  assert.equal(report.away_since, '2026-01-31T10:29:00.000Z');
  assert.equal(report.next_attempt_at, '2026-01-31T10:30:30.000Z');
  assert.deepEqual([report.pending, report.parked, report.in_flight], [212, 4, 1]);
  assert.deepEqual(
    report.answers.map((one) => one.reason),
    [reason],
  );
});

test('everybody who may see anything may see it', () => {
  assert.deepEqual([...createDelivery(null).access], [['GET /api/delivery', 'view']]);
});
