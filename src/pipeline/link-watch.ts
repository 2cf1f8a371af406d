import type { Cancel, Clock } from '../platform/clock.ts';

/** The backlog is through this long after its last message … */
const SETTLE_MS = 1000;
/** … and at the latest this long after the connection was made. */
const SETTLE_MAX_MS = 60_000;
/** Brokers send what they kept in one go: messages of one device that lie further apart are live. */
const BURST_MS = 200;

/** Knows when a link has settled: down ──up──▶ settling ──quiet──▶ settled; from everywhere back to down. */
export class LinkWatch {
  readonly #clock: Clock;
  readonly #onSettled: () => void;
  #mode: 'down' | 'settling' | 'settled' = 'down';
  #upAt = 0;
  #backlogAt = 0;
  #cancel: Cancel | null = null;

  constructor(deps: { clock: Clock; onSettled: () => void }) {
    this.#clock = deps.clock;
    this.#onSettled = deps.onSettled;
  }

  settled(): boolean {
    return this.#mode === 'settled';
  }

  /** @param backlog whether the broker may have kept messages for us; if not, the link is settled at once */
  up(backlog: boolean): void {
    this.down();
    this.#mode = 'settling';
    this.#upAt = this.#clock.steadyMs();
    this.#backlogAt = this.#upAt;
    if (backlog) this.#wait();
    else this.#settle();
  }

  /** A message arrived that the broker had kept. */
  backlog(): void {
    this.#backlogAt = this.#clock.steadyMs();
  }

  /** A message without a date arrived, `previousAt` being when the device's former one did; it may have been kept. */
  undated(previousAt: number | null, steadyAt: number): void {
    const first = previousAt === null || previousAt < this.#upAt;
    if (first || steadyAt - previousAt < BURST_MS) this.#backlogAt = steadyAt;
  }

  down(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#mode = 'down';
  }

  #wait(): void {
    const settleAt = Math.min(this.#backlogAt + SETTLE_MS, this.#upAt + SETTLE_MAX_MS);
    const leftMs = settleAt - this.#clock.steadyMs();
    if (leftMs > 0) {
      this.#cancel = this.#clock.after(leftMs, () => this.#wait());
      return;
    }
    this.#settle();
  }

  #settle(): void {
    this.#cancel = null;
    this.#mode = 'settled';
    this.#onSettled();
  }
}
