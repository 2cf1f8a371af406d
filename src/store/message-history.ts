import type { Direction } from '../model/message-record.ts';
import type { Database } from './database.ts';

/** Messages kept of a topic that a machine is measured on; it is trimmed when there are twice as many. */
export const MEASURED_MAX = 100;
/** A block of messages ends when it has this many, or spans this long. */
const BLOCK_MESSAGES_MAX = 1000;
const BLOCK_SPAN_MS_MAX = 3_600_000;

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
export function messageHistoryTable(database: Database) {
  const insert = database.prepare(
    'INSERT INTO messages (id, topic, at, qos, retain, bytes, payload, properties) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const count = database.prepare(
    `INSERT INTO topics (topic, broker_id, direction, device_id, messages, last_id) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (topic, broker_id, direction, device_id)
     DO UPDATE SET messages = messages + excluded.messages, last_id = excluded.last_id
     RETURNING id, messages`,
  );
  const trim = database.prepare(
    `DELETE FROM messages WHERE topic = ?1 AND id <=
     (SELECT id FROM messages WHERE topic = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
  );
  const uncount = database.prepare('UPDATE topics SET messages = messages - ?2 WHERE id = ?1');
  const forget = database.prepare('DELETE FROM topics WHERE id = ? AND messages <= 0');
  const extendBlock = database.prepare(
    `UPDATE message_blocks SET last_id = ?1, at_min = min(at_min, ?2), at_max = max(at_max, ?3), messages = messages + ?4
     WHERE first_id = (SELECT max(first_id) FROM message_blocks) AND messages < ${BLOCK_MESSAGES_MAX}
       AND max(at_max, ?3) - min(at_min, ?2) <= ${BLOCK_SPAN_MS_MAX}`,
  );
  const addBlock = database.prepare('INSERT INTO message_blocks VALUES (?, ?, ?, ?, ?)');
  const blockBefore = database.prepare(
    'SELECT first_id, last_id, messages FROM message_blocks WHERE at_max < ? AND messages > 0 ORDER BY first_id LIMIT 1',
  );
  const inBlock = 'SELECT id, topic FROM messages WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?';
  const countPruned = database.prepare(`SELECT topic, count(*) AS n FROM (${inBlock}) GROUP BY topic`);
  const prunePart = database.prepare(`DELETE FROM messages WHERE id IN (SELECT id FROM (${inBlock}))`);
  const emptyBlock = database.prepare('UPDATE message_blocks SET messages = 0 WHERE first_id = ?');
  // The last one stays, as ids go on from it.
  const dropEmptyBlocks = database.prepare(
    'DELETE FROM message_blocks WHERE messages = 0 AND first_id < (SELECT max(first_id) FROM message_blocks)',
  );
  const oldest = database.prepare('SELECT min(at_max) AS at FROM message_blocks WHERE messages > 0');

  /** The row of a source, with `messages` more up to `lastId`. @returns its id, and how many there are now */
  function counted(
    { topic, brokerId, direction, deviceId }: MessageSource,
    messages: number,
    lastId: number,
  ) {
    const row = count.get(topic, brokerId, direction, deviceId ?? '', messages, lastId);
    return { id: Number(row?.id), messages: Number(row?.messages) };
  }

  function addToBlocks(rows: readonly MessageRow[]): void {
    let atMin = Number.POSITIVE_INFINITY;
    let atMax = Number.NEGATIVE_INFINITY;
    for (const { at } of rows) {
      atMin = Math.min(atMin, at);
      atMax = Math.max(atMax, at);
    }
    const [firstId, lastId] = [rows[0]?.id ?? 0, rows.at(-1)?.id ?? 0];
    if (extendBlock.run(lastId, atMin, atMax, rows.length).changes === 0) {
      addBlock.run(firstId, lastId, atMin, atMax, rows.length);
    }
  }

  return {
    /** Writes messages, in the order of their ids; of measured sources only the last ones stay. */
    append(sources: readonly MessageSource[], rows: readonly MessageRow[]): void {
      if (rows.length === 0) return;
      const more = new Uint32Array(sources.length);
      const lastIds = new Float64Array(sources.length);
      for (const { source, id } of rows) {
        more[source] = (more[source] ?? 0) + 1;
        lastIds[source] = id;
      }
      const known = sources.map((source, i) =>
        more[i] ? counted(source, more[i] as number, lastIds[i] as number) : null,
      );
      for (const { id, source, at, qos, retain, bytes, payload, properties } of rows) {
        insert.run(id, known[source]?.id ?? null, at, qos, retain, bytes, payload, properties);
      }
      for (const [i, row] of known.entries()) {
        if (!row || !sources[i]?.measured || row.messages < 2 * MEASURED_MAX) continue;
        uncount.run(row.id, trim.run(row.id, MEASURED_MAX).changes);
      }
      addToBlocks(rows);
    },

    /** When the oldest messages were heard, about, ms since the epoch; null without any. */
    oldestAt(): number | null {
      const at = oldest.get()?.at;
      return at === null || at === undefined ? null : Number(at);
    },

    /** Deletes up to `rowsMax` messages that are older than `beforeMs`; whether there may be more. */
    prune(beforeMs: number, rowsMax: number): boolean {
      const block = blockBefore.get(beforeMs);
      if (!block) return false;
      const [firstId, lastId] = [Number(block.first_id), Number(block.last_id)];
      for (const { topic, n } of countPruned.all(firstId, lastId, rowsMax)) {
        uncount.run(Number(topic), Number(n));
        forget.run(Number(topic));
      }
      const { changes } = prunePart.run(firstId, lastId, rowsMax);
      if (changes < rowsMax) {
        emptyBlock.run(firstId);
        dropEmptyBlocks.run();
      }
      return true;
    },
  };
}
export type MessageHistoryTable = ReturnType<typeof messageHistoryTable>;
