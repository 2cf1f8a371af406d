import { senderOf } from '../platform/address.ts';
import type { Clock } from '../platform/clock.ts';

const SENDERS_MAX = 10_000;

/** Counts wrong tries by sender; a sender that stays quiet for `forgetMs` is forgotten. Bounded. */
export class WrongTries {
  readonly #clock: Pick<Clock, 'steadyMs'>;
  readonly #forgetMs: number;
  /** Longest quiet first. */
  readonly #senders = new Map<string, { count: number; at: number }>();

  constructor(clock: Pick<Clock, 'steadyMs'>, { forgetMs }: { forgetMs: number }) {
    this.#clock = clock;
    this.#forgetMs = forgetMs;
  }

  /** Notes a wrong try of `address`. @returns how many there were */
  note(address: string): number {
    const sender = senderOf(address);
    const count = this.count(address) + 1;
    this.#senders.delete(sender);
    this.#senders.set(sender, { count, at: this.#clock.steadyMs() });
    for (const oldest of this.#senders.keys()) {
      if (this.#senders.size <= SENDERS_MAX) break;
      this.#senders.delete(oldest);
    }
    return count;
  }

  count(address: string): number {
    const sender = senderOf(address);
    const known = this.#senders.get(sender);
    if (!known) return 0;
    if (this.#clock.steadyMs() - known.at < this.#forgetMs) return known.count;
    this.#senders.delete(sender);
    return 0;
  }
}
