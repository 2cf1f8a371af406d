/**
 * Exponential backoff with jitter: each wait is drawn from the upper half of a window that doubles
 * from `minMs` to `maxMs`, so that many clients do not come back at the same instant.
 */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempt = 0;

  /** @param random gives a number in [0, 1) */
  constructor(minMs: number, maxMs: number, random: () => number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** The next wait, ms: at least `minMs`, at most `maxMs`. */
  nextMs(): number {
    const windowMs = Math.min(this.#maxMs, this.#minMs * 2 ** this.#attempt);
    if (windowMs < this.#maxMs) this.#attempt++;
    return Math.max(this.#minMs, windowMs * (0.5 + this.#random() / 2));
  }

  reset(): void {
    this.#attempt = 0;
  }
}
