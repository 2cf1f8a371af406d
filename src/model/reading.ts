/**
 * What a parser understood of one message; what the parse stage hands to the detector.
 * A missing value is unknown, never zero. A reading without any value is still a sign of life.
 */
export type Reading = {
  /** Wall clock at arrival, ms since the epoch. */
  receivedAt: number;
  /** Steady clock at arrival, ms. */
  steadyAt: number;
  retained: boolean;
  qos: 0 | 1 | 2;
  /** The device's own time of the reading, ms since the epoch. */
  deviceTime?: number;
  /** The true time lies in [deviceTime, deviceTime + this]. Missing: exact. */
  deviceTimePrecisionMs?: number;
  /** Active power, W; as measured, sign included. */
  powerW?: number;
  voltageV?: number;
  currentA?: number;
  frequencyHz?: number;
  /** Imported energy counter, kWh. */
  energyTotalKwh?: number;
  /** Exported energy counter, kWh. */
  energyReturnedKwh?: number;
  apparentVa?: number;
  reactiveVar?: number;
  powerFactor?: number;
  relay?: 'on' | 'off';
  /** Said by the device's last-will topic. Such a reading carries no values and is no sign of life. */
  presence?: 'online' | 'offline';
};

/** Why a message gave no reading. Each is a label of `iot_bridge_parse_unusable_total`. */
export const UNUSABLE_REASONS = [
  'empty',
  'too_large',
  'invalid_utf8',
  'not_json',
  'no_value',
  'bad_number',
  'not_recognised',
  'not_supported',
  'duplicate',
] as const;
export type UnusableReason = (typeof UNUSABLE_REASONS)[number];

/** A value that was left out of an otherwise usable message. */
export type ValueProblem = { field: string; message: string };
