import type { DetectorOptions } from '../model/device.ts';
import type { Reading } from '../model/reading.ts';
import type { DetectorState } from './state.ts';

/**
 * When a reading happened.
 * - live: now, at its arrival.
 * - backlog: when the device says; a broker kept it while nobody listened.
 * - undated: it may be backlog, and nothing says from when.
 * - late: the device says it is older than what was already decided.
 */
export type Dated =
  | { kind: 'live'; at: number; clockProven: boolean }
  | { kind: 'backlog'; at: number; clockProven: boolean }
  | { kind: 'undated'; clockProven: boolean }
  | { kind: 'late'; clockProven: boolean };

/** Dates `reading` on the device's time line; pure, the caller keeps `clockProven`. */
export function dateReading(state: DetectorState, options: DetectorOptions, reading: Reading): Dated {
  const arrival = reading.steadyAt + state.offsetMs;
  const lost = state.lostAt !== null;
  if (reading.deviceTime === undefined) {
    if (lost) return { kind: 'undated', clockProven: state.clockProven };
    return { kind: 'live', at: arrival, clockProven: state.clockProven };
  }
  const latest = reading.deviceTime + (reading.deviceTimePrecisionMs ?? 0);
  const early = reading.deviceTime - reading.receivedAt > options.maxClockSkewMs;
  const old = reading.receivedAt - latest > options.maxClockSkewMs;

  if (!old) {
    // In its own time, or ahead of ours. Only a message known to be live proves a clock.
    const clockProven = early ? false : lost ? state.clockProven : true;
    if (lost && !(clockProven && !early)) return { kind: 'undated', clockProven };
    return { kind: 'live', at: arrival, clockProven };
  }
  if (state.clockProven) {
    const ageMs = reading.receivedAt - reading.deviceTime;
    const from = arrival - ageMs;
    const to = arrival - (reading.receivedAt - latest);
    const newest = state.newestAt ?? from;
    // A time known to the minute only is put as late in its minute as the order of arrival asks for.
    if (to >= newest) return { kind: 'backlog', at: Math.max(from, newest), clockProven: true };
    if (lost) return { kind: 'late', clockProven: true };
  } else if (lost) {
    return { kind: 'undated', clockProven: false };
  }
  return { kind: 'live', at: arrival, clockProven: false };
}

/** Lays a later undated reading over an earlier one: a value that it does not carry stays as it was. */
export function overlay(earlier: Reading | null, later: Reading): Reading {
  return earlier ? { ...earlier, ...later } : later;
}
