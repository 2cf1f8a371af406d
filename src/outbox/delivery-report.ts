import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { LaneHead, Settlement } from '../store/outbox.ts';

type DeliveryReportDeps = {
  log: Log;
  metrics: Metrics;
  /** Whether a failure to reach Odoo is to be logged: during an outage not each one is. */
  awayWorthALine: () => boolean;
};

/** Counts and logs what became of one try. Called once it is on disk. */
export function reportOutcome(deps: DeliveryReportDeps, head: LaneHead, settlement: Settlement): void {
  const { log, metrics } = deps;
  const event = { event_uid: head.uid, device_id: head.deviceId, event_type: head.eventType };
  if (settlement.outcome === 'delivered') {
    metrics.outboxDelivered.inc();
    if (log.debugs) log.debug('event_delivered', { ...event, attempt: head.attempts + 1 });
    return;
  }
  const failure = { ...event, reason: settlement.reason, attempt: head.attempts + 1 };
  if (settlement.outcome === 'away') {
    metrics.odooAway.inc();
    if (deps.awayWorthALine()) log.warning('odoo_send_failed', failure);
    return;
  }
  metrics.outboxRefused.inc();
  log.warning('odoo_send_failed', failure);
  if (settlement.outcome === 'parked') {
    metrics.outboxParked.inc();
    log.warning('event_parked', { ...event, reason: settlement.reason, refusals: head.refusals + 1 });
  }
}
