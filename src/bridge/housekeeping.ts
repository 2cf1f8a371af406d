import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { AttributesTable } from '../store/attributes.ts';
import type { OutboxTable } from '../store/outbox.ts';
import type { SessionsTable } from '../store/sessions.ts';

const DAY_MS = 86_400_000;
const TIDY_MS = 3_600_000;
/** Between two chunks other work gets its turn. */
const CHUNK_PAUSE_MS = 50;
const CHUNK_ROWS = 1000;
const LAG_RESOLUTION_MS = 20;

export type HousekeepingDeps = {
  clock: Clock;
  log: Log;
  outbox: OutboxTable;
  sessions: SessionsTable;
  attributes: AttributesTable;
  attributesDays: number;
  keepDeliveredDays: number;
  keepSessionsDays: number;
};

/** Deletes what is older than its retention: once an hour, in small chunks. The history sees to itself. */
export function createHousekeeping(deps: HousekeepingDeps) {
  const { clock, log, outbox, sessions, attributes } = deps;
  let cancel: Cancel | null = null;

  function tidy(): void {
    const now = clock.wallMs();
    let again = false;
    try {
      const delivered = outbox.pruneDelivered(now - deps.keepDeliveredDays * DAY_MS);
      const ended = sessions.prune(now - deps.keepSessionsDays * DAY_MS, CHUNK_ROWS);
      const values = attributes.prune(now - deps.attributesDays * DAY_MS, CHUNK_ROWS);
      again = delivered + ended + values > 0;
      const pruned = {
        delivered_events: delivered,
        sessions: ended,
        attribute_values: values,
      };
      if (again) log.debug('store_pruned', pruned);
    } catch (error) {
      log.warning('store_prune_failed', { message: (error as Error).message });
    }
    cancel = clock.after(again ? CHUNK_PAUSE_MS : TIDY_MS, tidy);
  }

  return {
    start(): void {
      cancel ??= clock.after(CHUNK_PAUSE_MS, tidy);
    },
    stop(): void {
      cancel?.();
      cancel = null;
    },
  };
}

export type GaugeDeps = {
  clock: Clock;
  metrics: Metrics;
  outbox: OutboxTable;
  openSessions(): number;
  isMqttConnected(): boolean;
};

/** The registry as it is scraped: gauges are read when somebody asks. */
export function scrapedRegistry({ clock, metrics, outbox, openSessions, isMqttConnected }: GaugeDeps) {
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();
  return {
    contentType: metrics.registry.contentType,
    async metrics(): Promise<string> {
      const { pending, parked } = outbox.counts();
      const oldest = outbox.oldestPendingAt();
      metrics.outboxPending.set(pending);
      metrics.outboxParkedNow.set(parked);
      metrics.outboxOldestSeconds.set(oldest === null ? 0 : Math.max(0, clock.wallMs() - oldest) / 1000);
      metrics.sessionsOpen.set(openSessions());
      metrics.mqttConnected.set(isMqttConnected() ? 1 : 0);
      metrics.loopLagSeconds.set(Math.max(0, lag.max / 1e9 - LAG_RESOLUTION_MS / 1000));
      metrics.memoryBytes.set(process.memoryUsage.rss());
      lag.reset();
      return metrics.registry.metrics();
    },
    stop: () => {
      lag.disable();
    },
  };
}
