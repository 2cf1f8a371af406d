import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logTo } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.ts';
import { openMemoryDatabase } from '../../store/database.ts';
import { Journal } from './journal.ts';

function startJournal() {
  const database = openMemoryDatabase();
  database.exec('CREATE TABLE marks (mark TEXT)');
  const clock = new ManualClock();
  const logged: string[] = [];
  const log = logTo({ write: (line) => void logged.push(JSON.parse(line).event) }, 'INFO');
  let broken = false;
  const insert = database.prepare('INSERT INTO marks VALUES (?)');
  const transactions: (string | undefined)[] = [];
  const journal = new Journal({
    clock,
    log,
    database: {
      ...database,
      transaction(work, safeFrom) {
        if (broken) throw new Error('disk full');
        transactions.push(safeFrom);
        return database.transaction(work, safeFrom);
      },
    },
  });
  return {
    journal,
    clock,
    logged,
    transactions,
    mark: (text: string) => () => void insert.run(text),
    marks: () =>
      database
        .prepare('SELECT mark FROM marks')
        .all()
        .map(({ mark }) => mark),
    breakDisk: (is: boolean) => {
      broken = is;
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('one turn is one transaction, and what follows is told afterwards, in order', async () => {
  const { journal, mark, marks, transactions } = startJournal();
  const told: string[] = [];
  journal.note(mark('a'));
  journal.commit(mark('b'), true, () => told.push(`b ${marks().length}`));
  journal.commit(null, false, () => told.push('nothing to write'));
  journal.commit(mark('c'), false, () => told.push('c'));
  assert.deepEqual(told, []);
  await turn();
  assert.deepEqual(
    [told, marks(), transactions],
    [['b 3', 'nothing to write', 'c'], ['a', 'b', 'c'], ['power_cut']],
  );
});

test('what has nothing to write and nobody to wait for is told at once', () => {
  const { journal, mark } = startJournal();
  const told: boolean[] = [];
  journal.note(mark('a'));
  journal.commit(null, false, (stored) => told.push(stored));
  assert.deepEqual(told, [true]);
});

test('notes alone need not outlive a power cut', async () => {
  const { journal, mark, transactions } = startJournal();
  journal.note(mark('a'));
  await turn();
  assert.deepEqual(transactions, ['crash']);
});

test('a full disk is told to those who wait; notes are written when it takes them again', async () => {
  const { journal, clock, mark, marks, logged, breakDisk } = startJournal();
  const told: boolean[] = [];
  breakDisk(true);
  journal.note(mark('note'));
  journal.commit(mark('commit'), true, (stored) => told.push(stored));
  journal.commit(null, false, (stored) => told.push(stored));
  await turn();
  assert.deepEqual([told, marks()], [[false, true], []]);
  clock.advance(1000);
  breakDisk(false);
  clock.advance(1000);
  assert.deepEqual([marks(), logged], [['note'], ['store_failed', 'store_recovered']]);
});

test('stop writes what waits', () => {
  const { journal, mark, marks } = startJournal();
  journal.note(mark('a'));
  journal.stop();
  assert.deepEqual(marks(), ['a']);
});
