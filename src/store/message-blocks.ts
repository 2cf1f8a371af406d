import type { Database } from './database.ts';

/** A block of messages ends when it has this many, or spans this long. */
const MESSAGES_MAX = 1000;
const SPAN_MS_MAX = 3_600_000;

/** Ids in a row and when their messages were heard. */
type Ids = { firstId: number; lastId: number };

const figureOf = (row: { figure?: unknown } | undefined) =>
  row?.figure === null || row?.figure === undefined ? null : Number(row.figure);

/**
 * Ids in a row and the times of their messages, in history.db: a period is found in them, and what is too old,
 * without an index of all times, and whatever steps the clock made.
 */
export function messageBlocksTable(database: Database) {
  const extend = database.prepare(
    `UPDATE message_blocks SET last_id = ?1, at_min = min(at_min, ?2), at_max = max(at_max, ?3), messages = messages + ?4
     WHERE first_id = (SELECT max(first_id) FROM message_blocks) AND messages < ${MESSAGES_MAX}
       AND max(at_max, ?3) - min(at_min, ?2) <= ${SPAN_MS_MAX}`,
  );
  const add = database.prepare('INSERT INTO message_blocks VALUES (?, ?, ?, ?, ?)');
  const over = database.prepare(
    'SELECT first_id, last_id FROM message_blocks WHERE at_max < ? AND messages > 0 ORDER BY first_id LIMIT 1',
  );
  const empty = database.prepare('UPDATE message_blocks SET messages = 0 WHERE first_id = ?');
  // The last one stays, as ids go on from it.
  const dropEmpty = database.prepare(
    'DELETE FROM message_blocks WHERE messages = 0 AND first_id < (SELECT max(first_id) FROM message_blocks)',
  );
  const oldest = database.prepare('SELECT min(at_max) AS figure FROM message_blocks WHERE messages > 0');
  const first = database.prepare('SELECT min(first_id) AS figure FROM message_blocks WHERE at_max >= ?');
  const last = database.prepare('SELECT max(last_id) AS figure FROM message_blocks WHERE at_min < ?');

  return {
    /** Adds messages with the next ids. */
    add({ firstId, lastId }: Ids, times: readonly number[]): void {
      let [atMin, atMax] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (const at of times) {
        atMin = Math.min(atMin, at);
        atMax = Math.max(atMax, at);
      }
      if (extend.run(lastId, atMin, atMax, times.length).changes > 0) return;
      add.run(firstId, lastId, atMin, atMax, times.length);
    },

    /** The first id that may have been heard at `ms` or later; null: none. */
    firstFrom: (ms: number): number | null => figureOf(first.get(ms)),

    /** The last id that may have been heard before `ms`; null: none. */
    lastBefore: (ms: number): number | null => figureOf(last.get(ms)),

    /** When the last message of the oldest block was heard, ms since the epoch; null without any. */
    oldestAt: (): number | null => figureOf(oldest.get()),

    /** The oldest block that was over before `ms`. */
    over(ms: number): Ids | null {
      const row = over.get(ms);
      return row ? { firstId: Number(row.first_id), lastId: Number(row.last_id) } : null;
    },

    /** Says that the messages of a block are gone. */
    empty({ firstId }: Ids): void {
      empty.run(firstId);
      dropEmpty.run();
    },
  };
}
