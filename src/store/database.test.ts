import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Database, openMemoryDatabase, openStore, StoreError, type Value } from './database.ts';
import { MIGRATIONS } from './migrations.ts';

const NOW = Date.UTC(2026, 0, 31, 10);
const LATEST = MIGRATIONS.length;
const ORIGINAL = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6';
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iot-bridge-store-'));
  path = join(folder, 'bridge.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A database of an earlier release, or of a later one, with one fact in it. */
function databaseOf(version: number): void {
  const sqlite = new DatabaseSync(path);
  for (const sql of MIGRATIONS.slice(0, version)) sqlite.exec(sql);
  sqlite.exec(
    `PRAGMA journal_mode = WAL; PRAGMA user_version = ${version};
     INSERT INTO facts VALUES ('kept', 'yes'), ('installation_id', '${ORIGINAL}')`,
  );
  sqlite.close();
}

function withStore<T>(work: (database: Database, notices: string[]) => T): T {
  const { database, notices, close } = openStore(folder, NOW);
  try {
    return work(database, notices);
  } finally {
    close();
  }
}

const versionOf = (database: Database) => database.prepare('PRAGMA user_version').get()?.user_version;
const factIn = (database: Database) =>
  database.prepare(`SELECT value FROM facts WHERE name = 'kept'`).get()?.value;
const installationIn = (database: Database | DatabaseSync) =>
  database.prepare(`SELECT value FROM facts WHERE name = 'installation_id'`).get()?.value;
const copies = () =>
  readdirSync(folder)
    .filter((name) => name.includes('.before-'))
    .sort();

describe('migrations', () => {
  test('a new folder gets the current schema, no copy and no notice', () => {
    withStore((database, notices) => {
      assert.equal(versionOf(database), LATEST);
      assert.deepEqual(notices, []);
      assert.equal(database.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal');
      assert.equal(database.prepare('PRAGMA synchronous').get()?.synchronous, 2);
    });
    assert.deepEqual(copies(), []);
  });

  test('each earlier schema is brought up to date, its data kept, a copy left behind', () => {
    for (let version = 1; version < LATEST; version++) {
      rmSync(path, { force: true });
      databaseOf(version);
      // What a look into an older copy of that number left behind.
      for (const suffix of ['', '-wal', '-shm'])
        writeFileSync(`${path}.before-${version + 1}${suffix}`, 'old');
      withStore((database) => {
        assert.equal(versionOf(database), LATEST);
        assert.equal(factIn(database), 'yes');
        assert.equal(installationIn(database), ORIGINAL);
      });
      assert.ok(!copies().some((name) => /-wal|-shm|partial/.test(name)), String(copies()));
      const copy = new DatabaseSync(`${path}.before-${version + 1}`, { readOnly: true });
      assert.equal(copy.prepare('PRAGMA user_version').get()?.user_version, version);
      assert.equal(copy.prepare(`SELECT value FROM facts WHERE name = 'kept'`).get()?.value, 'yes');
      copy.close();
    }
  });

  test('each copy is an installation of its own: after going back no id is given twice', () => {
    const ids = [];
    for (const version of [LATEST - 1, LATEST - 2]) {
      rmSync(path, { force: true });
      databaseOf(version);
      withStore(() => undefined);
      const copy = new DatabaseSync(`${path}.before-${version + 1}`, { readOnly: true });
      ids.push(installationIn(copy));
      copy.close();
    }
    for (const id of ids) assert.match(String(id), /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    assert.equal(new Set([ORIGINAL, ...ids]).size, 3);
  });

  test('the current schema is opened as it is', () => {
    databaseOf(LATEST);
    withStore((database) => assert.equal(factIn(database), 'yes'));
    assert.deepEqual(copies(), []);
  });

  test('the three newest copies are kept', () => {
    for (const n of [8, 9, 10, 11]) writeFileSync(`${path}.before-${n}`, '');
    databaseOf(1);
    withStore(() => undefined);
    assert.deepEqual(copies(), ['bridge.db.before-10', 'bridge.db.before-11', 'bridge.db.before-9']);
  });

  test('a step that fails leaves the schema before it, and the folder free', () => {
    databaseOf(1);
    const sqlite = new DatabaseSync(path);
    sqlite.exec('CREATE TABLE templates (in_the_way TEXT)');
    sqlite.close();
    assert.throws(() => openStore(folder, NOW), /DATA_DIR .* cannot be used: table templates already exists/);
    const after = new DatabaseSync(path);
    assert.equal(after.prepare('PRAGMA user_version').get()?.user_version, 1);
    after.exec('DROP TABLE templates');
    after.close();
    withStore((database) => assert.equal(factIn(database), 'yes'));
  });

  test('a newer schema is refused and stays as it is', () => {
    databaseOf(LATEST);
    const sqlite = new DatabaseSync(path);
    sqlite.exec(`PRAGMA user_version = ${LATEST + 1}`);
    sqlite.close();
    assert.throws(
      () => openStore(folder, NOW),
      (error) =>
        error instanceof StoreError &&
        /has schema \d+, this program knows up to \d+\. .*bridge\.db-wal/.test(error.message),
    );
    assert.ok(existsSync(path));
  });
});

describe('the folder', () => {
  test('is used by one at a time', () => {
    withStore(() => {
      assert.throws(() => openStore(folder, NOW), /another iot-bridge is using .* set DATA_DIR/);
    });
    withStore(() => undefined);
  });

  test('that cannot be used is named, with the reason', () => {
    mkdirSync(join(folder, 'lock'));
    assert.throws(
      () => openStore(folder, NOW),
      (error) =>
        error instanceof StoreError && /^DATA_DIR .* cannot be used: unable to open/.test(error.message),
    );
    assert.throws(() => openStore('/dev/null/below', NOW), /^StoreError: DATA_DIR .* cannot be created/);
  });

  const losses: [what: string, lose: () => void, notice: RegExp][] = [
    ['vanished', () => rmSync(path), /was missing although it held data/],
    ['is empty', () => writeFileSync(path, ''), /was empty although it held data/],
    ['is no database', () => writeFileSync(path, 'x'.repeat(5000)), /was damaged .* set aside as .*corrupt-/],
  ];
  for (const [what, lose, notice] of losses) {
    test(`bridge.db ${what}: noticed once, and a new one begun`, () => {
      withStore((database) => database.exec(`INSERT INTO facts VALUES ('kept', 'yes')`));
      lose();
      withStore((database, notices) => {
        assert.equal(notices.length, 1);
        assert.match(notices[0] ?? '', notice);
        assert.equal(factIn(database), undefined);
      });
      withStore((_, notices) => assert.deepEqual(notices, []));
    });
  }
});

test('a file that cannot be looked at is not called damaged', () => {
  withStore((database) => database.exec(`INSERT INTO facts VALUES ('kept', 'yes')`));
  const other = new DatabaseSync(path);
  other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  try {
    assert.throws(
      () => openStore(folder, NOW),
      /StoreError: .*bridge\.db cannot be used: database is locked/,
    );
  } finally {
    other.close();
  }
  withStore((database, notices) => {
    assert.deepEqual(notices, []);
    assert.equal(factIn(database), 'yes');
  });
});

describe('the driver', () => {
  test('a transaction is written whole or not at all', () => {
    const database = openMemoryDatabase();
    const put = database.prepare('INSERT INTO facts VALUES (?, ?)');
    assert.throws(
      () =>
        database.transaction(() => {
          put.run('kept', 'no');
          throw new Error('in the middle');
        }),
      /in the middle/,
    );
    assert.equal(factIn(database), undefined);
    assert.equal(
      database.transaction(() => put.run('kept', 'yes').changes),
      1,
    );
    assert.equal(factIn(database), 'yes');
    database.close();
  });

  test('booleans are stored as 1 and 0', () => {
    const database = openMemoryDatabase();
    assert.deepEqual({ ...database.prepare('SELECT ? AS yes, ? AS no').get(true, false) }, { yes: 1, no: 0 });
    database.close();
  });

  test('what SQLite would silently make NULL is refused', () => {
    const database = openMemoryDatabase();
    const echo = database.prepare('SELECT ? AS value');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, new Date(NOW), {}]) {
      assert.throws(() => echo.get(value as Value), TypeError, String(value));
    }
    for (const value of [null, 0, 1.5, 'text', 7n]) {
      assert.doesNotThrow(() => echo.get(value), String(value));
    }
    database.close();
  });
});
