import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedMachine } from '../../api/machine-book.ts';
import { countStates, inOrder, orderBy } from './tile-list.ts';

const listed = (device_id: string, machine_name: string, shown: ListedMachine['shown']): ListedMachine => ({
  device_id,
  machine_name,
  shown,
  running: true,
});
const MACHINES = [
  listed('a', 'Mill 10', 'idle'),
  listed('b', 'Mill 2', 'working'),
  listed('c', 'Äxte', 'offline'),
  listed('d', 'Lathe', 'working'),
];
const POWERS: Record<string, number | null> = { a: 1, b: null, c: null, d: 500 };
const sorted = (sort: Parameters<typeof orderBy>[0], machines = MACHINES) =>
  inOrder(
    machines,
    orderBy(sort, MACHINES, (id) => POWERS[id] ?? null, 'de'),
  ).map(({ device_id }) => device_id);

test('sorting: as configured, by name as people count, by state, by power', () => {
  assert.deepEqual(sorted('configured'), ['a', 'b', 'c', 'd']);
  assert.deepEqual(sorted('name'), ['c', 'd', 'b', 'a']);
  assert.deepEqual(sorted('state'), ['d', 'b', 'a', 'c']);
  assert.deepEqual(sorted('power'), ['d', 'a', 'c', 'b']);
});

test('the order stays when machines change; new ones come last', () => {
  const later = [
    listed('e', 'Aa', 'working'),
    ...MACHINES.map((one) => ({ ...one, shown: 'idle' as const })),
  ];
  assert.deepEqual(sorted('state', later), ['d', 'b', 'a', 'c', 'e']);
});

test('states are counted', () => {
  assert.deepEqual(countStates(MACHINES), {
    working: 2,
    standby: 0,
    starting: 0,
    stopping: 0,
    idle: 1,
    offline: 1,
  });
});
