import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { FILE_SUFFIXES, finishCopy, removeDatabase } from './copy.ts';
import { MIGRATIONS } from './migrations.ts';

export type Row = Record<string, SQLOutputValue>;
export type Value = string | number | bigint | Uint8Array | boolean | null;

/** A prepared statement. Booleans are stored as 1 and 0; values that SQLite would silently make NULL are refused. */
export type Statement = {
  run(...values: Value[]): { changes: number; lastInsertRowid: number };
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): Row[];
  iterate(...values: Value[]): Iterable<Row>;
};

/** The embedded database: synchronous, one connection, one writer. */
export type Database = {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  /**
   * Runs `work` in one transaction: all of it is on disk when this returns, or nothing when it throws.
   * @param safeFrom `crash`: a power cut, but not a crash of the process, may undo it; several times as fast
   */
  transaction<T>(work: () => T, safeFrom?: 'power_cut' | 'crash'): T;
  close(): void;
};

export class StoreError extends Error {
  override name = 'StoreError';
}

function bind(value: Value): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} cannot be stored`);
  if (
    value === undefined ||
    (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
  ) {
    throw new TypeError(`a ${typeof value} cannot be stored`);
  }
  return value;
}

function statement(prepared: StatementSync): Statement {
  return {
    run(...values) {
      const { changes, lastInsertRowid } = prepared.run(...values.map(bind));
      return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
    },
    get: (...values) => prepared.get(...values.map(bind)),
    all: (...values) => prepared.all(...values.map(bind)),
    iterate: (...values) => prepared.iterate(...values.map(bind)),
  };
}

/** The driver over an open SQLite database. */
export function wrapDatabase(sqlite: DatabaseSync): Database {
  return {
    prepare: (sql) => statement(sqlite.prepare(sql)),
    exec: (sql) => sqlite.exec(sql),
    transaction(work, safeFrom = 'power_cut') {
      if (safeFrom === 'crash') sqlite.exec('PRAGMA synchronous = NORMAL');
      try {
        sqlite.exec('BEGIN IMMEDIATE');
        const result = work();
        sqlite.exec('COMMIT');
        return result;
      } catch (error) {
        if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
        throw error;
      } finally {
        if (safeFrom === 'crash') sqlite.exec('PRAGMA synchronous = FULL');
      }
    },
    close: () => sqlite.close(),
  };
}

/** A database in memory with the current schema, for tests. */
export function openMemoryDatabase(): Database {
  const sqlite = new DatabaseSync(':memory:');
  for (const sql of MIGRATIONS) sqlite.exec(sql);
  return wrapDatabase(sqlite);
}

const PRE_MIGRATION_COPIES_MAX = 3;
/** Another program may hold the file for a moment, such as a backup. */
const BUSY_TIMEOUT_MS = 5000;
const SQLITE_BUSY = 5;

function migrate(sqlite: DatabaseSync, path: string): void {
  const version = Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
  if (version > MIGRATIONS.length) {
    throw new StoreError(
      `${path} has schema ${version}, this program knows up to ${MIGRATIONS.length}. Start the newer version of the bridge, or put the newest copy ${path}.before-<number> in its place and remove ${path}-wal and ${path}-shm.`,
    );
  }
  if (version === MIGRATIONS.length) return;
  if (version > 0) {
    sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    keepCopy(path, `${path}.before-${version + 1}`);
    dropOldCopies(path);
  }
  for (const [i, sql] of MIGRATIONS.entries()) {
    if (i < version) continue;
    sqlite.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${i + 1}; COMMIT`);
  }
}

/** The copy gets its name when it is whole; files beside an older one of that name would spoil it. */
function keepCopy(path: string, copy: string): void {
  const partial = `${copy}.partial`;
  removeDatabase(partial);
  copyFileSync(path, partial);
  const fault = finishCopy(partial);
  if (fault !== null) throw new StoreError(`the copy ${partial} is damaged (${fault}).`);
  removeDatabase(copy);
  renameSync(partial, copy);
}

