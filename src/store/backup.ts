import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { StoreError } from './database.ts';
import { INSTALLATION_ID } from './facts.ts';

/**
 * Copies `bridge.db` of `folder` to `file` while a bridge may be using it.
 * The copy is a new installation: what it sends after a restore must not look like a repeat of what the
 * original sent after the copy was made.
 * @throws StoreError when there is nothing to copy, the copy is damaged or `file` exists
 */
export async function backupStore(folder: string, file: string): Promise<void> {
  const source = join(folder, 'bridge.db');
  if (!existsSync(source)) throw new StoreError(`${source} does not exist; is DATA_DIR right?`);
  if (existsSync(file)) throw new StoreError(`${file} exists already; name a new file.`);
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  const original = new DatabaseSync(source, { readOnly: true, timeout: 10_000 });
  try {
    await backup(original, partial);
  } finally {
    original.close();
  }
  const copy = new DatabaseSync(partial);
  try {
    const found = copy.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
    if (found !== 'ok') throw new StoreError(`the copy is damaged (${String(found)}); nothing was kept.`);
    copy.prepare('UPDATE facts SET value = ? WHERE name = ?').run(randomUUID(), INSTALLATION_ID);
    copy.exec('PRAGMA journal_mode = DELETE');
  } finally {
    copy.close();
  }
  renameSync(partial, file);
}
