import { deserialize } from 'node:v8';
import type { Input } from '../detect/detector.ts';
import type { Reading } from '../model/reading.ts';
import {
  HAS_RAW,
  KIND_BITS,
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
  SKEW_SHIFT,
  SKEW_TOLD,
  scratch,
  scratchBytes,
  VALUES,
  VERBATIM,
} from './reading-format.ts';

/** Turns the bytes of one chunk back into inputs; they may come in several pieces, in order. */
export class InputDecoder {
  readonly #memory = new Memory();
  #bytes: Uint8Array = scratchBytes;
  #from = 0;

  /** @throws RangeError when `bytes` are no whole inputs */
  decode(bytes: Uint8Array): Input[] {
    this.#bytes = bytes;
    this.#from = 0;
    const inputs: Input[] = [];
    while (this.#from < bytes.length) inputs.push(this.#input());
    if (this.#from > bytes.length) throw new RangeError('the bytes of a reading are cut off');
    return inputs;
  }

  #input(): Input {
    const tag = this.#bytes[this.#from++] as number;
    const kind = tag & KIND_BITS;
    if (kind === VERBATIM) return this.#verbatim();
    const memory = this.#memory;
    const skewCode = (tag >> SKEW_SHIFT) & SKEW_TOLD;
    if (skewCode === SKEW_TOLD) memory.skewMs += this.#signed();
    else if (skewCode > 0) memory.skewMs += skewCode === 1 ? 1 : -1;
    if ((tag & SAME_DELTA) === 0) memory.deltaMs += this.#signed();
    memory.at += memory.deltaMs;
    const wallAt = memory.at;
    const steadyAt = wallAt - memory.skewMs;
    switch (kind) {
      case LINK_LOST:
        return { kind: 'link_lost', steadyAt };
      case LINK_BACK:
        return { kind: 'link_back', wallAt, steadyAt };
      case RESTARTED: {
        const heardSteadyAt = this.#bytes[this.#from++] === 0 ? null : steadyAt + this.#signed();
        return { kind: 'restarted', wallAt, steadyAt, heardSteadyAt };
      }
      case RECONFIGURED:
        return { kind: 'reconfigured', wallAt, steadyAt };
      case REMOVED:
        return { kind: 'removed', wallAt, steadyAt };
      default:
        return { kind: 'reading', reading: this.#reading(tag, wallAt, steadyAt) };
    }
  }

  #reading(tag: number, receivedAt: number, steadyAt: number): Reading {
    const memory = this.#memory;
    const isNew = (tag & KIND_BITS) === NEW_SHAPE;
    if (isNew) memory.shape = this.#varint();
    const { shape, wholes, scales } = memory;
    const raw = tag & HAS_RAW ? this.#varint() : 0;
    const qos = (shape >> QOS_SHIFT) as Reading['qos'];
    const reading: Reading = { receivedAt, steadyAt, retained: (shape & RETAINED) !== 0, qos };
    for (let i = 0; i < VALUES.length; i++) {
      if ((shape & (1 << i)) === 0) continue;
      const name = VALUES[i] as (typeof VALUES)[number];
      if (isNew) {
        const scale = (this.#bytes[this.#from++] as number) % POWERS.length;
        if (scale !== scales[i]) wholes[i] = 0;
        scales[i] = scale;
      }
      if (raw & (1 << i)) {
        reading[name] = this.#double();
        continue;
      }
      wholes[i] = (wholes[i] as number) + this.#signed();
      reading[name] = (wholes[i] as number) / (POWERS[scales[i] as number] as number);
    }
    if (shape & RELAY) reading.relay = shape & RELAY_ON ? 'on' : 'off';
    if (shape & PRESENCE) reading.presence = shape & ONLINE ? 'online' : 'offline';
    return reading;
  }

  #verbatim(): Input {
    const length = this.#varint();
    const end = this.#from + length;
    if (end > this.#bytes.length) throw new RangeError('the bytes of a reading are cut off');
    const input = deserialize(this.#bytes.subarray(this.#from, end)) as Input;
    this.#from = end;
    return input;
  }

  #signed(): number {
    const n = this.#varint();
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
  }

  #varint(): number {
    let n = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#from++];
      if (byte === undefined) throw new RangeError('the bytes of a reading are cut off');
      n += (byte & 127) * factor;
      if (byte < 128) return n;
      factor *= 128;
    }
  }

  #double(): number {
    for (let i = 0; i < scratchBytes.length; i++) scratchBytes[i] = this.#bytes[this.#from++] as number;
    return scratch[0] as number;
  }
}
