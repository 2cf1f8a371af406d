import type { Clock } from '../platform/clock.ts';

/** A bucket of `burst` tokens that fills by `perSecond`: what finds it empty comes too fast. */
export class RateBound {
  readonly #clock: Pick<Clock, 'steadyMs'>;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Pick<Clock, 'steadyMs'>, bounds: { perSecond: number; burst: number }) {
    this.#clock = clock;
    this.#perSecond = bounds.perSecond;
    this.#burst = bounds.burst;
    this.#tokens = bounds.burst;
    this.#filledAt = clock.steadyMs();
  }

  /** Takes a token; false: there is none. */
  take(): boolean {
    const now = this.#clock.steadyMs();
    const filled = this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond;
    this.#filledAt = now;
    this.#tokens = Math.min(this.#burst, filled);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
