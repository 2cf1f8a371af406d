import { coarserRuns, type Run } from './power-runs.ts';

/** Longer than this nobody waits to see whether a machine comes back, or takes a start for a blip. */
const DIP_MS_MAX = 120_000;
const BLIP_MS_MAX = 30_000;
/** Shorter than what a message rate of one a second can show. */
const DIP_MS_SEEN = 5000;
const BLIP_MS_SEEN = 1000;
/** Lengths fall into two kinds when the longer ones begin at this multiple of the shorter ones. */
const BREAK_RATIO_MIN = 2.5;

/** Of the first stretches of uses, this share may be shorter. */
const FIRST_SHARE = 0.05;

/** Figures that people use for times, s. */
const ROUND_SECONDS = [
  1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120, 150, 180, 240, 300, 450, 600, 900, 1200, 1800, 2700,
  3600, 5400, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** The shortest round time that is at least `ms`, s. */
export function roundUpS(ms: number): number {
  return ROUND_SECONDS.find((seconds) => seconds * 1000 >= ms) ?? 86_400;
}

/** Where lengths of time fall into short ones and long ones; ms. `shortMs: null`: there are no short ones. */
export type Break = { shortMs: number | null; longMs: number | null; shorts: number };

/**
 * The widest break between lengths of time whose short ones are at most `shortMsMax`.
 * @returns null: they are of all lengths
 */
export function breakOf(lengthsMs: readonly number[], shortMsMax: number, seenMs: number): Break | null {
  const sorted = [...lengthsMs].sort((a, b) => a - b);
  let best: Break | null = null;
  let bestRatio = BREAK_RATIO_MIN;
  let before = seenMs;
  for (const [i, length] of sorted.entries()) {
    const ratio = Math.max(length, seenMs) / before;
    if (ratio > bestRatio) {
      bestRatio = ratio;
      best = { shortMs: i === 0 ? null : (sorted[i - 1] ?? null), longMs: length, shorts: i };
    }
    before = Math.max(length, seenMs);
    if (length > shortMsMax) return best;
  }
  if (sorted.length === 0) return { shortMs: null, longMs: null, shorts: 0 };
  return best ?? { shortMs: sorted.at(-1) ?? null, longMs: null, shorts: sorted.length };
}

const seen = (run: Run) => run.follows && run.isFollowed;

/** The pauses of the machine: how long it was off between two times it was on, ms. `runs`: range 0 is off. */
export function pausesOf(runs: readonly Run[]): number[] {
  return runs.filter((run) => run.range === 0 && seen(run)).map((run) => run.ms);
}

export type Debounces = {
  startS: number;
  stopS: number;
  /** Dips and pauses; null: pauses of all lengths. */
  pauses: Break | null;
  /** Blips and uses; null: uses of all lengths. */
  uses: Break | null;
};

/** The debounce in force where it keeps its distance to both kinds, else one as near to the short ones as is safe, s. */
function between(found: Break | null, inForceMs: number, seenMs: number): number {
  if (!found) return inForceMs / 1000;
  const longMs = found.longMs ?? Number.POSITIVE_INFINITY;
  const isClear = found.shortMs === null || found.shortMs * 1.5 <= inForceMs;
  if (isClear && inForceMs * 1.5 <= longMs) return inForceMs / 1000;
  const shortMs = found.shortMs ?? seenMs;
  return roundUpS(Math.min(2 * shortMs, Math.sqrt(shortMs * longMs)));
}

/**
 * Debounces as the history suggests them: longer than the dips of a running machine, shorter than its pauses; longer
 * than blips that are no use, shorter than the shortest use.
 * @param runs range 0 is off, range 1 is on
 */
export function chooseDebounces(
  runs: readonly Run[],
  inForce: { startMs: number; stopMs: number },
): Debounces {
  const pauses = breakOf(pausesOf(runs), DIP_MS_MAX, DIP_MS_SEEN);
  const stopS = between(pauses, inForce.stopMs, DIP_MS_SEEN);
  const isDip = (run: Run) => run.range === 0 && seen(run) && run.ms < stopS * 1000;
  const whole = coarserRuns(
    runs.map((run) => (isDip(run) ? { ...run, range: 1 } : run)),
    [0, 1],
  );
  const usesMs = whole.filter((run) => run.range === 1 && seen(run)).map((run) => run.ms);
  const uses = breakOf(usesMs, BLIP_MS_MAX, BLIP_MS_SEEN);
  const startS = between(uses, inForce.startMs, BLIP_MS_SEEN);
  const blipMs = uses?.shortMs ?? 0;
  // A dip within the start debounce begins it anew: the power must hold twice as long at first.
  const firstMs = runs
    .filter((run, i) => run.range === 1 && run.follows && run.ms > blipMs && !isDip(runs[i - 1] as Run))
    .map((run) => run.ms)
    .sort((a, b) => a - b);
  const limitMs = (firstMs[Math.floor(firstMs.length * FIRST_SHARE)] ?? Number.POSITIVE_INFINITY) / 2;
  const isTooLong = startS * 1000 > limitMs;
  return { startS: isTooLong ? Math.max(1, Math.floor(limitMs / 1000)) : startS, stopS, pauses, uses };
}
