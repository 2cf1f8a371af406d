import type { MessageProperties } from '../model/message.ts';
import type { Direction } from '../model/message-record.ts';
import { MEASURED_MAX, type MessageRow, type MessageSource } from '../store/message-history.ts';

/** A payload is kept up to here. */
export const PAYLOAD_BYTES_MAX = 65_536;
const ROWS_MAX = 4096;
const STAGE_BYTES_MAX = 1024 * 1024;
/** Sources remembered from batch to batch. */
const SOURCES_MAX = 50_000;

const QOS_BITS = 3;
const RETAIN = 4;

/** Messages on their way to the worker: columns one after the other in `columns`, payloads in `payloads`. */
export type PackedMessages = {
  rows: number;
  /** `at` and `id` as doubles; source, bytes and end of payload as 32 bits; flags as 8. */
  columns: ArrayBuffer;
  payloads: ArrayBuffer;
  /** Of the messages that have some: row and JSON. */
  properties: [row: number, json: string][];
  propertiesBytes: number;
  /** MessageSource[] as JSON: a hundred short objects are cloned more slowly than a text is parsed. */
  sources: string;
};

type Source = MessageSource & {
  batch: number;
  place: number;
  /** Another source of the same topic. */
  other: Source | null;
};

/** One message to be added. */
export type Entry = {
  id: number;
  at: number;
  topic: string;
  brokerId: string;
  direction: Direction;
  deviceId: string | null;
  measured: boolean;
  qos: number;
  retain: boolean;
  payload: Buffer;
  properties: MessageProperties | undefined;
};

/** Gathers messages in memory that is used again and again. */
export class MessageBatch {
  readonly #at = new Float64Array(ROWS_MAX);
  readonly #id = new Float64Array(ROWS_MAX);
  readonly #source = new Uint32Array(ROWS_MAX);
  readonly #bytes = new Uint32Array(ROWS_MAX);
  readonly #end = new Uint32Array(ROWS_MAX);
  readonly #flags = new Uint8Array(ROWS_MAX);
  readonly #payloads = Buffer.alloc(STAGE_BYTES_MAX);
  readonly #known = new Map<string, Source>();
  #sources: Source[] = [];
  #properties: [row: number, json: string][] = [];
  #propertiesBytes = 0;
  #rows = 0;
  #payloadBytes = 0;
  #number = 0;

