import type { Cancel } from './clock.ts';

type Subscription<T> = { listener: (item: T) => void };

/** Tells everybody who listens. Nothing is kept: who comes later has missed it. */
export class Feed<T> {
  readonly #subscriptions = new Set<Subscription<T>>();
  readonly #report: (error: unknown) => void;

  /** @param report told what a listener threw; that listener is gone then */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Whether anybody listens; spares the publisher making what nobody takes. */
  get listened(): boolean {
    return this.#subscriptions.size > 0;
  }

  /** Calls `listener` with every item from now on, in the turn in which it is published. */
  subscribe(listener: (item: T) => void): Cancel {
    const subscription = { listener };
    this.#subscriptions.add(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
    };
  }

  publish(item: T): void {
    for (const subscription of this.#subscriptions) {
      try {
        subscription.listener(item);
      } catch (error) {
        this.#subscriptions.delete(subscription);
        this.#report(error);
      }
    }
  }
}
