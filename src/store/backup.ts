import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { finishCopy, removeDatabase } from './copy.ts';
import { StoreError } from './database.ts';

/**
 * Copies `bridge.db` of `folder` to `file` while a bridge may be using it.
 * The copy is a new installation.
 * @throws StoreError when there is nothing to copy, the copy is damaged or `file` exists
 */
export async function backupStore(folder: string, file: string): Promise<void> {
  const source = join(folder, 'bridge.db');
  if (!existsSync(source)) throw new StoreError(`${source} does not exist; is DATA_DIR right?`);
  if (existsSync(file)) throw new StoreError(`${file} exists already; name a new file.`);
  const partial = `${file}.partial`;
  removeDatabase(partial);
  const original = new DatabaseSync(source, { readOnly: true, timeout: 10_000 });
  try {
    await backup(original, partial);
  } finally {
    original.close();
  }
  const damage = finishCopy(partial);
  if (damage !== null) throw new StoreError(`the copy is damaged (${damage}); nothing was kept.`);
  renameSync(partial, file);
}
