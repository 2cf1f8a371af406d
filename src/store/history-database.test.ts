import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { StoreError } from './database.ts';
import { historyPath, openHistory, openHistoryReader, prepareHistory } from './history-database.ts';
import { HISTORY_MIGRATIONS } from './history-migrations.ts';
import { MessageSearch } from './message-search.ts';

const NOW = Date.UTC(2026, 0, 31, 10);

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'iot-bridge-history-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a history of the first version is taken over', (t) => {
  const folder = folderOf(t);
  const old = new DatabaseSync(historyPath(folder));
  old.exec(`PRAGMA auto_vacuum = INCREMENTAL; ${HISTORY_MIGRATIONS[0]}; PRAGMA user_version = 1`);
  const insert = old.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  insert.run(1, NOW, 'network', 'in', 'messages/mill/log', 'mill', 1, 0, 2, Buffer.from('ab'));
  insert.run(2, NOW + 1, 'embedded', 'out', 'plain', null, 0, 1, 70_000, Buffer.from('c'));
  insert.run(7000, NOW + 2, 'network', 'in', 'messages/mill/log', 'mill', 2, 0, 1, Buffer.from('d'));
  old.close();

  assert.deepEqual(prepareHistory(folder, NOW), { notices: [], lastMessageId: 7000 });
  assert.deepEqual(prepareHistory(folder, NOW), { notices: [], lastMessageId: 7000 });
  const database = openHistory(historyPath(folder));
  const search = new MessageSearch(database);
  const of = (query: object) => search.find({ limit: 10, ...query }).messages;
  assert.deepEqual(
    of({ deviceId: 'mill', brokerId: 'main' }).map(({ id }) => id),
    [7000, 1],
  );
  assert.deepEqual(of({ fromMs: NOW + 1, toMs: NOW + 2 }), [
    {
      id: 2,
      at: NOW + 1,
      brokerId: 'embedded',
      direction: 'out',
      topic: 'plain',
      deviceId: null,
      qos: 0,
      retain: true,
      bytes: 70_000,
      payload: new Uint8Array(Buffer.from('c')),
      properties: null,
    },
  ]);
  database.close();
});

test('a file that is no database, or known to be damaged, is set aside', (t) => {
  const folder = folderOf(t);
  writeFileSync(historyPath(folder), 'no database at all, but long enough to be looked at'.repeat(100));
  const { notices, lastMessageId } = prepareHistory(folder, NOW);
  assert.match(notices.join(), /history\.db could not be used .* set aside as .*corrupt-2026-01-31T10-00-00/);
  assert.equal(lastMessageId, 0);
  assert.match(
    prepareHistory(folder, NOW + 1000, 'malformed').notices.join(),
    /\(malformed\) and was set aside/,
  );
  assert.equal(readdirSync(folder).filter((name) => /corrupt-[^/]*Z$/.test(name)).length, 2);
  assert.deepEqual(prepareHistory(folder, NOW), { notices: [], lastMessageId: 0 });
});

test('a newer history is left as it is, and a reader cannot write', (t) => {
  const folder = folderOf(t);
  prepareHistory(folder, NOW);
  const database = openHistory(historyPath(folder));
  const reader = openHistoryReader(historyPath(folder));
  assert.throws(() => reader.exec('DELETE FROM messages'), /readonly/);
  reader.close();
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.throws(
    () => prepareHistory(folder, NOW),
    (error) => {
      return error instanceof StoreError && /schema 99, of a newer version/.test(error.message);
    },
  );
});