function dropOldCopies(path: string): void {
  const folder = join(path, '..');
  const prefix = `${path.slice(folder.length + 1)}.before-`;
  // Who looked into a copy has left files of SQLite's beside it.
  const numbers = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => b - a);
  for (const number of numbers.slice(PRE_MIGRATION_COPIES_MAX)) {
    removeDatabase(join(folder, `${prefix}${number}`));
  }
}

/** SQLite's primary codes for a file that is damaged, or no database at all. */
const DAMAGED = new Set([11, 26]);

/** Whether `error` says that the file itself is bad; a full disk, a lock or missing rights say nothing of it. */
export function isDamage(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' && DAMAGED.has(errcode & 0xff);
}

/**
 * What is damaged in the file, or null when it is sound.
 * @throws StoreError when it cannot be looked at: then nobody may call it damaged
 */
function damage(path: string): string | null {
  let sqlite: DatabaseSync | undefined;
  try {
    sqlite = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    const found = sqlite.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
    return found === 'ok' ? null : String(found);
  } catch (error) {
    const { message } = error as Error;
    if (isDamage(error)) return message;
    throw new StoreError(`${path} cannot be used: ${message}. Check the space and rights of its folder.`);
  } finally {
    sqlite?.close();
  }
}

/** Renames a damaged database and what belongs to it. @returns its new name */
export function setAside(path: string, nowMs: number): string {
  const aside = `${path}.corrupt-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`;
  for (const suffix of FILE_SUFFIXES) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

export type OpenedStore = {
  database: Database;
  /** What a person should know about how the database was found; empty when all was well. */
  notices: string[];
  close(): void;
};

/** Holds an exclusive lock on the folder for the life of the process; the kernel drops it when the process dies. */
function lockFolder(folder: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw unusable(folder, error);
    throw new StoreError(
      `another iot-bridge is using ${folder}. Stop it, or set DATA_DIR to a folder of its own.`,
    );
  }
}

function unusable(folder: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreError(`DATA_DIR ${folder} cannot be used: ${reason}. Check its rights and space.`);
}

/**
 * Opens `bridge.db` in `folder`, creating and migrating it as needed.
 * A damaged file is set aside and a new one begun; an empty or missing one where there was data is noticed.
 * @throws StoreError when the folder is in use, cannot be written or holds a newer schema
 */
export function openStore(folder: string, nowMs: number): OpenedStore {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreError(`DATA_DIR ${folder} cannot be created: ${(error as Error).message}`);
  }
  const lock = lockFolder(folder);
  let sqlite: DatabaseSync | undefined;
  try {
    const path = join(folder, 'bridge.db');
    const witness = join(folder, 'bridge.db.exists');
    const notices = inspect(path, witness, nowMs);
    sqlite = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    migrate(sqlite, path);
    leaveWitness(witness);
    const database = wrapDatabase(sqlite);
    return {
      database,
      notices,
      close() {
        database.close();
        lock.close();
      },
    };
  } catch (error) {
    sqlite?.close();
    lock.close();
    throw unusable(folder, error);
  }
}

function inspect(path: string, witness: string, nowMs: number): string[] {
  const existed = existsSync(witness);
  const isThere = existsSync(path);
  if (!isThere || statSync(path).size === 0) {
    if (!existed) return [];
    removeDatabase(path);
    return [
      `${path} was ${isThere ? 'empty' : 'missing'} although it held data before: open sessions and waiting events are lost. Restore a backup if you have one; a new database was begun.`,
    ];
  }
  const found = damage(path);
  if (found === null) return [];
  const aside = setAside(path, nowMs);
  return [
    `${path} was damaged (${found}) and set aside as ${aside}; a new database was begun. Restore a backup if you have one.`,
  ];
}

/** A file that says "there was a database here", so that its disappearance is noticed. */
function leaveWitness(witness: string): void {
  if (existsSync(witness)) return;
  writeFileSync(witness, 'bridge.db exists; its disappearance would be noticed at the next start\n');
  const fd = openSync(witness, 'r');
  fsyncSync(fd);
  closeSync(fd);
}
