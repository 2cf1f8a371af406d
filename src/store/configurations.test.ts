import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configurationsTable } from './configurations.ts';
import { openMemoryDatabase } from './database.ts';

function newTable() {
  const database = openMemoryDatabase();
  const read = database.prepare(
    'SELECT applied_at, source, digest, devices, body FROM configurations ORDER BY id',
  );
  return { table: configurationsTable(database), rows: () => structuredClone(read.all()) };
}
const megabytes = (count: number) => 'x'.repeat(count * 1024 * 1024);

const entry = (digest: string, appliedAt: number, source = 'push', body = `{"v":${appliedAt}}`) => ({
  appliedAt,
  source,
  digest,
  devices: 1,
  body,
});

test('what is applied is kept, repeats of the newest once', () => {
  const { table, rows } = newTable();
  assert.deepEqual(table.record(entry('a', 1, 'file')), { appliedAt: 1 });
  table.record(entry('b', 2));
  assert.deepEqual(table.record(entry('b', 3, 'pull')), { appliedAt: 3 });
  table.record(entry('a', 4));
  assert.deepEqual(rows(), [
    { applied_at: 1, source: 'file', digest: 'a', devices: 1, body: '{"v":1}' },
    { applied_at: 3, source: 'pull', digest: 'b', devices: 1, body: '{"v":3}' },
    { applied_at: 4, source: 'push', digest: 'a', devices: 1, body: '{"v":4}' },
  ]);
});

test('a start with the newest tells when that was applied', () => {
  const { table, rows } = newTable();
  table.record(entry('a', 1));
  assert.deepEqual(table.record(entry('a', 9, 'start')), { appliedAt: 1 });
  assert.equal(rows().length, 1);
  assert.equal(rows()[0]?.source, 'push');
});

test('a start with another one keeps that: the file wins over the database', () => {
  const { table, rows } = newTable();
  table.record(entry('a', 1));
  assert.deepEqual(table.record(entry('b', 9, 'start')), { appliedAt: 9 });
  assert.equal(rows().length, 2);
});

test('the last 100 are kept, fewer when they are large, the newest always', () => {
  const { table, rows } = newTable();
  for (let i = 1; i <= 130; i++) table.record(entry(`d${i}`, i));
  assert.deepEqual([rows().length, rows()[0]?.digest, rows().at(-1)?.digest], [100, 'd31', 'd130']);
  table.record(entry('large', 200, 'push', megabytes(40)));
  table.record(entry('larger', 201, 'push', megabytes(30)));
  assert.deepEqual(
    rows().map((row) => row.digest),
    ['larger'],
  );
  table.record(entry('largest', 202, 'push', megabytes(70)));
  assert.deepEqual(
    rows().map((row) => row.digest),
    ['largest'],
  );
});

test('they are listed newest first, and one is read whole', () => {
  const { table } = newTable();
  for (let i = 1; i <= 3; i++) table.record(entry(`d${i}`, i));
  assert.deepEqual(
    table.list(2).map(({ id, digest }) => [id, digest]),
    [
      [3, 'd3'],
      [2, 'd2'],
    ],
  );
  assert.deepEqual(table.list(2, 2), [{ id: 1, appliedAt: 1, source: 'push', digest: 'd1', devices: 1 }]);
  assert.equal(table.one(1)?.body, '{"v":1}');
  assert.equal(table.one(9), null);
});
