import { serialize } from 'node:v8';
import type { Input } from '../detect/detector.ts';
import type { Reading } from '../model/reading.ts';
import {
  HAS_RAW,
  LINK_BACK,
  LINK_LOST,
  Memory,
  NEW_SHAPE,
  ONLINE,
  POWERS,
  PRESENCE,
  QOS_SHIFT,
  RECONFIGURED,
  RELAY,
  RELAY_ON,
  REMOVED,
  RESTARTED,
  RETAINED,
  SAME_DELTA,
  SAME_SHAPE,
  SKEW_SHIFT,
  SKEW_TOLD,
  scratch,
  scratchBytes,
  VALUE_BITS,
  VALUES,
  VERBATIM,
} from './reading-format.ts';

/** Differences of two such numbers, doubled for the sign, are still exact; of times even their differences. */
const WHOLE_MAX = 2 ** 51;
const TIME_MAX = 2 ** 49;
/** No input but a verbatim one needs more. */
const INPUT_BYTES_MAX = 160;
const BUFFER_BYTES_MIN = 256;

const isTime = (n: number) => Number.isInteger(n) && Math.abs(n) < TIME_MAX && !Object.is(n, -0);

/** `value` as a multiple of 10^-scale, or NaN when it is none. */
function scaled(value: number, scale: number): number {
  const power = POWERS[scale] as number;
  const whole = Math.round(value * power);
  if (whole / power !== value || Math.abs(whole) >= WHOLE_MAX || (whole === 0 && Object.is(value, -0)))
    return Number.NaN;
  return whole;
}

/** The values of the reading in hand, by their bit, and as whole numbers of their scale. */
const loaded = new Float64Array(VALUES.length);
const wholesNow = new Float64Array(VALUES.length);

/** Puts a value into its place, if there is one. @returns its bit. By hand, as looking names up costs five times as much. */
function load(i: number, value: number | undefined): number {
  if (value === undefined) return 0;
  loaded[i] = value;
  return 1 << i;
}

/** Loads the values of `reading` in the order of VALUES. @returns its shape */
function shapeOf(reading: Reading): number {
  let shape = reading.qos << QOS_SHIFT;
  shape |= load(0, reading.powerW) | load(1, reading.energyTotalKwh) | load(2, reading.voltageV);
  shape |= load(3, reading.currentA) | load(4, reading.frequencyHz) | load(5, reading.energyReturnedKwh);
  shape |= load(6, reading.apparentVa) | load(7, reading.reactiveVar) | load(8, reading.powerFactor);
  shape |= load(9, reading.deviceTime) | load(10, reading.deviceTimePrecisionMs);
  if (reading.relay) shape |= reading.relay === 'on' ? RELAY | RELAY_ON : RELAY;
  if (reading.presence) shape |= reading.presence === 'online' ? PRESENCE | ONLINE : PRESENCE;
  return reading.retained ? shape | RETAINED : shape;
}

/** Turns the inputs of one device into bytes. */
export class InputEncoder {
  #memory = new Memory();
  #bytes = new Uint8Array(BUFFER_BYTES_MIN);
  #length = 0;
  #rescaled = false;

  /** Bytes since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** What follows is decoded without what was before. */
  begin(): void {
    this.#memory = new Memory();
  }

  encode(input: Input): void {
    if (this.#length + INPUT_BYTES_MAX > this.#bytes.length) this.#grow(INPUT_BYTES_MAX);
    const fits = input.kind === 'reading' ? this.#reading(input.reading) : this.#turn(input);
    if (!fits) this.#verbatim(input);
  }

  /** The bytes since the last time; they follow those given before. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  #reading(reading: Reading): boolean {
    const memory = this.#memory;
    const { receivedAt, steadyAt } = reading;
    if (!isTime(receivedAt) || !isTime(steadyAt)) return false;
    const shape = shapeOf(reading);
    const raw = this.#scale(shape);
    const isNew = shape !== memory.shape || this.#rescaled;
    this.#head((isNew ? NEW_SHAPE : SAME_SHAPE) | (raw ? HAS_RAW : 0), receivedAt, receivedAt - steadyAt);
    if (isNew) this.#varint(shape);
    if (raw) this.#varint(raw);
    this.#values(shape, raw, isNew);
    memory.shape = shape;
    return true;
  }

  /** Makes whole numbers of the loaded values, with another scale where the last one does not do. @returns those it cannot */
  #scale(shape: number): number {
    const { scales, wholes } = this.#memory;
    let raw = 0;
    this.#rescaled = false;
    for (let rest = shape & VALUE_BITS; rest !== 0; rest &= rest - 1) {
      const i = 31 - Math.clz32(rest & -rest);
      const value = loaded[i] as number;
      let whole = scaled(value, scales[i] as number);
      if (Number.isNaN(whole)) {
        const better = POWERS.findIndex((_, scale) => !Number.isNaN(scaled(value, scale)));
        if (better < 0) {
          raw |= 1 << i;
          continue;
        }
        this.#rescaled = true;
        scales[i] = better;
        wholes[i] = 0;
        whole = scaled(value, better);
      }
      wholesNow[i] = whole;
    }
    return raw;
  }

