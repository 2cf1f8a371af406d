import type { HeldPowerSink } from './held-power.ts';

/** Most runs that are kept; a machine that makes more in the period shows itself in the first ones. */
const RUNS_MAX = 500_000;

/** A stay in one range of power. */
export type Run = {
  /** Index of the range. */
  range: number;
  ms: number;
  /** Its beginning and its end were seen: the runs beside it are its neighbours in time. */
  follows: boolean;
  isFollowed: boolean;
};

/** Collects the stays of a machine in ranges of power that are told apart by `limitsW`, rising. */
export class RunCollector implements HeldPowerSink {
  readonly runs: Run[] = [];
  readonly #limitsW: readonly number[];
  #current: Run | null = null;

  constructor(limitsW: readonly number[]) {
    this.#limitsW = limitsW;
  }

  held(powerW: number, ms: number): void {
    let range = 0;
    for (const limitW of this.#limitsW) if (powerW >= limitW) range++;
    const before = this.#current;
    if (before?.range === range) {
      before.ms += ms;
      return;
    }
    if (this.runs.length >= RUNS_MAX) return;
    if (before) before.isFollowed = true;
    this.#current = { range, ms, follows: before !== null, isFollowed: false };
    this.runs.push(this.#current);
  }

  cut(): void {
    this.#current = null;
  }
}

/** The same stays in coarser ranges: `rangeOf[i]` is where range `i` goes. */
export function coarserRuns(runs: readonly Run[], rangeOf: readonly number[]): Run[] {
  const coarse: Run[] = [];
  for (const run of runs) {
    const range = rangeOf[run.range] ?? 0;
    const last = coarse.at(-1);
    if (last && run.follows && last.range === range) {
      last.ms += run.ms;
      last.isFollowed = run.isFollowed;
    } else coarse.push({ ...run, range });
  }
  return coarse;
}

/** How often, and how long in all, the machine was in each of `count` ranges. */
export function staysOf(runs: readonly Run[], count: number): { visits: number; ms: number }[] {
  const stays = Array.from({ length: count }, () => ({ visits: 0, ms: 0 }));
  for (const { range, ms } of runs) {
    const stay = stays[range];
    if (!stay) continue;
    stay.visits++;
    stay.ms += ms;
  }
  return stays;
}
