import { Backoff } from '../platform/backoff.ts';
import type { Cancel, Clock } from '../platform/clock.ts';

type OutageDeps = {
  clock: Clock;
  random: () => number;
  backoffMinMs: number;
  backoffMaxMs: number;
  /** Called when the wait is over and one probe may go out. */
  onWaited: () => void;
};

/** Longest wait that Odoo may ask for with `Retry-After`. */
const RETRY_AFTER_MAX_MS = 3_600_000;
const LOG_EVERY_MS = 60_000;

/** What is known of the time since Odoo was first found away: since when, and how long until the next probe. */
export class Outage {
  readonly #deps: OutageDeps;
  readonly #backoff: Backoff;
  #cancel: Cancel | null = null;
  #probeAtSteadyMs = 0;
  #loggedAtSteadyMs: number | null = null;
  /** Wall clock when it began, ms, or null while Odoo is there. */
  sinceMs: number | null = null;
  /** Wall clock of the next probe, ms, or null when none is planned. */
  nextProbeAtMs: number | null = null;

  constructor(deps: OutageDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff(deps.backoffMinMs, deps.backoffMaxMs, deps.random);
  }

  /** The first try, or a probe, found Odoo away: wait for the growing time, or for what Odoo asked if longer. */
  wait(retryAfterMs: number | undefined): void {
    this.sinceMs ??= this.#deps.clock.wallMs();
    this.#plan(Math.max(this.#backoff.nextMs(), Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS)));
  }

  /**
   * A request that was out when the outage began came back: only what Odoo itself asked for makes it longer.
   * @returns whether it did
   */
  waitAtLeast(retryAfterMs: number | undefined): boolean {
    const delayMs = Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
    if (delayMs === 0 || this.#deps.clock.steadyMs() + delayMs <= this.#probeAtSteadyMs) return false;
    this.#plan(delayMs);
    return true;
  }

  /** Odoo answered. @returns how long it was away, ms */
  end(): number {
    this.stop();
    const awayMs = this.#deps.clock.wallMs() - (this.sinceMs ?? this.#deps.clock.wallMs());
    this.sinceMs = null;
    this.#loggedAtSteadyMs = null;
    this.#backoff.reset();
    return Math.max(0, awayMs);
  }

  /** Forgets the planned probe. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.nextProbeAtMs = null;
  }

  /** Whether this failure is one for the log: the first of an outage, then at most one a minute. */
  worthALine(): boolean {
    const now = this.#deps.clock.steadyMs();
    if (this.#loggedAtSteadyMs !== null && now - this.#loggedAtSteadyMs < LOG_EVERY_MS) return false;
    this.#loggedAtSteadyMs = now;
    return true;
  }

  #plan(delayMs: number): void {
    const { clock, onWaited } = this.#deps;
    this.stop();
    this.#probeAtSteadyMs = clock.steadyMs() + delayMs;
    this.nextProbeAtMs = clock.wallMs() + delayMs;
    this.#cancel = clock.after(delayMs, () => {
      this.stop();
      onWaited();
    });
  }
}
