import type { Cancel, Clock } from '../platform/clock.ts';
import { DeadlineHeap } from '../platform/deadline-heap.ts';

export type DeadlineRunnerDeps = {
  clock: Clock;
  heardAt(): number;
  prove(): void;
  /** Carries out what is due on the device at `steadyAt`, and sets its next deadline. */
  run(deviceId: string, steadyAt: number): void;
};

/**
 * Carries out deadlines in time, with one timer for all devices. Silence counts only while the broker is
 * known to be there: a deadline waits until the broker was heard after it, and asks it to speak if need be.
 */
export class DeadlineRunner {
  readonly #deps: DeadlineRunnerDeps;
  readonly #heap = new DeadlineHeap();
  #armedFor = Number.POSITIVE_INFINITY;
  #cancel: Cancel | null = null;
  #running = false;

  constructor(deps: DeadlineRunnerDeps) {
    this.#deps = deps;
  }

  /** @param dueAt on the steady clock; null: none */
  set(deviceId: string, dueAt: number | null): void {
    this.#heap.set(deviceId, dueAt);
    if (dueAt !== null && dueAt < this.#armedFor && !this.#running) this.#arm(dueAt);
  }

  forget(deviceId: string): void {
    this.#heap.set(deviceId, null);
  }

  /** Carries out all that is due and proven. */
  run(): void {
    const { clock, heardAt, prove, run } = this.#deps;
    const now = clock.steadyMs();
    const provenTo = Math.min(now, heardAt());
    this.#running = true;
    for (let key = this.#heap.takeDue(provenTo); key !== null; key = this.#heap.takeDue(provenTo))
      run(key, provenTo);
    this.#running = false;
    const next = this.#heap.nextAt();
    this.#disarm();
    if (next === null) return;
    if (next > now) this.#arm(next);
    else prove();
  }

  stop(): void {
    this.#disarm();
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #arm(dueAt: number): void {
    this.#cancel?.();
    this.#armedFor = dueAt;
    this.#cancel = this.#deps.clock.after(dueAt - this.#deps.clock.steadyMs(), () => {
      this.#cancel = null;
      this.run();
    });
  }
}
