import type { Margin } from '../model/replay.ts';
import { type PowerRange, scaleOf } from './power-clusters.ts';
import { coarserRuns, type Run, staysOf } from './power-runs.ts';

/** Between two neighbouring ranges, where a threshold could lie. */
export type Gap = {
  /** Index of the range below it. */
  below: number;
  margin: Margin;
  /** How often the machine went up through it. */
  rises: number;
  /** How long it stays on the side that it stays on more briefly, on average. */
  stayMs: number;
  /** How well it tells two things apart that a machine does, 0 to about 1. */
  worth: number;
};

/** A ratio of 4 is as good as any: a factor of 2 to both sides. */
const WIDTH_NATS_ENOUGH = Math.log(4);
/** A power that changes sides faster than this regulates itself; nobody switches it. */
const STAY_MS_HALF = 60_000;
const WORTH_MIN = 0.2;
const WORTH_CROSSED = 0.6;
const NEARLY = 1.25;
/** What draws no more than this does nothing, and a machine that comes from it was switched on. */
const NOTHING_W_MAX = 5;
const WIDTH_NATS_CLEAR = Math.log(10);
/** Meters do not resolve less, so no ratio to less means anything. */
const RESOLUTION_W = 0.5;

/** Numbers that people use for thresholds, within a decade; the rounder ones first. */
const ROUND_NUMBERS: readonly (readonly number[])[] = [
  [1, 2, 5],
  [1, 1.5, 2, 3, 4, 5, 6, 8],
  [1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9],
  Array.from({ length: 90 }, (_, i) => (i + 10) / 10),
];
/** A round number may cost this share of the room that the best one leaves. */
const ROUNDING_SHARE_MIN = 0.8;

/** The smaller of the distances of `thresholdW` to both ends, as a ratio. */
function factorOf(thresholdW: number, belowW: number, aboveW: number): number {
  return Math.min(thresholdW / Math.max(belowW, RESOLUTION_W), aboveW / thresholdW);
}

const round = (powerW: number) => Number(powerW.toPrecision(3));

/** A round figure in the middle of `belowW` to `aboveW`; the exact middle when there is no room for rounding. */
export function thresholdBetween(belowW: number, aboveW: number): { thresholdW: number; margin: Margin } {
  const middleW = Math.sqrt(Math.max(belowW, RESOLUTION_W) * aboveW);
  const roomMin = ROUNDING_SHARE_MIN * Math.log(factorOf(middleW, belowW, aboveW));
  const decade = 10 ** Math.floor(Math.log10(middleW));
  const margin = (thresholdW: number) => {
    const factor = factorOf(thresholdW, belowW, aboveW);
    return {
      thresholdW,
      margin: { below_w: round(belowW), above_w: round(aboveW), factor: Math.round(factor * 10) / 10 },
    };
  };
  for (const numbers of ROUND_NUMBERS) {
    const candidates = [...numbers, 10].map((number) => Number((number * decade).toPrecision(2)));
    const best = candidates.reduce((a, b) =>
      factorOf(b, belowW, aboveW) > factorOf(a, belowW, aboveW) ? b : a,
    );
    if (Math.log(factorOf(best, belowW, aboveW)) >= roomMin) return margin(best);
  }
  return margin(Number(middleW.toPrecision(3)));
}

/** Every gap between `ranges`, which `runs` tell apart. */
export function gapsOf(ranges: readonly PowerRange[], runs: readonly Run[]): Gap[] {
  return ranges.slice(0, -1).map((range, below) => {
    const above = ranges[below + 1] as PowerRange;
    const sides = coarserRuns(
      runs,
      ranges.map((_, i) => (i <= below ? 0 : 1)),
    );
    const [low = { visits: 0, ms: 0 }, high = { visits: 0, ms: 0 }] = staysOf(sides, 2);
    const rises = sides.filter((run) => run.range === 1 && run.follows).length;
    const stayMs = Math.min(low.ms, high.ms) / Math.max(1, rises);
    const widthNats = scaleOf(above.fromW) - scaleOf(range.toW);
    const isSwitch = range.toW <= NOTHING_W_MAX && widthNats >= WIDTH_NATS_CLEAR;
    const constancy = stayMs / (stayMs + STAY_MS_HALF);
    const worth = (Math.min(widthNats, WIDTH_NATS_ENOUGH) / WIDTH_NATS_ENOUGH) * constancy;
    const { margin } = thresholdBetween(range.toW, above.fromW);
    return { below, margin, rises, stayMs, worth: isSwitch ? Math.max(worth, 2 * WORTH_MIN) : worth };
  });
}

/** The gaps for the two thresholds; `working: null`: nothing tells standby from working. */
export type Choice = { standby: Gap; working: Gap | null };

/**
 * The gaps that tell off, standby and working apart: the pair whose worse one is worth most, the lower pair first.
 * Ranges that the machine goes to and fro between are one activity, so working begins no higher than there.
 */
export function chooseGaps(gaps: readonly Gap[]): Choice | null {
  let best: (Choice & { worth: number }) | null = null;
  for (const standby of gaps.filter((gap) => gap.worth >= WORTH_MIN)) {
    // Alone it is better than nothing, and any pair is better.
    best ??= { standby, working: null, worth: 0 };
    for (const { gap: working, worth: workingWorth } of workingGaps(gaps, standby)) {
      const worth = Math.min(standby.worth, workingWorth);
      // Nearly as good is good enough: what is lower is nearer to how people think of off.
      if (worth > best.worth * NEARLY) best = { standby, working, worth };
    }
  }
  return best && { standby: best.standby, working: best.working };
}

/** Where working could begin, above the standby threshold. */
function workingGaps(gaps: readonly Gap[], standby: Gap): { gap: Gap; worth: number }[] {
  const found: { gap: Gap; worth: number }[] = [];
  for (const gap of gaps.filter(({ below }) => below > standby.below)) {
    const isCrossedAllTheTime = gap.stayMs < STAY_MS_HALF / 2;
    // A working threshold moves no session, so a wide gap will do that a standby threshold could not lie in.
    if (isCrossedAllTheTime && widthOf(gap) >= WIDTH_NATS_CLEAR) found.push({ gap, worth: WORTH_CROSSED });
    else if (!isCrossedAllTheTime && gap.worth >= WORTH_MIN) found.push({ gap, worth: gap.worth });
    if (isCrossedAllTheTime) break;
  }
  return found;
}

function widthOf({ margin }: Gap): number {
  return scaleOf(margin.above_w) - scaleOf(margin.below_w);
}
