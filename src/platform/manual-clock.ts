import type { Cancel, Clock } from './clock.ts';

type Timer = { at: number; order: number; fire: () => void };

/** A clock for tests: time passes only when it is told to. */
export class ManualClock implements Clock {
  #steadyMs: number;
  #offsetMs = 0;
  #order = 0;
  #timers: Timer[] = [];

  constructor(startMs = Date.UTC(2026, 0, 31, 10)) {
    this.#steadyMs = startMs;
  }

  wallMs(): number {
    return this.#steadyMs + this.#offsetMs;
  }

  steadyMs(): number {
    return this.#steadyMs;
  }

  after(delayMs: number, fire: () => void): Cancel {
    const timer = { at: this.#steadyMs + Math.max(0, delayMs), order: this.#order++, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  /** Steps the wall clock alone, as NTP or a person would. */
  stepWall(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** Lets `byMs` pass, firing the timers that come due, in their order. */
  advance(byMs: number): void {
    const until = this.#steadyMs + byMs;
    for (;;) {
      const next = this.#timers
        .filter((timer) => timer.at <= until)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#steadyMs = Math.max(this.#steadyMs, next.at);
      next.fire();
    }
    this.#steadyMs = until;
  }
}
