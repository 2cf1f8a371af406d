import type { Reading } from '../model/reading.ts';

/**
 * Inputs of one device as bytes, each told as what changed since the one before; every number comes back bit by bit.
 *
 * An input is a tag, then what the tag announces. Tag: bits 0–2 kind, 3 some values are raw, 4–5 how the wall clock
 * moved against the steady one (0, +1, −1 ms, told), 6 the time since the last one is the same again.
 * A reading's shape says which values it has and its flags; a value is a whole number of 10^-scale, scale by value.
 * What does not fit (times that are no whole ms) is kept verbatim.
 */
export const SAME_SHAPE = 0;
export const NEW_SHAPE = 1;
export const LINK_LOST = 2;
export const LINK_BACK = 3;
export const RESTARTED = 4;
export const RECONFIGURED = 5;
export const REMOVED = 6;
export const VERBATIM = 7;
export const KIND_BITS = 7;
export const HAS_RAW = 8;
export const SKEW_SHIFT = 4;
export const SKEW_TOLD = 3;
export const SAME_DELTA = 64;

/** The values of a reading, by their bit in a shape. */
export const VALUES = [
  'powerW',
  'energyTotalKwh',
  'voltageV',
  'currentA',
  'frequencyHz',
  'energyReturnedKwh',
  'apparentVa',
  'reactiveVar',
  'powerFactor',
  'deviceTime',
  'deviceTimePrecisionMs',
] as const satisfies (keyof Reading)[];
export const VALUE_BITS = (1 << VALUES.length) - 1;
export const RELAY = 1 << 11;
export const RELAY_ON = 1 << 12;
export const PRESENCE = 1 << 13;
export const ONLINE = 1 << 14;
export const RETAINED = 1 << 15;
export const QOS_SHIFT = 16;

export const POWERS = Array.from({ length: 10 }, (_, scale) => 10 ** scale);
export const scratch = new Float64Array(1);
export const scratchBytes = new Uint8Array(scratch.buffer);

/** What both sides remember between two inputs. */
export class Memory {
  at = 0;
  deltaMs = 0;
  skewMs = 0;
  shape = -1;
  readonly wholes = new Float64Array(VALUES.length);
  readonly scales = new Uint8Array(VALUES.length);
}
