import type { DetectorOptions } from '../model/device.ts';
import type { DetectorState, Phase } from './state.ts';
import type { TimeKind } from './sums.ts';

export type Level = 'off' | 'standby' | 'working';

/** Which side of the two thresholds `powerW` is on. */
export function levelOf(powerW: number, options: DetectorOptions): Level {
  if (powerW < options.standbyThresholdW) return 'off';
  return powerW < options.workingThresholdW ? 'standby' : 'working';
}

/** Whether `powerW` opens a session. */
export function isOn(powerW: number, options: DetectorOptions): boolean {
  return powerW >= (options.startOn === 'working' ? options.workingThresholdW : options.standbyThresholdW);
}

/** Power as it is judged: a machine that feeds back, or a clamp the wrong way round, by the device's policy. */
export function signedPowerW(measuredW: number, options: DetectorOptions): number {
  return options.powerSign === 'abs' ? Math.abs(measuredW) : Math.max(0, measuredW);
}

/** How the time spent in `phase` at `powerW` is counted. */
export function timeKindOf(phase: Phase, powerW: number, options: DetectorOptions): TimeKind {
  if (phase === 'stopping') return 'interruption';
  if (phase === 'working') return 'working';
  return phase === 'starting' && levelOf(powerW, options) === 'working' ? 'working' : 'standby';
}

/** A device is rated by the powers it showed once it had this many sessions. */
const RATING_SESSIONS = 10;

/** The most the machine can draw, W; null while nobody knows. */
export function ratedPowerW(state: DetectorState, options: DetectorOptions): number | null {
  return options.ratedPowerW ?? (state.sessionNumber >= RATING_SESSIONS ? state.maxPowerW : null);
}
