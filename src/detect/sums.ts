import type { EnergyCounter } from './energy-counter.ts';

const MS_PER_HOUR_KILO = 3_600_000_000;

/** Energy of `powerW` over `ms`, kWh. */
export function energyKwh(powerW: number, ms: number): number {
  return (powerW * ms) / MS_PER_HOUR_KILO;
}

/** Mean power of `kwh` over `ms`, W. */
export function meanPowerW(kwh: number, ms: number): number {
  return (kwh * MS_PER_HOUR_KILO) / ms;
}

export type TimeKind = 'standby' | 'working' | 'interruption';

/** What a session used from its start to `bookedTo`. */
export type Sums = {
  startedAt: number;
  bookedTo: number;
  standbyMs: number;
  workingMs: number;
  interruptionMs: number;
  /** Integral of power, kWh. */
  integratedKwh: number;
  /** What the energy counter showed, uncovered stretches integrated, kWh; up to the counter's last reading. */
  countedKwh: number;
  /** Time between believed counter readings, ms. */
  coveredMs: number;
  /** `integratedKwh` at the counter's last believed reading. */
  integratedAtCounterKwh: number;
  /** Whether there is a counter reading to count from. */
  hasBaseline: boolean;
  maxW: number;
  /** Messages before `bookedTo`, and at it. */
  messagesBefore: number;
  messagesAt: number;
};

/** The sums of a session that begins at `startedAt`, with the counter reading before it as baseline if it is fresh. */
export function openSums(
  startedAt: number,
  powerW: number,
  messages: number,
  counter: EnergyCounter | null,
  baselineAgeMaxMs: number,
): Sums {
  return {
    startedAt,
    bookedTo: startedAt,
    standbyMs: 0,
    workingMs: 0,
    interruptionMs: 0,
    integratedKwh: 0,
    countedKwh: 0,
    coveredMs: 0,
    integratedAtCounterKwh: 0,
    hasBaseline: counter !== null && startedAt - counter.at <= baselineAgeMaxMs,
    maxW: powerW,
    messagesBefore: 0,
    messagesAt: messages,
  };
}

/** Books the time up to `at` at the power that was held until then. */
export function bookTime(sums: Sums, kind: TimeKind, powerW: number, at: number): Sums {
  const ms = at - sums.bookedTo;
  if (ms <= 0) return sums;
  return {
    ...sums,
    bookedTo: at,
    standbyMs: kind === 'standby' ? sums.standbyMs + ms : sums.standbyMs,
    workingMs: kind === 'working' ? sums.workingMs + ms : sums.workingMs,
    interruptionMs: kind === 'interruption' ? sums.interruptionMs + ms : sums.interruptionMs,
    integratedKwh: sums.integratedKwh + energyKwh(powerW, ms),
    messagesBefore: sums.messagesBefore + sums.messagesAt,
    messagesAt: 0,
  };
}

/** Share of a session's time that counter readings must cover for the counter to be believed over the integral. */
const COVERAGE_MIN = 0.95;

/** The energy of `sums`, kWh, and where it comes from. Never negative. */
export function energyOf(sums: Sums): { kwh: number; source: 'counter' | 'integrated' } {
  const durationMs = sums.bookedTo - sums.startedAt;
  if (durationMs > 0 && sums.coveredMs >= COVERAGE_MIN * durationMs) {
    const tailKwh = sums.integratedKwh - sums.integratedAtCounterKwh;
    return { kwh: Math.max(0, sums.countedKwh + tailKwh), source: 'counter' };
  }
  return { kwh: Math.max(0, sums.integratedKwh), source: 'integrated' };
}
