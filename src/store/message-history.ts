import type { MessageEntry } from '../model/message-record.ts';
import type { Database, Row, Value } from './database.ts';

/** Messages kept of a topic that a machine is measured on. */
const MEASURED_MAX = 100;

export type MessageFilter = {
  /** The topic itself; or its beginning, for a filter with wildcards. */
  topic?: string | undefined;
  topicPrefix?: string | undefined;
  deviceId?: string | undefined;
  direction?: MessageEntry['direction'] | undefined;
  beforeId?: number | undefined;
};
export type KeptMessage = MessageEntry & { id: number };

function messageOf(row: Row): KeptMessage {
  return {
    id: Number(row.id),
    at: Number(row.at),
    link: String(row.link),
    direction: row.direction as MessageEntry['direction'],
    topic: String(row.topic),
    deviceId: row.device_id as string | null,
    qos: Number(row.qos),
    retain: row.retain === 1,
    bytes: Number(row.bytes),
    payload: row.payload as Uint8Array,
  };
}

/** The messages of the device API, in history.db. */
export function messageHistoryTable(database: Database) {
  const insert = database.prepare(
    `INSERT INTO messages (at, link, direction, topic, device_id, qos, retain, bytes, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const trim = database.prepare(
    `DELETE FROM messages WHERE topic = ?1 AND id <=
     (SELECT id FROM messages WHERE topic = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
  );
  const pruneOld = database.prepare(
    'DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE at < ? ORDER BY at LIMIT ?)',
  );
  const pruneOldest = database.prepare(
    'DELETE FROM messages WHERE id IN (SELECT id FROM messages ORDER BY id LIMIT ?)',
  );
  const number = (pragma: string) =>
    Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
  return {
    /** Writes a batch in one transaction; of `measuredTopics` only the last messages stay. */
    append(entries: readonly MessageEntry[], measuredTopics: Iterable<string>): void {
      database.transaction(() => {
        for (const { at, link, direction, topic, deviceId, qos, retain, bytes, payload } of entries) {
          insert.run(at, link, direction, topic, deviceId, qos, retain, bytes, payload);
        }
        for (const topic of measuredTopics) trim.run(topic, MEASURED_MAX);
      });
    },

    /** Messages that match, newest first, one by one. */
    *list(filter: MessageFilter): Generator<KeptMessage> {
      const where: string[] = [];
      const values: Value[] = [];
      const add = (sql: string, ...more: Value[]) => {
        where.push(sql);
        values.push(...more);
      };
      if (filter.topic !== undefined) add('topic = ?', filter.topic);
      if (filter.topicPrefix) {
        add('topic >= ? AND topic < ?', filter.topicPrefix, `${filter.topicPrefix}\u{10FFFF}`);
      }
      if (filter.deviceId !== undefined) add('device_id = ?', filter.deviceId);
      if (filter.direction !== undefined) add('direction = ?', filter.direction);
      if (filter.beforeId !== undefined) add('id < ?', filter.beforeId);
      const condition = where.length > 0 ? `WHERE ${where.join(' AND ')}` : '';
      const found = database.prepare(`SELECT * FROM messages ${condition} ORDER BY id DESC`);
      for (const row of found.iterate(...values)) yield messageOf(row);
    },

    /**
     * Deletes up to `rowsMax` messages that are older than `beforeMs`, or the oldest while there are more than
     * `bytesMax` bytes; how many went.
     */
    prune(beforeMs: number, bytesMax: number, rowsMax: number): number {
      let { changes } = pruneOld.run(beforeMs, rowsMax);
      const used = (number('page_count') - number('freelist_count')) * number('page_size');
      if (changes === 0 && used > bytesMax) changes = pruneOldest.run(rowsMax).changes;
      if (changes > 0) database.exec(`PRAGMA incremental_vacuum(${rowsMax})`);
      return changes;
    },
  };
}
export type MessageHistoryTable = ReturnType<typeof messageHistoryTable>;
