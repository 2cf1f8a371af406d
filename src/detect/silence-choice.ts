import { roundUpS } from './debounce-choice.ts';

/** Lengths of silence are counted in steps of 2 %. */
const STEP_NATS = 0.02;
const STEPS = 1000;
/** The few longest of many silences were failures of the device, not its habit. */
const FAILURE_SHARE = 0.001;
const FAILURES_MIN = 3;
const MANY = 300;
/** A timeout is at least this many times the longest silence that is the device's habit, or that its family may keep. */
const HABITS_MIN = 1.5;
const HABITS_WANTED = 2;
/** A timeout in force that is longer than this many habits is longer than it need be. */
const HABITS_MAX = 10;
const TIMEOUT_MS_MIN = 10_000;
/** A device that is silent for longer speaks on change only: no timeout can be told from its habits. */
const TIMEOUT_MS_MAX = 4 * 3_600_000;

/** How long a device is silent while somebody listens. */
export class Silences {
  readonly #counts = new Uint32Array(STEPS);
  #count = 0;

  add(ms: number): void {
    const step = Math.min(STEPS - 1, Math.round(Math.log(Math.max(1, ms)) / STEP_NATS));
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.#count++;
  }

  /** The longest silence that is habit, ms, to 1 %; null when nothing was heard. */
  habitMs(): number | null {
    let failures = this.#count < MANY ? 0 : Math.max(FAILURES_MIN, this.#count * FAILURE_SHARE);
    for (let step = STEPS - 1; step >= 0; step--) {
      const count = this.#counts[step] ?? 0;
      if (count > failures) return Math.exp(step * STEP_NATS);
      failures -= count;
    }
    return null;
  }
}

/**
 * A message timeout that the device's habits do not reach, s: the one in force where it will do. null when none can be
 * told.
 * @param reportIntervalMs how often a device of its family reports at the latest; null: on change only
 * @param inForceMs null: silence ends no session, and that is not for its habits to change
 */
export function chooseTimeoutS(
  habitMs: number | null,
  reportIntervalMs: number | null,
  inForceMs: number | null,
): number | null {
  if (habitMs === null || inForceMs === null) return null;
  const reportMs = reportIntervalMs ?? 0;
  const leastMs = Math.max(HABITS_MIN * Math.max(habitMs, reportMs), TIMEOUT_MS_MIN);
  if (inForceMs >= leastMs && inForceMs <= HABITS_MAX * Math.max(habitMs, leastMs)) return inForceMs / 1000;
  const wantedMs = Math.max(HABITS_WANTED * habitMs, leastMs);
  return wantedMs > TIMEOUT_MS_MAX ? null : roundUpS(wantedMs);
}
