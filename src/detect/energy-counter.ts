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
};

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
): { counter: EnergyCounter; sums: Sums | null } {
  if (counter === null) {
    return { counter: { kwh, at, uncountedKwh: 0, suspect: null }, sums: sums && begin(sums) };
  }
  if (fits(counter, kwh, at, ratedPowerW)) {
    const rise = Math.max(0, kwh - counter.kwh);
    const next = {
      kwh: counter.kwh + rise,
      at,
      uncountedKwh: rise > 0 ? 0 : counter.uncountedKwh,
      suspect: null,
    };
    if (!sums) return { counter: next, sums };
    // A reading of the very start is a newer baseline than the one before it.
    const counts = sums.hasBaseline && at > sums.startedAt;
    return { counter: next, sums: counts ? count(sums, rise, 0, counter.at, at) : begin(sums) };
  }
  const suspect = counter.suspect;
  if (suspect && fits(suspect, kwh, at, ratedPowerW)) {
    const rise = Math.max(0, kwh - suspect.kwh);
    const next = { kwh: suspect.kwh + rise, at, uncountedKwh: 0, suspect: null };
    if (!sums) return { counter: next, sums };
    if (!sums.hasBaseline) return { counter: next, sums: begin(sums) };
    const gapKwh = suspect.integratedKwh - sums.integratedAtCounterKwh;
    return { counter: next, sums: count(sums, rise, gapKwh, suspect.at, at) };
  }
  return { counter: { ...counter, suspect: { kwh, at, integratedKwh: sums?.integratedKwh ?? 0 } }, sums };
}

/** The counter as a new session sees it: nothing integrated yet. */
export function atSessionStart(counter: EnergyCounter | null): EnergyCounter | null {
  if (!counter?.suspect) return counter;
  return { ...counter, suspect: { ...counter.suspect, integratedKwh: 0 } };
}
