import { energyKwh, type Sums } from './sums.ts';

/** A device's energy counter as far as it is believed. */
export type EnergyCounter = {
  /** The last believed reading, kWh, and its time. */
  kwh: number;
  at: number;
  /** Energy that flowed since the reading last changed, by the power: a coarse counter will show it later. */
  uncountedKwh: number;
  /** A reading that does not fit; the next one decides whether it was a reset or a glitch. */
  suspect: { kwh: number; at: number; integratedKwh: number } | null;
  /** Where the counter stood before a rise that nothing could be held against, should it prove to be a glitch. */
  former: Former | null;
};

type Counted = Pick<Sums, 'countedKwh' | 'coveredMs' | 'integratedAtCounterKwh' | 'hasBaseline'>;
type Former = { kwh: number; at: number; uncountedKwh: number; counted: Counted | null };

/** A drop of up to 1 Wh is a device that rounds at a restart. */
const ROUNDING_KWH = 0.001;
/** A meter may show this much more than its rated power would give. */
const JUMP_FACTOR = 1.2;
/** Room for the last bit of a floating point sum. */
const EPSILON_KWH = 1e-9;

/** Counts `heldKwh`, the energy by power since the last message, as not yet shown by the counter. */
export function awaitEnergy(counter: EnergyCounter, heldKwh: number): EnergyCounter {
  return heldKwh === 0 ? counter : { ...counter, uncountedKwh: counter.uncountedKwh + heldKwh };
}

function fits(
  base: { kwh: number; at: number; uncountedKwh?: number },
  kwh: number,
  at: number,
  ratedPowerW: number | null,
): boolean {
  const rise = kwh - base.kwh;
  if (rise < -ROUNDING_KWH - EPSILON_KWH) return false;
  if (ratedPowerW === null) return true;
  const possibleKwh = energyKwh(ratedPowerW, at - base.at) + (base.uncountedKwh ?? 0);
  return rise <= JUMP_FACTOR * possibleKwh + EPSILON_KWH;
}

/** Adds the stretch `fromAt` to `toAt`, over which the counter rose by `kwh`; `gapKwh` was integrated before it. */
function count(sums: Sums, kwh: number, gapKwh: number, fromAt: number, toAt: number): Sums {
  return {
    ...sums,
    countedKwh: sums.countedKwh + gapKwh + kwh,
    coveredMs: sums.coveredMs + Math.max(0, toAt - Math.max(fromAt, sums.startedAt)),
    integratedAtCounterKwh: sums.integratedKwh,
    hasBaseline: true,
  };
}

/** The first reading that a session can count from; what was before it is integrated. */
function begin(sums: Sums): Sums {
  return {
    ...sums,
    countedKwh: sums.integratedKwh,
    integratedAtCounterKwh: sums.integratedKwh,
    hasBaseline: true,
  };
}

/** Takes a reading that fits: the counter goes on from `counter`. */
function accept(counter: EnergyCounter, sums: Sums | null, kwh: number, at: number, isRated: boolean): Read {
  const rise = Math.max(0, kwh - counter.kwh);
  const next: EnergyCounter = {
    kwh: counter.kwh + rise,
    at,
    uncountedKwh: rise > 0 ? 0 : counter.uncountedKwh,
    suspect: null,
    former: isRated ? null : formerOf(counter, sums),
  };
  if (!sums) return { counter: next, sums };
  // A reading of the very start is a newer baseline than the one before it.
  const counts = sums.hasBaseline && at > sums.startedAt;
  return { counter: next, sums: counts ? count(sums, rise, 0, counter.at, at) : begin(sums) };
}

function formerOf({ kwh, at, uncountedKwh }: EnergyCounter, sums: Sums | null): Former {
  if (!sums) return { kwh, at, uncountedKwh, counted: null };
  const { countedKwh, coveredMs, integratedAtCounterKwh, hasBaseline } = sums;
  return { kwh, at, uncountedKwh, counted: { countedKwh, coveredMs, integratedAtCounterKwh, hasBaseline } };
}

/** Takes a reading that confirms that the highest one was a glitch: what that one added is taken back. */
function takeBack(former: Former, sums: Sums | null, kwh: number, at: number): Read {
  const counter: EnergyCounter = { ...former, suspect: null, former: null };
  const before = sums && { ...sums, ...(former.counted ?? { hasBaseline: false }) };
  return accept(counter, before, kwh, at, false);
}

type Read = { counter: EnergyCounter; sums: Sums | null };

/**
 * Takes a reading of `kwh` at `at`. `sums` (of the open session, booked up to `at`) get what it adds.
 * @param ratedPowerW the most the machine can draw; null while that is not known, then no rise is doubted
 */
export function readCounter(
  counter: EnergyCounter | null,
  sums: Sums | null,
  kwh: number,
  at: number,
  ratedPowerW: number | null,
): Read {
  if (counter === null) {
    return { counter: { kwh, at, uncountedKwh: 0, suspect: null, former: null }, sums: sums && begin(sums) };
  }
  const isRated = ratedPowerW !== null;
  if (fits(counter, kwh, at, ratedPowerW)) return accept(counter, sums, kwh, at, isRated);
  const { suspect, former } = counter;
  if (suspect && fits(suspect, kwh, at, ratedPowerW)) {
    if (!isRated && former && fits(former, suspect.kwh, suspect.at, null))
      return takeBack(former, sums, kwh, at);
    const rise = Math.max(0, kwh - suspect.kwh);
    const next = { kwh: suspect.kwh + rise, at, uncountedKwh: 0, suspect: null, former: null };
    if (!sums) return { counter: next, sums };
    if (!sums.hasBaseline) return { counter: next, sums: begin(sums) };
    const gapKwh = suspect.integratedKwh - sums.integratedAtCounterKwh;
    return { counter: next, sums: count(sums, rise, gapKwh, suspect.at, at) };
  }
  return { counter: { ...counter, suspect: { kwh, at, integratedKwh: sums?.integratedKwh ?? 0 } }, sums };
}

/** The counter as a new session sees it: nothing integrated, nothing counted yet. */
export function atSessionStart(counter: EnergyCounter | null): EnergyCounter | null {
  if (!counter?.suspect && !counter?.former?.counted) return counter;
  return {
    ...counter,
    suspect: counter.suspect && { ...counter.suspect, integratedKwh: 0 },
    former: counter.former && { ...counter.former, counted: null },
  };
}
