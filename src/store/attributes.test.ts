import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AttributeChange, attributesOf } from '../model/attribute.ts';
import { attributesTable } from './attributes.ts';
import { openMemoryDatabase } from './database.ts';

const ABOUT = { deviceId: 'lathe', scope: 'device', retained: false } as const;

function change(key: string, value: unknown, at = 0, more: Partial<AttributeChange> = {}): AttributeChange {
  const text = value === null ? null : JSON.stringify(value);
  return { ...ABOUT, key, type: 'LONG', value: text, at, ...more };
}

function table(history = true) {
  const database = openMemoryDatabase();
  const rows = () => Number(database.prepare('SELECT count(*) AS n FROM attribute_history').get()?.n);
  return { ...attributesTable(database, { history }), rows };
}

const MESSAGES: [name: string, input: unknown, expected: string][] = [
  ['text', 'x', 'the attributes must be a JSON object, each key an attribute'],
  ['a list', [1], 'the attributes must be a JSON object, each key an attribute'],
  ['null', null, 'the attributes must be a JSON object, each key an attribute'],
  [
    'too many',
    Object.fromEntries(Array.from({ length: 257 }, (_, i) => [i, i])),
    '257 attributes in one message, more than 256',
  ],
  [
    'the types',
    { s: 'a', l: 1, d: 0.5, e: 1e300, b: false, j: [1], o: {}, n: null },
    'STR LONG DBL DBL BOOL JSON JSON JSON',
  ],
  ['no key', { '': 1, a: 1 }, 'LONG; left out: a key is empty'],
  [
    'a long key',
    { ['k'.repeat(129)]: 1, ['k'.repeat(128)]: 1 },
    'LONG; left out: a key has more than 128 characters',
  ],
  ['an odd key', { 'a\nb': 1, '\ud800': 1 }, '; left out: a key has control characters'],
  [
    'a long value',
    { a: 'x'.repeat(16_383), b: 'x'.repeat(16_382) },
    'STR; left out: the value of a has more than 16384 bytes',
  ],
  ['a prototype', JSON.parse('{"__proto__": 1, "constructor": 2}'), 'LONG LONG'],
];
for (const [name, input, expected] of MESSAGES) {
  test(`attributes in a message: ${name}`, () => {
    const outcome = attributesOf(input, { ...ABOUT, at: 0 });
    const said =
      'fault' in outcome
        ? outcome.fault
        : outcome.changes.map(({ type }) => type).join(' ') + (outcome.problem ? `; ${outcome.problem}` : '');
    assert.equal(said, expected);
  });
}

test('the newest values are listed, former ones newest first, deleted ones not', () => {
  const attributes = table();
  attributes.record([change('a', 1, 1), change('a', 2, 2), change('b', 1, 3), change('b', null, 4)]);
  attributes.record([change('a', 9, 5, { scope: 'server' }), change('c', null, 6)]);
  assert.deepEqual(
    attributes.list('lathe').map(({ key, scope, value }) => [key, scope, value]),
    [
      ['a', 'device', 2],
      ['a', 'server', 9],
    ],
  );
  const past = (key: string) => attributes.past('lathe', key, 'device', 10).map(({ value }) => value);
  assert.deepEqual([past('a'), past('b'), past('c')], [[2, 1], [null, 1], []]);
  assert.deepEqual(attributes.list('saw'), []);
});

test('a thousand former values are kept of a key, also of one that comes and goes', () => {
  for (const values of [(i: number) => i, (i: number) => (i % 2 === 0 ? i : null)]) {
    const attributes = table();
    for (let i = 0; i < 3000; i++) attributes.record([change('a', values(i), i)]);
    assert.ok(attributes.rows() >= 1000 && attributes.rows() <= 1100, String(attributes.rows()));
    assert.equal(attributes.past('lathe', 'a', 'device', 5000)[0]?.at, new Date(2999).toISOString());
  }
});

test('a device has at most a thousand keys, deleted ones counted while their history lasts', () => {
  const attributes = table();
  for (let i = 0; i < 1000; i++) attributes.record([change(`k${i}`, i, 5)]);
  attributes.record([change('k0', null, 6)]);
  assert.deepEqual(attributes.record([change('new', 1, 7)]).leftOut, [change('new', 1, 7)]);
  assert.deepEqual(attributes.record([change('k1', 2, 7)]), {
    news: [{ ...change('k1', 2, 7), previous: '1' }],
    leftOut: [],
  });
  assert.equal(attributes.prune(7, 5000), 1001);
  assert.deepEqual(attributes.record([change('new', 1, 8)]).leftOut, []);
});

test('a replay of what is known is no news, and without history nothing is remembered', () => {
  const attributes = table();
  attributes.record([change('a', 1, 1), change('a', 1, 2, { retained: true })]);
  assert.equal(attributes.rows(), 1);
  const forgetful = table(false);
  forgetful.record([change('a', 1), change('a', 2)]);
  assert.deepEqual([forgetful.rows(), forgetful.list('lathe')[0]?.value], [0, 2]);
});
