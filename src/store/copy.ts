import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { INSTALLATION_ID } from './facts.ts';

/** A database file and the files of SQLite's beside it. */
export const FILE_SUFFIXES = ['', '-wal', '-shm'] as const;

/** Removes a database and what belongs to it, as far as it is there. */
export function removeDatabase(path: string): void {
  for (const suffix of FILE_SUFFIXES) rmSync(path + suffix, { force: true });
}

/**
 * Makes the copy of a `bridge.db` a new installation and one file: what it sends after a restore must not look like
 * a repeat of what the original sent after the copy was made.
 * @returns what is damaged in it; null: it is sound
 */
export function finishCopy(path: string): string | null {
  const copy = new DatabaseSync(path);
  try {
    const found = copy.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
    if (found !== 'ok') return String(found);
    copy.prepare('UPDATE facts SET value = ? WHERE name = ?').run(randomUUID(), INSTALLATION_ID);
    copy.exec('PRAGMA journal_mode = DELETE');
    return null;
  } finally {
    copy.close();
  }
}
