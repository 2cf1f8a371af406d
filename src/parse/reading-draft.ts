import type { Message } from '../model/message.ts';
import type { Reading, ValueProblem } from '../model/reading.ts';
import { type Quantity, toNumber } from './number.ts';
import type { ParseOutcome } from './parser.ts';
import type { Failure } from './payload.ts';

/** The numbers of a reading. */
export type NumberField =
  | 'powerW'
  | 'voltageV'
  | 'currentA'
  | 'frequencyHz'
  | 'energyTotalKwh'
  | 'energyReturnedKwh'
  | 'apparentVa'
  | 'reactiveVar'
  | 'powerFactor';

type Limits = { quantity: Quantity; min: number; max: number };

/** 10 MW is more than any machine behind a plug or a clamp; beyond it a number is a fault, not a load. */
const POWER_MAX = 10_000_000;
const ANY_MAX = 1_000_000;
const COUNTER_KWH_MAX = 1e12;

/** What each field measures, and the range outside of which a number is junk. */
const LIMITS: Record<NumberField, Limits> = {
  powerW: { quantity: 'power', min: -POWER_MAX, max: POWER_MAX },
  voltageV: { quantity: 'voltage', min: -ANY_MAX, max: ANY_MAX },
  currentA: { quantity: 'current', min: -ANY_MAX, max: ANY_MAX },
  frequencyHz: { quantity: 'frequency', min: 0, max: ANY_MAX },
  energyTotalKwh: { quantity: 'energy', min: 0, max: COUNTER_KWH_MAX },
  energyReturnedKwh: { quantity: 'energy', min: 0, max: COUNTER_KWH_MAX },
  apparentVa: { quantity: 'apparent', min: -POWER_MAX, max: POWER_MAX },
  reactiveVar: { quantity: 'reactive', min: -POWER_MAX, max: POWER_MAX },
  powerFactor: { quantity: 'ratio', min: -ANY_MAX, max: ANY_MAX },
};

/** 2020-01-01 and 2100-01-01, ms: a device clock outside of these was never set. */
const DEVICE_TIME_MIN_MS = 1_577_836_800_000;
const DEVICE_TIME_MAX_MS = 4_102_444_800_000;

/** How a raw number is written, where it is not plain. */
type Notation = { unit?: string | undefined; scale?: number | undefined; decimalComma?: boolean };

/** One reading in the making. Values go in one by one; junk is named in `problems` and left out. */
export class ReadingDraft {
  readonly reading: Reading;
  readonly problems: ValueProblem[] = [];
  /** Whether `null` stands for junk: the payload held bare `nan` tokens. */
  nullIsJunk = false;
  /** Whether anything was told; a power that was dropped as stale had been told. */
  hasValues = false;
  private junk = false;

  constructor(message: Message) {
    this.reading = {
      receivedAt: message.receivedAt,
      steadyAt: message.steadyAt,
      retained: message.retained,
      qos: message.qos,
    };
  }

  /**
   * Takes the number of one field. Absent (undefined, null) is not zero and not junk.
   * @param source the name of the value in the message, for `problems`
   * @returns whether there was a usable number
   */
  take(field: NumberField, source: string, raw: unknown, notation?: Notation): boolean {
    if (this.isAbsent(raw)) return false;
    const { quantity, min, max } = LIMITS[field];
    const parsed = notation
      ? toNumber(raw, quantity, notation.unit, notation.decimalComma)
      : toNumber(raw, quantity);
    const value = parsed === null ? null : parsed * (notation?.scale ?? 1);
    if (value === null) {
      this.reject(source, `${shown(raw)} is not a number`);
    } else if (value < min || value > max || !Number.isFinite(value)) {
      this.reject(source, `${shown(raw)} is out of range`);
    } else {
      this.reading[field] = value;
      this.hasValues = true;
      return true;
    }
    return false;
  }

  /** Takes the relay; off means 0 W from now on, for devices that keep their last power value. */
  takeRelay(relay: 'on' | 'off', inferZero: boolean): void {
    this.reading.relay = relay;
    this.hasValues = true;
    if (relay === 'off' && inferZero && this.reading.powerW === undefined) this.reading.powerW = 0;
  }

  /**
   * Takes the device's own time, ms since the epoch, unless its clock was plainly never set.
   * @param precisionMs the true time lies up to this much later
   */
  takeTime(timeMs: unknown, precisionMs?: number): void {
    if (typeof timeMs !== 'number' || !(timeMs > DEVICE_TIME_MIN_MS && timeMs < DEVICE_TIME_MAX_MS)) return;
    this.reading.deviceTime = Math.round(timeMs);
    if (precisionMs !== undefined) this.reading.deviceTimePrecisionMs = precisionMs;
  }

  /** Names a value that cannot be used. */
  reject(source: string, message: string): void {
    this.junk = true;
    this.problems.push({ field: source, message });
  }

  /** Drops a power that the device still reports although its relay is off. */
  dropStalePower(source: string): void {
    delete this.reading.powerW;
    this.problems.push({ field: source, message: 'reported although the relay had just gone off' });
  }

  /** Whether a raw value says nothing at all. */
  isAbsent(raw: unknown): boolean {
    return raw === undefined || (raw === null && !this.nullIsJunk);
  }

  /**
   * The reading, also one without values; but a message that told nothing but junk is `bad_number`.
   * @param reading what is left of the draft when something else took values out
   */
  outcome<Memory>(memory: Memory, reading = this.reading): ParseOutcome<Memory> {
    if (this.problems.length === 0) return { status: 'read', readings: [reading], memory };
    if (this.junk && !this.hasValues) {
      const detail = this.problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
      return { status: 'unusable', reason: 'bad_number', detail, memory };
    }
    return { status: 'read', readings: [reading], memory, problems: this.problems };
  }
}

/** What a reading can tell; without any of these it is a sign of life. */
export const VALUE_FIELDS = [...(Object.keys(LIMITS) as NumberField[]), 'relay'] as const;

/** A reading without values: the device is alive. */
export function signOfLife<Memory>(message: Message, memory: Memory): ParseOutcome<Memory> {
  return new ReadingDraft(message).outcome(memory);
}

/** A reading that says only whether the device is there. */
export function presenceReading<Memory>(
  message: Message,
  presence: 'online' | 'offline',
  memory: Memory,
): ParseOutcome<Memory> {
  const draft = new ReadingDraft(message);
  draft.reading.presence = presence;
  return draft.outcome(memory);
}

/** The outcome of a message that cannot be used. */
export function unusable<Memory>({ reason, detail }: Failure, memory: Memory): ParseOutcome<Memory> {
  return { status: 'unusable', reason, detail, memory };
}

/** The outcome of a message that is none of the family's. */
export function notRecognised<Memory>(detail: string, memory: Memory): ParseOutcome<Memory> {
  return { status: 'unusable', reason: 'not_recognised', detail, memory };
}

/** A raw value for a person to read: short. */
function shown(raw: unknown): string {
  return (JSON.stringify(raw) ?? String(raw)).slice(0, 60);
}
