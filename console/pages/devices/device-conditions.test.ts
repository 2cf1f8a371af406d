import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceSummary } from '../../../src/model/own-device.ts';
import { type Condition, conditionOf, counted, filtered, NO_FILTER } from './device-conditions.ts';

const DEVICE: DeviceSummary = {
  device_id: 'mill-1',
  machine_name: 'CNC mill',
  family: 'tasmota',
  state: 'idle',
  power_w: null,
  status: 'online',
  last_message_at: null,
  session: null,
  late_messages: 0,
  last_problem: null,
  source: 'console',
  returns_to: null,
  enabled: true,
  approval: 'approved',
  running: true,
} as DeviceSummary;

const CASES: [change: Partial<DeviceSummary>, condition: Condition][] = [
  [{}, 'online'],
  [{ status: 'offline' }, 'offline'],
  [{ status: 'unknown' }, 'unheard'],
  [{ running: false }, 'no_topic'],
  [{ running: false, enabled: false }, 'disabled'],
  [{ running: false, enabled: false, approval: 'pending' }, 'pending'],
  [{ running: false, approval: 'rejected' }, 'rejected'],
];
for (const [change, condition] of CASES) {
  test(`${JSON.stringify(change)} is ${condition}`, () => {
    assert.equal(conditionOf({ ...DEVICE, ...change }), condition);
  });
}

test('filters add up, search looks at name and id', () => {
  const saw = { ...DEVICE, device_id: 'saw', machine_name: 'Säge', source: 'managed' as const, family: null };
  const ids = (change: Partial<typeof NO_FILTER>) =>
    filtered([DEVICE, saw], { ...NO_FILTER, ...change }).map(({ device_id: id }) => id);
  assert.deepEqual(ids({}), ['mill-1', 'saw']);
  assert.deepEqual(ids({ search: ' MILL' }), ['mill-1']);
  assert.deepEqual(ids({ search: 'säg' }), ['saw']);
  assert.deepEqual(ids({ source: 'managed' }), ['saw']);
  assert.deepEqual(ids({ source: 'managed', search: 'mill' }), []);
  assert.deepEqual(ids({ family: 'tasmota' }), ['mill-1']);
  assert.deepEqual(ids({ condition: 'offline' }), []);
});

test('counts leave out what has no word', () => {
  assert.deepEqual(
    [...counted([DEVICE, { ...DEVICE, family: null }], (one) => one.family)],
    [['tasmota', 1]],
  );
});
