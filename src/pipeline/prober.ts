import type { Cancel, Clock } from '../platform/clock.ts';
import { DeadlineHeap } from '../platform/deadline-heap.ts';

/** A device is asked this long before silence ends its session, or a quarter of the timeout if that is less … */
const LEAD_MAX_MS = 5000;
const LEAD_PART = 0.25;
/** … and once more when half of that is over, for a question that was lost. */
const SECOND_PART = 0.5;

type Silence = { timeoutAt: number; leadMs: number; asked: number };

export type ProberDeps = {
  clock: Clock;
  /** Makes the device tell its power. */
  ask(deviceId: string): void;
};

/** Asks silent devices for a sign of life shortly before their sessions would time out. */
export class Prober {
  readonly #deps: ProberDeps;
  readonly #heap = new DeadlineHeap();
  readonly #silences = new Map<string, Silence>();
  #cancel: Cancel | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(deps: ProberDeps) {
    this.#deps = deps;
  }

  /** @param timeoutAt when silence ends the device's session, on the steady clock; null: it has none */
  set(deviceId: string, timeoutAt: number | null, timeoutMs: number): void {
    if (timeoutAt === null) return this.forget(deviceId);
    const known = this.#silences.get(deviceId);
    if (known?.timeoutAt === timeoutAt) return;
    const leadMs = Math.min(LEAD_MAX_MS, timeoutMs * LEAD_PART);
    this.#silences.set(deviceId, { timeoutAt, leadMs, asked: 0 });
    this.#heap.set(deviceId, timeoutAt - leadMs);
    if (timeoutAt - leadMs < this.#armedFor) this.#arm(timeoutAt - leadMs);
  }

  forget(deviceId: string): void {
    if (this.#silences.delete(deviceId)) this.#heap.set(deviceId, null);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #arm(at: number): void {
    this.#cancel?.();
    this.#armedFor = at;
    this.#cancel = this.#deps.clock.after(at - this.#deps.clock.steadyMs(), () => this.#run());
  }

  #run(): void {
    this.stop();
    const now = this.#deps.clock.steadyMs();
    for (let id = this.#heap.takeDue(now); id !== null; id = this.#heap.takeDue(now)) this.#ask(id);
    const next = this.#heap.nextAt();
    if (next !== null) this.#arm(next);
  }

  #ask(deviceId: string): void {
    const silence = this.#silences.get(deviceId);
    if (!silence) return;
    silence.asked += 1;
    if (silence.asked === 1) this.#heap.set(deviceId, silence.timeoutAt - silence.leadMs * SECOND_PART);
    this.#deps.ask(deviceId);
  }
}
