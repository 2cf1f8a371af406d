import type { Direction } from '../model/message-record.ts';
import type { Database } from './database.ts';
import { messageBlocksTable } from './message-blocks.ts';

/** Messages kept of a topic that a machine is measured on; it is trimmed when there are twice as many. */
export const MEASURED_MAX = 100;

/** What messages have in common. */
export type MessageSource = {
  topic: string;
  brokerId: string;
  direction: Direction;
  deviceId: string | null;
  /** A machine is measured on it: only the last messages are kept. */
  measured: boolean;
};

/** A message to be written; `source` is the place of its source in the list. */
export type MessageRow = {
  id: number;
  source: number;
  at: number;
  qos: number;
  retain: boolean;
  bytes: number;
  payload: Uint8Array;
  properties: string | null;
};

/** Writes and deletes messages in history.db. Call `append` and `prune` within a transaction. */
export class MessageHistoryTable {
  readonly #blocks;
  readonly #insert;
  readonly #count;
  readonly #trim;
  readonly #uncount;
  readonly #forget;
  readonly #countPart;
  readonly #deletePart;

  constructor(database: Database) {
    this.#blocks = messageBlocksTable(database);
    this.#insert = database.prepare(
      'INSERT INTO messages (id, topic, at, qos, retain, bytes, payload, properties) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#count = database.prepare(
      `INSERT INTO topics (topic, broker_id, direction, device_id, messages, last_id) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (topic, broker_id, direction, device_id)
       DO UPDATE SET messages = messages + excluded.messages, last_id = excluded.last_id
       RETURNING id, messages`,
    );
    this.#trim = database.prepare(
      `DELETE FROM messages WHERE topic = ?1 AND id <=
       (SELECT id FROM messages WHERE topic = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
    );
    this.#uncount = database.prepare('UPDATE topics SET messages = messages - ?2 WHERE id = ?1');
    this.#forget = database.prepare('DELETE FROM topics WHERE id = ? AND messages <= 0');
    const part = 'SELECT id, topic FROM messages WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?';
    this.#countPart = database.prepare(`SELECT topic, count(*) AS n FROM (${part}) GROUP BY topic`);
    this.#deletePart = database.prepare(`DELETE FROM messages WHERE id IN (SELECT id FROM (${part}))`);
  }

  /** Writes messages, in the order of their ids; of measured sources only the last ones stay. */
  append(sources: readonly MessageSource[], rows: readonly MessageRow[]): void {
    const [first, last] = [rows[0], rows.at(-1)];
    if (!first || !last) return;
    const known = this.#countAll(sources, rows);
    for (const { id, source, at, qos, retain, bytes, payload, properties } of rows) {
      this.#insert.run(id, known[source]?.id ?? null, at, qos, retain, bytes, payload, properties);
    }
    for (const [i, row] of known.entries()) {
      if (!row || !sources[i]?.measured || row.messages < 2 * MEASURED_MAX) continue;
      this.#uncount.run(row.id, this.#trim.run(row.id, MEASURED_MAX).changes);
    }
    const times = rows.map(({ at }) => at);
    this.#blocks.add({ firstId: first.id, lastId: last.id }, times);
  }

  /** When the oldest messages were heard, about, ms since the epoch; null without any. */
  oldestAt(): number | null {
    return this.#blocks.oldestAt();
  }

  /** Deletes up to `rowsMax` messages that are older than `beforeMs`; whether there may be more. */
  prune(beforeMs: number, rowsMax: number): boolean {
    const block = this.#blocks.over(beforeMs);
    if (!block) return false;
    const part = [block.firstId, block.lastId, rowsMax];
    for (const { topic, n } of this.#countPart.all(...part)) {
      this.#uncount.run(Number(topic), Number(n));
      this.#forget.run(Number(topic));
    }
    if (this.#deletePart.run(...part).changes < rowsMax) this.#blocks.empty(block);
    return true;
  }

  /** Counts what is to be written. @returns for each source its row, and how many messages it has then */
  #countAll(sources: readonly MessageSource[], rows: readonly MessageRow[]) {
    const more = new Uint32Array(sources.length);
    const lastIds = new Float64Array(sources.length);
    for (const { source, id } of rows) {
      more[source] = (more[source] ?? 0) + 1;
      lastIds[source] = id;
    }
    return sources.map(({ topic, brokerId, direction, deviceId }, i) => {
      const [count = 0, lastId = 0] = [more[i], lastIds[i]];
      if (count === 0) return null;
      const row = this.#count.get(topic, brokerId, direction, deviceId ?? '', count, lastId);
      return { id: Number(row?.id), messages: Number(row?.messages) };
    });
  }
}
