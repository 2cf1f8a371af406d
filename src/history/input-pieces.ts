import type { Input } from '../detect/detector.ts';
import { CHUNK_SPAN_MS_MAX } from '../store/reading-chunks.ts';
import { InputEncoder } from './reading-encoder.ts';
import type { ReadingPiece } from './reading-log.ts';

/** A piece is handed over when it has this many inputs, … */
const PIECE_INPUTS_MAX = 256;
/** … or is this old: from the first figure on some at a time, so that none is older than the second one. */
const PIECE_MS_MIN = 45_000;
const PIECE_MS_MAX = 60_000;
/** How often somebody asks for what is due, about. */
const TURN_MS = 500;
/** A chunk that is filled to here takes one page of the database, with what belongs to it. */
const CHUNK_BYTES_MAX = 3900;

/** What waits of one device. */
type Gathering = {
  deviceId: string;
  encoder: InputEncoder;
  /** The number of its chunk, when that began and how long it is, what waits included. */
  chunk: number;
  chunkFromAt: number;
  chunkLength: number;
  /** What waits: how many, and their wall times; `sinceMs` on the steady clock. */
  inputs: number;
  fromAt: number;
  toAt: number;
  sinceMs: number;
  /** The device goes away with what waits. */
  removed: boolean;
};

/**
 * Encodes what detectors are told and gives it away in pieces. A chunk goes on over several pieces, so that
 * pieces may be small without being costly.
 */
export class InputPieces {
  readonly #all = new Map<string, Gathering>();
  /** Those with something that waits, the oldest first. */
  readonly #waiting = new Map<string, Gathering>();
  #whole: ReadingPiece[] = [];
  #chunks = 0;

  /** Whether anything waits. */
  get waits(): boolean {
    return this.#waiting.size > 0 || this.#whole.length > 0;
  }

  /**
   * @param at the wall time of the input
   * @param steadyMs the present
   */
  add(deviceId: string, input: Input, at: number, steadyMs: number): void {
    let gathering = this.#all.get(deviceId);
    if (!gathering || !continues(gathering, at)) gathering = this.#begin(deviceId, gathering, at);
    const { encoder } = gathering;
    const before = encoder.length;
    encoder.encode(input);
    gathering.chunkLength += encoder.length - before;
    if (gathering.inputs === 0) {
      gathering.sinceMs = steadyMs;
      gathering.fromAt = at;
      gathering.toAt = at;
      this.#waiting.set(deviceId, gathering);
    }
    gathering.inputs += 1;
    if (at > gathering.toAt) gathering.toAt = at;
    if (input.kind === 'removed') gathering.removed = true;
    if (gathering.inputs === PIECE_INPUTS_MAX) this.#cut(gathering);
  }

  /** The pieces that are due. */
  takeDue(steadyMs: number): ReadingPiece[] {
    const [oldest] = this.#waiting.values();
    if (!oldest) return this.#take();
    const turnsLeft = Math.floor((oldest.sinceMs + PIECE_MS_MAX - steadyMs) / TURN_MS);
    let budget = Math.ceil(this.#waiting.size / Math.max(1, turnsLeft));
    for (const gathering of this.#waiting.values()) {
      const ageMs = steadyMs - gathering.sinceMs;
      if (ageMs < PIECE_MS_MIN || (budget <= 0 && ageMs < PIECE_MS_MAX)) break;
      budget -= 1;
      this.#cut(gathering);
    }
    return this.#take();
  }

  /** The pieces that are due, and what waits of one device. */
  takeOf(deviceId: string): ReadingPiece[] {
    const gathering = this.#waiting.get(deviceId);
    if (gathering) this.#cut(gathering);
    return this.#take();
  }

  takeAll(): ReadingPiece[] {
    for (const gathering of this.#waiting.values()) this.#cut(gathering);
    return this.#take();
  }

  /** Begins new chunks, as pieces that were handed over were lost. */
  beginAnew(): void {
    for (const gathering of this.#waiting.values()) this.#cut(gathering);
    this.#all.clear();
  }

  #begin(deviceId: string, former: Gathering | undefined, at: number): Gathering {
    if (former && former.inputs > 0) this.#cut(former);
    this.#chunks += 1;
    const gathering = {
      deviceId,
      encoder: former?.encoder ?? new InputEncoder(),
      chunk: this.#chunks,
      chunkFromAt: at,
      chunkLength: 0,
      inputs: 0,
      fromAt: at,
      toAt: at,
      sinceMs: 0,
      removed: false,
    };
    gathering.encoder.begin();
    this.#all.set(deviceId, gathering);
    return gathering;
  }

  #cut(gathering: Gathering): void {
    const { deviceId, encoder, chunk, chunkLength, inputs, fromAt, toAt, removed } = gathering;
    const data = encoder.take();
    this.#whole.push({ deviceId, chunk, offset: chunkLength - data.length, inputs, fromAt, toAt, data });
    gathering.inputs = 0;
    this.#waiting.delete(deviceId);
    if (removed) this.#all.delete(deviceId);
  }

  #take(): ReadingPiece[] {
    const whole = this.#whole;
    this.#whole = [];
    return whole;
  }
}

/** Whether an input at `at` still belongs to the chunk; within one, times do not go back before its beginning. */
function continues({ chunkLength, chunkFromAt }: Gathering, at: number): boolean {
  return chunkLength < CHUNK_BYTES_MAX && at >= chunkFromAt && at - chunkFromAt < CHUNK_SPAN_MS_MAX;
}
