import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Database, isDamage, StoreError, setAside, wrapDatabase } from './database.ts';

/** The schema of history.db, as numbered steps like those of bridge.db. */
const HISTORY_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    link TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    topic TEXT NOT NULL,
    device_id TEXT,
    qos INTEGER NOT NULL,
    retain INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    payload BLOB NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_topic ON messages (topic, id);
  CREATE INDEX messages_by_device ON messages (device_id, id) WHERE device_id IS NOT NULL;
  CREATE INDEX messages_by_time ON messages (at);
  `,
];

function open(path: string): DatabaseSync {
  const sqlite = new DatabaseSync(path, { timeout: 5000 });
  try {
    // Freed pages go back to the disk in small steps; this must be said before the first table.
    sqlite.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    const version = Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
    if (version > HISTORY_MIGRATIONS.length) throw new Error(`it has schema ${version}, of a newer version`);
    for (const [i, sql] of HISTORY_MIGRATIONS.entries()) {
      if (i >= version) sqlite.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${i + 1}; COMMIT`);
    }
    // Touches both ends of the table: damage shows here, where it can be set aside.
    sqlite.prepare('SELECT min(id), max(id), count(*) FROM (SELECT id FROM messages LIMIT 1)').get();
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/**
 * Opens `history.db` in `folder`: large, and not worth stopping for. One that cannot be used is set aside.
 * @throws when the folder cannot be written
 */
export function openHistory(folder: string, nowMs: number): { database: Database; notices: string[] } {
  const path = join(folder, 'history.db');
  try {
    return { database: wrapDatabase(open(path)), notices: [] };
  } catch (error) {
    if (!isDamage(error)) throw new StoreError(`${path} cannot be used: ${(error as Error).message}.`);
    const aside = setAside(path, nowMs);
    const notice = `${path} could not be used (${(error as Error).message}) and was set aside as ${aside}; a new message history was begun.`;
    return { database: wrapDatabase(open(path)), notices: [notice] };
  }
}

/** A history in memory, for tests. */
export function openMemoryHistory(): Database {
  return wrapDatabase(open(':memory:'));
}
