import { Backoff } from '../platform/backoff.ts';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { OutboxTable, Settlement } from '../store/outbox.ts';

type VerdictWriterDeps<T> = {
  outbox: OutboxTable;
  clock: Clock;
  random: () => number;
  log: Log;
  metrics: Metrics;
  backoffMinMs: number;
  backoffMaxMs: number;
  /** Called after each write, and after a pause; `lost` when the courier stopped and the write failed. */
  onWritten: (answers: readonly T[], lost: boolean) => void;
};

/**
 * Writes verdicts to disk: those of one turn of the event loop in one transaction. While the disk fails
 * they are kept and tried again, and `paused` says that nothing new should be begun.
 */
export class VerdictWriter<T extends { settlements: readonly Settlement[] }> {
  readonly #deps: VerdictWriterDeps<T>;
  readonly #backoff: Backoff;
  #answers: T[] = [];
  #planned = false;
  #retry: Cancel | null = null;
  #lastTry = false;

  constructor(deps: VerdictWriterDeps<T>) {
    this.#deps = deps;
    this.#backoff = new Backoff(deps.backoffMinMs, deps.backoffMaxMs, deps.random);
  }

  get paused(): boolean {
    return this.#retry !== null;
  }

  add(answer: T): void {
    this.#answers.push(answer);
    this.#writeSoon();
  }

  /** The disk failed outside of a write: pause as if it had been one. */
  pause(error: unknown): void {
    const { clock, log, metrics } = this.#deps;
    metrics.storeFailures.inc();
    const delayMs = this.#backoff.nextMs();
    const reason = error instanceof Error ? error.message : String(error);
    log.error('outbox_store_failed', {
      reason,
      verdicts: this.#settlements().length,
      retry_ms: Math.round(delayMs),
    });
    this.#retry = clock.after(delayMs, () => {
      this.#retry = null;
      this.#write();
    });
  }

  /** The disk was read without fault. */
  readWell(): void {
    this.#backoff.reset();
  }

  start(): void {
    this.#lastTry = false;
  }

  /** From now on each verdict is tried once: what cannot be written is sent again after the next start. */
  stop(): void {
    this.#lastTry = true;
    this.#retry?.();
    this.#retry = null;
    if (this.#answers.length > 0) this.#writeSoon();
  }

  #settlements(): Settlement[] {
    return this.#answers.flatMap(({ settlements }) => settlements);
  }

  #writeSoon(): void {
    if (this.#planned || this.paused) return;
    this.#planned = true;
    this.#deps.clock.soon(() => {
      this.#planned = false;
      if (!this.paused) this.#write();
    });
  }

  #write(): void {
    const { outbox, clock, onWritten } = this.#deps;
    const answers = this.#answers;
    const settlements = this.#settlements();
    let lost = false;
    try {
      if (settlements.length > 0) {
        outbox.settle(settlements, clock.wallMs());
        this.#backoff.reset();
      }
    } catch (error) {
      if (!this.#lastTry) return this.pause(error);
      this.#deps.log.error('outbox_store_failed', { reason: String(error), verdicts: settlements.length });
      lost = true;
    }
    this.#answers = [];
    onWritten(answers, lost);
  }
}
