import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceSummary } from '../../src/model/own-device.ts';
import { MachineBook } from './machine-book.ts';

const T0 = Date.UTC(2026, 0, 31, 10);
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

const machine = (id: string, more: Partial<DeviceSummary> = {}): DeviceSummary => ({
  device_id: id,
  machine_name: id.toUpperCase(),
  family: 'generic',
  state: 'idle',
  state_since: null,
  power_w: null,
  status: 'online',
  last_message_at: null,
  session: null,
  late_messages: 0,
  last_problem: null,
  source: 'managed',
  returns_to: null,
  enabled: true,
  approval: 'approved',
  running: true,
  ...more,
});
const session = { session_id: 'one', started_at: at(0), duration_s: 0, energy_kwh: 1 };

function book(...machines: DeviceSummary[]) {
  const made = new MachineBook();
  made.setAll(machines);
  made.listed();
  made.takeChanged();
  return made;
}

test('a reading changes its own machine and no list', () => {
  const made = book(machine('a'), machine('b'));
  const [list, b] = [made.listed(), made.one('b')];
  assert.equal(made.readings([{ device_id: 'a', at: at(1), power_w: 5 }]), true);
  assert.deepEqual(made.takeChanged(), { ids: new Set(['a']), isListChanged: false });
  assert.equal(made.one('a')?.power_w, 5);
  assert.equal(made.one('b'), b);
  assert.equal(made.listed(), list);
});

test('a reading without power keeps the power', () => {
  const made = book(machine('a', { power_w: 7, last_message_at: at(5) }));
  made.readings([{ device_id: 'a', at: at(6), voltage_v: 230 }]);
  assert.deepEqual([made.one('a')?.power_w, made.one('a')?.last_message_at], [7, at(6)]);
});

test('the energy of a session grows by the power that was held, and follows the bridge', () => {
  const made = book(machine('a', { state: 'working', power_w: 3600, last_message_at: at(0), session }));
  made.readings([{ device_id: 'a', at: at(10), power_w: 0 }]);
  assert.equal(made.one('a')?.session?.energy_kwh, 1.01);
  made.readings([{ device_id: 'a', at: at(20), power_w: 0 }]);
  assert.equal(made.one('a')?.session?.energy_kwh, 1.01);
  made.session({ device_id: 'a', session_id: 'one', change: 'heartbeat', energy_kwh: 1.5 } as never);
  assert.equal(made.one('a')?.session?.energy_kwh, 1.5);
  made.session({ device_id: 'a', session_id: 'other', change: 'closed', energy_kwh: 1 } as never);
  assert.ok(made.one('a')?.session);
  made.session({ device_id: 'a', session_id: 'one', change: 'closed', energy_kwh: 1.5 } as never);
  assert.equal(made.one('a')?.session, null);
});

test('a change of state changes the list; machines beside it stay the same in it', () => {
  const made = book(machine('a'), machine('b'));
  const [, b] = made.listed();
  const now = machine('a', { state: 'working' });
  made.state({ device_id: 'a', at: at(1), from: 'idle', to: 'working', machine: now });
  assert.equal(made.takeChanged().isListChanged, true);
  assert.equal(made.listed()[0]?.shown, 'working');
  assert.equal(made.listed()[1], b);
});

test('an idle machine that goes offline is shown so', () => {
  const made = book(machine('a'));
  const event = { device_id: 'a', event_uid: 'u', event_type: 'device_offline', at: at(1) } as const;
  made.event({ ...event, state: 'delivered' });
  assert.equal(made.listed()[0]?.shown, 'idle');
  made.event({ ...event, state: 'pending' });
  assert.equal(made.listed()[0]?.shown, 'offline');
});

test('fetching the same again changes no machine; who is gone is told', () => {
  const made = book(machine('a'), machine('b'));
  const a = made.one('a');
  made.setAll([machine('a')]);
  assert.equal(made.one('a'), a);
  assert.deepEqual(made.takeChanged().ids, new Set(['b']));
  assert.deepEqual(
    made.listed().map(({ device_id }) => device_id),
    ['a'],
  );
});

test('a device that is not known is told of', () => {
  assert.equal(book(machine('a')).readings([{ device_id: 'new', at: at(1), power_w: 1 }]), false);
});
