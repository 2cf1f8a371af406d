import type { Database } from './database.ts';

/** Longer ones do not exist: what begins this long before a period is over when it begins. */
export const CHUNK_SPAN_MS_MAX = 86_400_000;

/** Some of what a device's detector was told, encoded. */
export type ReadingChunk = {
  fromAt: number;
  toAt: number;
  /** Whether nobody listened when it began. */
  lost: boolean;
  inputs: number;
  data: Uint8Array;
};

const atOf = (row: { at?: unknown } | undefined) =>
  row?.at === null || row?.at === undefined ? null : Number(row.at);

/** The reading log in history.db. Call what writes within a transaction. */
export class ReadingChunksTable {
  readonly #addDevice;
  readonly #device;
  readonly #insert;
  readonly #data;
  readonly #extend;
  readonly #overlapping;
  readonly #one;
  readonly #prune;
  readonly #oldest;
  readonly #oldestOf;

  constructor(database: Database) {
    this.#addDevice = database.prepare('INSERT INTO reading_devices (device_id) VALUES (?)');
    this.#device = database.prepare('SELECT id FROM reading_devices WHERE device_id = ?');
    this.#insert = database.prepare(
      'INSERT INTO reading_chunks (device, from_at, to_at, lost, inputs, data) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#data = database.prepare('SELECT data FROM reading_chunks WHERE id = ?');
    this.#extend = database.prepare(
      'UPDATE reading_chunks SET to_at = max(to_at, ?2), inputs = inputs + ?3, data = ?4 WHERE id = ?1',
    );
    this.#overlapping = database.prepare(
      `SELECT id, inputs FROM reading_chunks
       WHERE device = ?1 AND from_at >= ?2 - ${CHUNK_SPAN_MS_MAX} AND from_at < ?3 AND to_at >= ?2`,
    );
    this.#one = database.prepare(
      'SELECT from_at, to_at, lost, inputs, data FROM reading_chunks WHERE id = ?',
    );
    this.#prune = database.prepare(
      `DELETE FROM reading_chunks WHERE id IN
       (SELECT id FROM reading_chunks WHERE from_at < ? ORDER BY from_at LIMIT ?)`,
    );
    this.#oldest = database.prepare('SELECT min(from_at) AS at FROM reading_chunks');
    this.#oldestOf = database.prepare('SELECT min(from_at) AS at FROM reading_chunks WHERE device = ?');
  }

  /** The row of a device, made when there is none. */
  addDevice(deviceId: string): number {
    return this.device(deviceId) ?? this.#addDevice.run(deviceId).lastInsertRowid;
  }

  /** The row of a device; null: nothing was ever heard of it. */
  device(deviceId: string): number | null {
    const row = this.#device.get(deviceId);
    return row ? Number(row.id) : null;
  }

  /** @returns the id of the chunk */
  add(device: number, { fromAt, toAt, lost, inputs, data }: ReadingChunk): number {
    return this.#insert.run(device, fromAt, toAt, lost, inputs, data).lastInsertRowid;
  }

  /** Adds to a chunk that has `length` bytes so far; false: there is no such chunk any more. */
  extend(id: number, length: number, more: Pick<ReadingChunk, 'toAt' | 'inputs' | 'data'>): boolean {
    const data = this.#data.get(id)?.data as Uint8Array | undefined;
    if (data?.length !== length) return false;
    const longer = new Uint8Array(length + more.data.length);
    longer.set(data);
    longer.set(more.data, length);
    this.#extend.run(id, more.toAt, more.inputs, longer);
    return true;
  }

  /** The chunks with something of [fromMs, toMs) in them, in the order they were written. */
  overlapping(device: number, fromMs: number, toMs: number): { id: number; inputs: number }[] {
    return this.#overlapping
      .all(device, fromMs, toMs)
      .map(({ id, inputs }) => ({ id: Number(id), inputs: Number(inputs) }))
      .sort((a, b) => a.id - b.id);
  }

  /** One chunk; null: it was pruned meanwhile. */
  one(id: number): ReadingChunk | null {
    const row = this.#one.get(id);
    if (!row) return null;
    return {
      fromAt: Number(row.from_at),
      toAt: Number(row.to_at),
      lost: row.lost === 1,
      inputs: Number(row.inputs),
      data: row.data as Uint8Array,
    };
  }

  /** When the oldest chunk begins, of one device or of all; null without any. */
  oldestAt(device?: number): number | null {
    return atOf(device === undefined ? this.#oldest.get() : this.#oldestOf.get(device));
  }

  /** Deletes up to `rowsMax` chunks that were begun before `beforeMs`; whether there were any. */
  prune(beforeMs: number, rowsMax: number): boolean {
    return this.#prune.run(beforeMs, rowsMax).changes > 0;
  }
}
