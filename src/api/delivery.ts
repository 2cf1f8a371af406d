import { z } from 'zod';
import type { CourierStatus } from '../outbox/courier-mode.ts';
import type { OdooAnswer } from '../outbox/recent-answers.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import type { OutboxTable } from '../store/outbox.ts';
import type { Server } from './deps.ts';
import { faults } from './faults.ts';

const HOUR_MS = 3_600_000;
const time = z.iso.datetime({ precision: 3 });

const answer = z.object({
  at: time,
  event_uid: z.string(),
  event_type: z.string(),
  device_id: z.string(),
  outcome: z.enum(['delivered', 'refused', 'parked', 'away']),
  reason: z.string().nullable().describe('Why Odoo did not take it, or could not be asked'),
});

export const deliveryReport = z
  .object({
    mode: z
      .enum(['stopped', 'idle', 'sending', 'backing_off', 'probing'])
      .nullable()
      .describe('null: no Odoo is set, events wait'),
    odoo_reachable: z.boolean().nullable().describe('null: no Odoo is set, or it was not asked yet'),
    last_error: z.string().nullable().describe('Why the newest try failed; null: it did not'),
    away_since: time.nullable().describe('Since when Odoo cannot be reached'),
    next_attempt_at: time.nullable().describe('When an unreachable Odoo is asked again'),
    in_flight: z.int().describe('Events that are being sent'),
    pending: z.int(),
    parked: z.int(),
    oldest_pending_at: time.nullable().describe('When the oldest waiting event was written'),
    delivered_last_hour: z.int(),
    answers: z.array(answer).describe('What Odoo said last, newest first; since the bridge was started'),
  })
  .meta({ id: 'Delivery' });
export type DeliveryReport = z.infer<typeof deliveryReport>;

export type DeliveryDeps = {
  delivery: {
    /** null: no Odoo is set. */
    status(): CourierStatus | null;
    answers(): OdooAnswer[];
  };
  outbox: Pick<OutboxTable, 'counts' | 'oldestPendingAt'> & {
    /** How many events were delivered at or after `fromMs`. */
    deliveredSince(fromMs: number): number;
  };
  clock: Pick<Clock, 'wallMs'>;
};

const timeOrNull = (ms: number | null | undefined) => (typeof ms === 'number' ? isoTime(ms) : null);

/** `/api/delivery`: how events get on to Odoo. */
export function deliveryRoutes(app: Server, { delivery, outbox, clock }: DeliveryDeps): void {
  app.get('/api/delivery', {
    config: { access: 'view' },
    schema: {
      summary: 'How events get on to Odoo',
      description: 'What waits and since when, what Odoo answered lately, and when it is asked again.',
      tags: ['events'],
      response: { 200: deliveryReport, ...faults(401, 429) },
    },
    handler: (): DeliveryReport => {
      const status = delivery.status();
      return {
        mode: status?.mode ?? null,
        odoo_reachable: status?.odooReachable ?? null,
        last_error: status?.lastError ?? null,
        away_since: timeOrNull(status?.awaySince),
        next_attempt_at: timeOrNull(status?.nextAttemptAt),
        in_flight: status?.inFlight ?? 0,
        ...outbox.counts(),
        oldest_pending_at: timeOrNull(outbox.oldestPendingAt()),
        delivered_last_hour: outbox.deliveredSince(clock.wallMs() - HOUR_MS),
        answers: delivery.answers(),
      };
    },
  });
}
