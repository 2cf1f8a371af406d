import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Database, isDamage, StoreError, setAside, wrapDatabase } from './database.ts';
import { HISTORY_MIGRATIONS } from './history-migrations.ts';

/** Pages of the database kept in memory, in KiB; what is searched most fits. */
const CACHE_KIB = 16_384;
/** The log of writes is cut back to this after a burst. */
const WAL_BYTES_MAX = 64 * 1024 * 1024;
const BUSY_TIMEOUT_MS = 5000;

function open(path: string): DatabaseSync {
  const sqlite = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Freed pages go back to the disk in small steps; this must be said before the first table.
    sqlite.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    sqlite.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`);
    const version = Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
    if (version > HISTORY_MIGRATIONS.length) throw new Error(`it has schema ${version}, of a newer version`);
    for (const [i, sql] of HISTORY_MIGRATIONS.entries()) {
      if (i >= version) sqlite.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${i + 1}; COMMIT`);
    }
    // Touches both ends of the large tables: damage shows here, where it can be set aside.
    for (const table of ['messages', 'reading_chunks', 'topics']) {
      sqlite.prepare(`SELECT min(id), max(id) FROM ${table}`).get();
    }
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/** Where the history is in `folder`. */
export function historyPath(folder: string): string {
  return join(folder, 'history.db');
}

/** How the history was found. */
export type HistoryFound = {
  /** What a person should know about it; empty when all was well. */
  notices: string[];
  /** The highest id a message was given so far. */
  lastMessageId: number;
};

/**
 * Makes `history.db` in `folder` ready for use: large, and not worth stopping for. One that cannot be used is set
 * aside. Nothing stays open.
 * @param damage what a former use found wrong with it: it is set aside without another look
 * @throws StoreError when the folder cannot be written
 */
export function prepareHistory(folder: string, nowMs: number, damage?: string): HistoryFound {
  const path = historyPath(folder);
  const look = (): HistoryFound => {
    const sqlite = open(path);
    try {
      const last = sqlite.prepare('SELECT max(last_id) AS id FROM message_blocks').get();
      return { notices: [], lastMessageId: Number(last?.id ?? 0) };
    } finally {
      sqlite.close();
    }
  };
  const beginAnew = (message: string): HistoryFound => {
    const aside = setAside(path, nowMs);
    const notice = `${path} could not be used (${message}) and was set aside as ${aside}; a new history was begun.`;
    return { ...look(), notices: [notice] };
  };
  if (damage !== undefined) return beginAnew(damage);
  try {
    return look();
  } catch (error) {
    const { message } = error as Error;
    if (!isDamage(error)) throw new StoreError(`${path} cannot be used: ${message}.`);
    return beginAnew(message);
  }
}

/** Opens the history that `prepareHistory` made ready, to write and to read. */
export function openHistory(path: string): Database {
  return wrapDatabase(open(path));
}

/** Opens the history beside the one who writes; it cannot be changed through this. */
export function openHistoryReader(path: string): Database {
  return wrapDatabase(new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: true }));
}

/** A history in memory, for tests. */
export function openMemoryHistory(): Database {
  return wrapDatabase(open(':memory:'));
}