  #values(shape: number, raw: number, isNew: boolean): void {
    const { wholes, scales } = this.#memory;
    for (let rest = shape & VALUE_BITS; rest !== 0; rest &= rest - 1) {
      const i = 31 - Math.clz32(rest & -rest);
      if (isNew) this.#bytes[this.#length++] = scales[i] as number;
      if (raw & (1 << i)) {
        this.#double(loaded[i] as number);
        continue;
      }
      const whole = wholesNow[i] as number;
      this.#signed(whole - (wholes[i] as number));
      wholes[i] = whole;
    }
  }

  #head(tag: number, at: number, skewMs: number): void {
    const memory = this.#memory;
    const movedMs = skewMs - memory.skewMs;
    const skewCode = movedMs === 0 ? 0 : movedMs === 1 ? 1 : movedMs === -1 ? 2 : SKEW_TOLD;
    const deltaMs = at - memory.at;
    const same = deltaMs === memory.deltaMs;
    this.#bytes[this.#length++] = tag | (skewCode << SKEW_SHIFT) | (same ? SAME_DELTA : 0);
    if (skewCode === SKEW_TOLD) this.#signed(movedMs);
    if (!same) this.#signed(deltaMs - memory.deltaMs);
    memory.at = at;
    memory.deltaMs = deltaMs;
    memory.skewMs = skewMs;
  }

  /** Everything but readings. */
  #turn(input: Exclude<Input, { kind: 'reading' }>): boolean {
    const { steadyAt } = input;
    if (!isTime(steadyAt) || input.kind === 'deadline') return false;
    if (input.kind === 'link_lost') {
      const at = steadyAt + this.#memory.skewMs;
      if (!isTime(at)) return false;
      this.#head(LINK_LOST, at, this.#memory.skewMs);
      return true;
    }
    if (!isTime(input.wallAt)) return false;
    const skewMs = input.wallAt - steadyAt;
    if (input.kind !== 'restarted') {
      const { kind } = input;
      const tag = kind === 'link_back' ? LINK_BACK : kind === 'removed' ? REMOVED : RECONFIGURED;
      this.#head(tag, input.wallAt, skewMs);
      return true;
    }
    const { heardSteadyAt } = input;
    if (heardSteadyAt !== null && !isTime(heardSteadyAt)) return false;
    this.#head(RESTARTED, input.wallAt, skewMs);
    this.#bytes[this.#length++] = heardSteadyAt === null ? 0 : 1;
    if (heardSteadyAt !== null) this.#signed(heardSteadyAt - steadyAt);
    return true;
  }

  #verbatim(input: Input): void {
    const whole = serialize(input);
    if (this.#length + whole.length + INPUT_BYTES_MAX > this.#bytes.length)
      this.#grow(whole.length + INPUT_BYTES_MAX);
    this.#bytes[this.#length++] = VERBATIM;
    this.#varint(whole.length);
    this.#bytes.set(whole, this.#length);
    this.#length += whole.length;
  }

  #signed(n: number): void {
    this.#varint(n < 0 ? -2 * n - 1 : 2 * n);
  }

  #varint(n: number): void {
    let rest = n;
    while (rest > 0x7fffffff) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #double(value: number): void {
    scratch[0] = value;
    this.#bytes.set(scratchBytes, this.#length);
    this.#length += scratchBytes.length;
  }
}
