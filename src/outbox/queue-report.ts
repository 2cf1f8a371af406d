import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';

type QueueReportDeps = {
  clock: Clock;
  log: Log;
  metrics: Metrics;
  counts: () => { pending: number; parked: number };
  oldestPendingAt: () => number | null;
};

const EVERY_MS = 30_000;

/** Tells log and metrics how many events wait: every 30 s while some do, and once when the last one is gone. */
export class QueueReport {
  readonly #deps: QueueReportDeps;
  #cancel: Cancel | null = null;
  #toldWaiting = false;

  constructor(deps: QueueReportDeps) {
    this.#deps = deps;
  }

  /** Called whenever the queue may have changed. */
  note(): void {
    const { clock, counts, metrics } = this.#deps;
    const { pending, parked } = counts();
    metrics.outboxPending.set(pending);
    metrics.outboxParkedNow.set(parked);
    if (pending === 0) {
      this.stop();
      if (this.#toldWaiting) this.#tell(pending, parked);
      this.#toldWaiting = false;
      metrics.outboxOldestSeconds.set(0);
    } else {
      this.#cancel ??= clock.after(EVERY_MS, () => {
        this.#cancel = null;
        const now = counts();
        if (now.pending > 0) this.#tell(now.pending, now.parked);
        this.#toldWaiting ||= now.pending > 0;
        this.note();
      });
    }
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #tell(pending: number, parked: number): void {
    const { clock, log, metrics, oldestPendingAt } = this.#deps;
    const oldestAt = pending === 0 ? null : oldestPendingAt();
    const ageSeconds = oldestAt === null ? 0 : Math.max(0, Math.round((clock.wallMs() - oldestAt) / 1000));
    metrics.outboxOldestSeconds.set(ageSeconds);
    log.info('event_queue', { pending, parked, oldest_age_s: ageSeconds });
  }
}