  /** Adds one message; false: it is full, and must be taken first. */
  add(entry: Entry): boolean {
    const { payload, properties } = entry;
    const row = this.#rows;
    const kept = Math.min(payload.length, PAYLOAD_BYTES_MAX);
    if (row === ROWS_MAX || this.#payloadBytes + kept > STAGE_BYTES_MAX) return false;
    payload.copy(this.#payloads, this.#payloadBytes, 0, kept);
    this.#payloadBytes += kept;
    this.#at[row] = entry.at;
    this.#id[row] = entry.id;
    this.#source[row] = this.#place(entry);
    this.#bytes[row] = payload.length;
    this.#end[row] = this.#payloadBytes;
    this.#flags[row] = entry.qos | (entry.retain ? RETAIN : 0);
    if (properties) {
      const json = JSON.stringify(properties);
      this.#properties.push([row, json]);
      this.#propertiesBytes += json.length;
    }
    this.#rows = row + 1;
    return true;
  }

  /** What was gathered, and begins anew; null: nothing. */
  take(): PackedMessages | null {
    const rows = this.#rows;
    if (rows === 0) return null;
    const columns = new ArrayBuffer(rows * 29);
    const views = columnsOf(columns, rows);
    views.at.set(this.#at.subarray(0, rows));
    views.id.set(this.#id.subarray(0, rows));
    views.source.set(this.#source.subarray(0, rows));
    views.bytes.set(this.#bytes.subarray(0, rows));
    views.end.set(this.#end.subarray(0, rows));
    views.flags.set(this.#flags.subarray(0, rows));
    const payloads = new ArrayBuffer(this.#payloadBytes);
    new Uint8Array(payloads).set(this.#payloads.subarray(0, this.#payloadBytes));
    const sources = JSON.stringify(
      this.#sources.map(({ batch: _batch, place: _place, other: _other, ...source }) => source),
    );
    const properties = { properties: this.#properties, propertiesBytes: this.#propertiesBytes };
    const packed = { rows, columns, payloads, sources, ...properties };
    this.#sources = [];
    this.#properties = [];
    this.#rows = this.#payloadBytes = this.#propertiesBytes = 0;
    this.#number += 1;
    if (this.#known.size > SOURCES_MAX) this.#known.clear();
    return packed;
  }

  /** The place of the message's source in this batch. */
  #place(entry: Entry): number {
    const { topic, brokerId, direction, deviceId, measured } = entry;
    const first = this.#known.get(topic);
    let source = first;
    while (
      source &&
      (source.brokerId !== brokerId || source.direction !== direction || source.deviceId !== deviceId)
    ) {
      source = source.other ?? undefined;
    }
    if (!source) {
      source = {
        topic,
        brokerId,
        direction,
        deviceId,
        measured,
        batch: -1,
        place: 0,
        other: first ?? null,
      };
      this.#known.set(topic, source);
    }
    source.measured = measured;
    if (source.batch !== this.#number) {
      source.batch = this.#number;
      source.place = this.#sources.push(source) - 1;
    }
    return source.place;
  }
}

function columnsOf(buffer: ArrayBuffer, rows: number) {
  return {
    at: new Float64Array(buffer, 0, rows),
    id: new Float64Array(buffer, rows * 8, rows),
    source: new Uint32Array(buffer, rows * 16, rows),
    bytes: new Uint32Array(buffer, rows * 20, rows),
    end: new Uint32Array(buffer, rows * 24, rows),
    flags: new Uint8Array(buffer, rows * 28, rows),
  };
}

/** A batch that is read from its last message to its first. */
function* newestFirst(packed: PackedMessages): Generator<MessageRow> {
  const { at, id, source, bytes, end, flags } = columnsOf(packed.columns, packed.rows);
  const properties = new Map(packed.properties);
  for (let row = packed.rows - 1; row >= 0; row--) {
    const begin = row === 0 ? 0 : (end[row - 1] as number);
    yield {
      id: id[row] as number,
      source: source[row] as number,
      at: at[row] as number,
      qos: (flags[row] as number) & QOS_BITS,
      retain: ((flags[row] as number) & RETAIN) !== 0,
      bytes: bytes[row] as number,
      payload: new Uint8Array(packed.payloads, begin, (end[row] as number) - begin),
      properties: properties.get(row) ?? null,
    };
  }
}

/** The messages of some batches, oldest first; of measured sources those that would be trimmed at once are left out. */
export function unpackMessages(batches: readonly PackedMessages[]): {
  sources: MessageSource[];
  rows: MessageRow[];
} {
  const places = new Map<string, number>();
  const sources: MessageSource[] = [];
  const newer: number[] = [];
  const rows: MessageRow[] = [];
  for (const packed of batches.toReversed()) {
    const own = (JSON.parse(packed.sources) as MessageSource[]).map((source) => {
      const { topic, brokerId, direction, deviceId } = source;
      const key = JSON.stringify([topic, brokerId, direction, deviceId]);
      const place = places.get(key) ?? sources.push(source) - 1;
      places.set(key, place);
      return place;
    });
    for (const row of newestFirst(packed)) {
      const place = own[row.source] as number;
      newer[place] = (newer[place] ?? 0) + 1;
      if (sources[place]?.measured && (newer[place] ?? 0) > MEASURED_MAX) continue;
      rows.push({ ...row, source: place });
    }
  }
  return { sources, rows: rows.toReversed() };
}
