import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessagesPage } from '../model/message-record.ts';
import type { Database } from '../store/database.ts';
import { openMemoryHistory } from '../store/history-database.ts';
import { HistoryStore } from './history-store.ts';
import { InputPieces } from './input-pieces.ts';
import { MessageBatch } from './message-batch.ts';
import type { Batch } from './protocol.ts';

const NOW = Date.UTC(2026, 0, 31, 10);
const reading = { receivedAt: NOW, steadyAt: NOW, retained: false, qos: 1, powerW: 5 } as const;

function stage() {
  const database = openMemoryHistory();
  const store = new HistoryStore(database);
  const batch = new MessageBatch();
  const pieces = new InputPieces();
  let [id, no] = [0, 0];
  const add = (topic: string, payload: string, measured = false) => {
    id += 1;
    const source = { topic, brokerId: 'main', direction: 'in', deviceId: null, measured } as const;
    const entry = { ...source, id, at: NOW, qos: 1, retain: false, payload: Buffer.from(payload) };
    return batch.add({ ...entry, properties: undefined });
  };
  const write = (list: Batch['pieces'] = []) => {
    no += 1;
    return store.carryOut({ kind: 'write', no, batch: { messages: batch.take(), pieces: list } }, NOW);
  };
  const payloads = (topic: string) => {
    assert.equal(store.settle(), null);
    const query = { topic, limit: 1000 };
    const told = store.carryOut({ kind: 'ask', no: 0, question: 'messages', query }, NOW);
    assert.equal(told.kind, 'answer');
    const { messages } = (told as { answer: MessagesPage }).answer;
    return messages.map(({ payload }) => Buffer.from(payload).toString());
  };
  return { database, store, pieces, add, write, payloads };
}

test('of a measured topic the last hundred stay exactly, of others all', () => {
  const { add, write, payloads } = stage();
  const sent: string[] = [];
  for (let i = 0; i < 1000; i++) {
    sent.push(String(i));
    add('power', String(i), true);
    add('log', String(i));
    if (i === 7 || i % 120 === 119) write();
  }
  write();
  const kept = payloads('power').toReversed();
  assert.ok(kept.length >= 100 && kept.length < 200, String(kept.length));
  assert.deepEqual(kept, sent.slice(-kept.length));
  assert.deepEqual(payloads('log').toReversed(), sent);
});

test('a flood of a measured topic between two writes leaves the last hundred', () => {
  const { add, write, payloads } = stage();
  for (let i = 0; i < 1000; i++) add('power', String(i), true);
  write();
  assert.deepEqual(
    payloads('power').toReversed(),
    Array.from({ length: 100 }, (_, i) => String(900 + i)),
  );
});

test('a batch is full when its room is used up', () => {
  const { add } = stage();
  const big = 'x'.repeat(65_536);
  assert.deepEqual(
    Array.from({ length: 17 }, () => add('log', big)),
    [...Array.from({ length: 16 }, () => true), false],
  );
  const { add: addSmall } = stage();
  let added = 0;
  while (addSmall('log', '')) added += 1;
  assert.equal(added, 4096);
});

/** Makes the table refuse what is written, as a full disk would. */
function refuse(database: Database, table: string): () => void {
  database.exec(`CREATE TRIGGER full BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
  return () => database.exec('DROP TRIGGER full');
}

test('readings that the disk does not take are told, and the next are written', () => {
  const { database, pieces, write } = stage();
  const mend = refuse(database, 'reading_chunks');
  pieces.add('mill', { kind: 'reading', reading }, NOW, NOW);
  assert.deepEqual(write(pieces.takeAll()), { kind: 'not_written', no: 1, message: 'disk full' });
  mend();
  pieces.beginAnew();
  pieces.add('mill', { kind: 'reading', reading }, NOW, NOW);
  assert.deepEqual(write(pieces.takeAll()), { kind: 'written', no: 2, inputsLost: 0 });
});

test('messages are held until they are due; what the disk does not take then is told, and the next are written', () => {
  const { database, store, add, write, payloads } = stage();
  const mend = refuse(database, 'messages');
  add('log', 'a');
  add('log', 'b');
  assert.deepEqual(write(), { kind: 'written', no: 1, inputsLost: 0 });
  assert.deepEqual(store.settle(), { kind: 'messages_lost', messages: 2, message: 'disk full' });
  mend();
  add('log', 'c');
  write();
  assert.deepEqual(payloads('log'), ['c']);
  assert.equal(store.isDue({ kind: 'write', no: 3, batch: { messages: null, pieces: [] } }), false);
  for (let i = 0; i < 30; i++) {
    for (let n = 0; n < 15; n++) add('log', 'x'.repeat(65_536));
    write();
  }
  assert.equal(store.isDue({ kind: 'write', no: 4, batch: { messages: null, pieces: [] } }), true);
});
