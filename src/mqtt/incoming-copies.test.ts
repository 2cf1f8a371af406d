import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IPublishPacket } from 'mqtt';
import type { WantedSubscription } from '../model/subscription.ts';
import { FilterPlanner } from './filter-cover.ts';
import { IncomingCopies } from './incoming-copies.ts';

type Came = { topic?: string; payload: string; marks?: number | number[]; atMs?: number; stored?: boolean };

const A = 268_435_455;
const B = A - 1;
const OVERLAP = ['a/+/c', 'a/b/+'];

function packet({ topic = 'a/b/c', payload, marks, stored = false }: Came): IPublishPacket {
  return {
    cmd: 'publish',
    qos: 1,
    dup: false,
    retain: stored,
    topic,
    payload: Buffer.from(payload),
    ...(marks !== undefined && { properties: { subscriptionIdentifier: marks } }),
  };
}

/** Copies under the plan for `filters`, on MQTT 5 or on 3.1.1. */
function copiesFor(marked: boolean, filters = OVERLAP): IncomingCopies {
  const copies = new IncomingCopies();
  const wanted: WantedSubscription[] = filters.map((filter) => ({ filter, qos: 1 }));
  const ability = {
    protocolVersion: marked ? 5 : 4,
    identifiers: marked,
    refused: new Set<string>(),
  } as const;
  copies.follow(new FilterPlanner().plan(wanted, ability), marked);
  return copies;
}

/** What was taken of `came`, each as its payload. */
const taken = (copies: IncomingCopies, came: readonly Came[]) =>
  came
    .filter((one) => copies.take(packet(one), one.atMs ?? 0) !== null)
    .map(({ payload }) => payload)
    .join(' ');

const each = (text: string, more: Omit<Came, 'payload'> = {}): Came[] =>
  text.split(' ').map((payload) => Object.assign({ payload }, more));
const twice = (text: string, marks?: [number, number]): Came[] =>
  text.split(' ').flatMap((payload) => [
    { payload, ...(marks && { marks: marks[0] }) },
    { payload, ...(marks && { marks: marks[1] }) },
  ]);

const rows: { name: string; marked: boolean; came: Came[]; expected: string }[] = [
  { name: 'a copy per filter', marked: true, came: twice('x y x', [A, B]), expected: 'x y x' },
  { name: 'true repeats', marked: true, came: twice('x x x', [A, B]), expected: 'x x x' },
  {
    name: 'repeats whose copies come later',
    marked: true,
    came: [...each('x x', { marks: A }), ...each('x x', { marks: B })],
    expected: 'x x',
  },
  {
    name: 'one copy with all marks',
    marked: true,
    came: each('x x y', { marks: [A, B] }),
    expected: 'x x y',
  },
  { name: 'one copy with one mark', marked: true, came: each('x x y', { marks: B }), expected: 'x x y' },
  {
    name: 'one filter the broker does not mark',
    marked: true,
    came: [{ payload: 'x' }, { payload: 'x', marks: B }, { payload: 'x', marks: B }, { payload: 'x' }],
    expected: 'x x',
  },
  {
    name: 'backlog that one filter alone brought',
    marked: true,
    came: each('x y y', { marks: B }),
    expected: 'x y y',
  },
  {
    name: 'what is stored, once for all filters',
    marked: true,
    came: [
      { payload: 's', stored: true, marks: A },
      { payload: 'x', marks: A },
      { payload: 'x', marks: B },
      { payload: 's', stored: true, marks: B, atMs: 5000 },
    ],
    expected: 's x',
  },
  { name: 'a copy per filter', marked: false, came: twice('x y x'), expected: 'x y x' },
  { name: 'true repeats among copies', marked: false, came: twice('x x y y y'), expected: 'x x y y y' },
  { name: 'one copy', marked: false, came: each('x y y z z z'), expected: 'x y y z z z' },
  {
    name: 'equal messages far apart',
    marked: false,
    came: [0, 1000, 2000].flatMap((atMs) => each('x x', { atMs })),
    expected: 'x x x',
  },
  {
    name: 'a copy that got lost loses no message',
    marked: false,
    came: [...twice('x y'), ...each('z'), ...twice('x y')],
    expected: 'x y z x y',
  },
  {
    name: 'a broker that turns out to send one copy',
    marked: false,
    came: [...each('x y'), ...each('x x x', { atMs: 10 })],
    expected: 'x y x x x',
  },
];

for (const { name, marked, came, expected } of rows) {
  test(`overlapping filters, MQTT ${marked ? '5' : '3.1.1'}: ${name}`, () => {
    assert.equal(taken(copiesFor(marked), came), expected);
  });
}

test('topics without overlap are taken as they come, and what nobody wants is not', () => {
  for (const marked of [true, false]) {
    const copies = copiesFor(marked);
    assert.equal(taken(copies, each('x x x', { topic: 'a/z/c' })), 'x x x');
    assert.equal(taken(copies, each('x', { topic: 'a/b/c/d' })), '');
    assert.equal(taken(copies, each('x', { topic: 'a/b' })), '');
  }
});

test('a new connection brings what is stored again', () => {
  const copies = copiesFor(true);
  const stored = each('s s', { stored: true, marks: A });
  assert.equal(taken(copies, stored), 's');
  copies.forget();
  assert.equal(taken(copies, stored), 's');
});

test('messages carry the identifiers people chose, whichever filter brought them', () => {
  const copies = new IncomingCopies();
  const wanted: WantedSubscription[] = [
    { filter: 'a/#', qos: 1 },
    { filter: 'a/b', qos: 1, identifier: 4 },
    { filter: 'a/+', qos: 1, identifier: 9 },
  ];
  const ability = { protocolVersion: 5, identifiers: true, refused: new Set<string>() } as const;
  copies.follow(new FilterPlanner().plan(wanted, ability), true);
  const view = copies.take(packet({ topic: 'a/b', payload: 'x' }), 0);
  assert.deepEqual(view?.identifiers?.sort(), [4, 9]);
  assert.equal(copies.take(packet({ topic: 'a/b/c', payload: 'x' }), 0)?.identifiers, null);
});

test('a plan that changes between two copies makes no message of the second', () => {
  for (const marked of [true, false]) {
    const copies = new IncomingCopies();
    const planner = new FilterPlanner();
    const follow = (...filters: string[]) => {
      const wanted: WantedSubscription[] = filters.map((filter) => ({ filter, qos: 1 }));
      const ability = {
        protocolVersion: marked ? 5 : 4,
        identifiers: marked,
        refused: new Set<string>(),
      } as const;
      copies.follow(planner.plan(wanted, ability), marked);
    };
    const [first = { payload: '' }, second = { payload: '' }] = twice('x', marked ? [A, B] : undefined);
    follow(...OVERLAP);
    assert.equal(taken(copies, [first]), 'x');
    follow(...OVERLAP, 'answer/1');
    follow(...OVERLAP);
    assert.equal(taken(copies, [second]), '');
  }
});
