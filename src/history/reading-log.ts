import type { Input } from '../detect/detector.ts';
import type { Database } from '../store/database.ts';
import { ReadingChunksTable } from '../store/reading-chunks.ts';
import { readingMinutesTable } from '../store/reading-minutes.ts';
import { MINUTES_HOLD_MS_MAX, minutesOf } from './minute-sums.ts';
import { PowerCurve } from './power-curve.ts';
import { InputDecoder } from './reading-decoder.ts';

/** Inputs of one device, encoded: the whole of a chunk so far, or what follows the pieces before. */
export type ReadingPiece = {
  deviceId: string;
  /** Which chunk of the device it belongs to, and how many bytes of it came before. */
  chunk: number;
  offset: number;
  inputs: number;
  /** Wall times of the first and the last input. */
  fromAt: number;
  toAt: number;
  data: Uint8Array;
};

/** What is remembered of a device from one piece to the next. */
type Heard = { chunk: number; chunkId: number; length: number; decoder: InputDecoder; curve: PowerCurve };

/** Writes the reading log and its one-minute sums. */
export class ReadingLog {
  readonly #chunks;
  readonly #minutes;
  readonly #heard = new Map<string, Heard>();

  constructor(database: Database) {
    this.#chunks = new ReadingChunksTable(database);
    this.#minutes = readingMinutesTable(database);
  }

  /** Writes one piece, within a transaction. @returns how many inputs were lost, as what came before them is missing */
  append(piece: ReadingPiece): number {
    const { deviceId, chunk, offset, inputs: count, data } = piece;
    const heard = this.#heard.get(deviceId);
    const follows = heard?.chunk === chunk && heard.length === offset;
    if (offset > 0 && !(follows && this.#chunks.extend(heard.chunkId, offset, { ...piece, inputs: count }))) {
      this.#heard.delete(deviceId);
      return count;
    }
    const now = offset > 0 && heard ? heard : this.#begin(piece, heard);
    now.length = offset + data.length;
    const device = this.#chunks.addDevice(deviceId);
    this.#minutes.add(device, minutesOf(now.curve, now.decoder.decode(data)));
    return 0;
  }

  /** Forgets what it remembers of the pieces, as after a transaction that was undone. */
  forget(): void {
    this.#heard.clear();
  }

  #begin({ deviceId, chunk, inputs, fromAt, toAt, data }: ReadingPiece, before: Heard | undefined): Heard {
    const curve = before?.curve ?? new PowerCurve(MINUTES_HOLD_MS_MAX, false);
    const device = this.#chunks.addDevice(deviceId);
    const chunkId = this.#chunks.add(device, { fromAt, toAt, lost: curve.lost, inputs, data });
    const heard = { chunk, chunkId, length: 0, decoder: new InputDecoder(), curve };
    this.#heard.set(deviceId, heard);
    return heard;
  }
}

/**
 * What the detector was told of a device in [fromMs, toMs), in that order: everything but idle deadlines and retained
 * readings without presence, which change nothing. Reads chunk by chunk, so a long period costs no memory.
 * Times are those of the wall clock, ms since the epoch.
 */
export function* readInputs(
  database: Database,
  deviceId: string,
  fromMs: number,
  toMs: number,
): Generator<Input, void> {
  const chunks = new ReadingChunksTable(database);
  const device = chunks.device(deviceId);
  if (device === null) return;
  let skewMs: number | null = null;
  for (const { id } of chunks.overlapping(device, fromMs, toMs)) {
    const chunk = chunks.one(id);
    if (!chunk) continue;
    for (const input of new InputDecoder().decode(chunk.data)) {
      const { steadyAt, at } = timesOf(input);
      // Only a lost link is told without the wall clock, which is as far ahead as it was.
      if (at !== null) skewMs = at - steadyAt;
      const wallAt: number = at ?? (skewMs === null ? chunk.fromAt : steadyAt + skewMs);
      if (wallAt >= fromMs && wallAt < toMs) yield input;
    }
  }
}

function timesOf(input: Input): { steadyAt: number; at: number | null } {
  if (input.kind === 'reading') return { steadyAt: input.reading.steadyAt, at: input.reading.receivedAt };
  return { steadyAt: input.steadyAt, at: 'wallAt' in input ? input.wallAt : null };
}
