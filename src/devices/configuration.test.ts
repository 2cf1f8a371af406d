import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Configuration, Device, DeviceConfig } from '../model/device.ts';
import type { ValidationResult } from '../model/validation.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import type { ConfigurationRecord } from '../store/configurations.ts';
import { createDevices, type DeviceChange } from './configuration.ts';

type Plain = { device_id: string; name?: string; enabled?: boolean };

/** A validator as plain as can be: a list of plain devices is sound, anything else is not. */
function validate(input: unknown): ValidationResult {
  if (!Array.isArray(input)) return { ok: false, errors: [{ path: 'devices', message: 'must be a list' }] };
  const plain = input as Plain[];
  const deviceOf = ({ device_id, name }: Plain) => ({ deviceId: device_id, detector: { machineName: name } });
  return {
    ok: true,
    configuration: { devices: structuredClone(plain) as unknown as DeviceConfig[], version: 'v' },
    devices: plain.filter(({ enabled }) => enabled !== false).map(deviceOf) as unknown as Device[],
    warnings: [{ path: 'devices[0]', message: 'is doubtful' }],
  };
}

function setUp(
  overrides: {
    writeActive?: (configuration: Configuration) => Promise<{ path: string; bytes: number }>;
    recordConfiguration?: () => never;
  } = {},
) {
  const clock = new ManualClock();
  const events: Record<string, unknown>[] = [];
  const steps: string[] = [];
  const records: ConfigurationRecord[] = [];
  const changes: DeviceChange[] = [];
  const metrics = createMetrics();
  const devices = createDevices({
    validate(input) {
      steps.push('validate');
      return validate(input);
    },
    async writeActive(configuration) {
      steps.push('write');
      if (overrides.writeActive) return overrides.writeActive(configuration);
      clock.advance(7);
      return { path: '/data/config-active.yaml', bytes: 42 };
    },
    recordConfiguration(entry) {
      steps.push('record');
      overrides.recordConfiguration?.();
      records.push(entry);
      return { appliedAt: entry.source === 'start' ? 5 : entry.appliedAt };
    },
    onChange(change) {
      steps.push('change');
      changes.push(change);
    },
    clock,
    log: logTo({ write: (line) => events.push(JSON.parse(line)) }, 'DEBUG'),
    metrics,
  });
  return { devices, clock, events, steps, records, changes, metrics };
}

const idsOf = ({ added, updated, removed, devices }: DeviceChange) => ({
  added: added.map((device) => device.deviceId),
  updated: updated.map(({ after }) => after.deviceId),
  removed: removed.map((device) => device.deviceId),
  devices: [...devices.keys()],
});

test('before anything is applied there is nothing', () => {
  const { devices } = setUp();
  assert.deepEqual(devices.current(), { devices: [] });
  assert.equal(devices.lastUpdate(), null);
  assert.deepEqual(devices.counts(), { configured: 0, running: 0 });
});

test('applied: validated, written, recorded, compared, told, in this order', async () => {
  const { devices, clock, events, steps, records, changes, metrics } = setUp();
  const result = await devices.apply([{ device_id: 'a' }, { device_id: 'b', enabled: false }], 'push');
  assert.deepEqual(steps, ['validate', 'write', 'record', 'change']);
  assert.deepEqual(result, {
    status: 'applied',
    devicesConfigured: 2,
    added: ['a', 'b'],
    updated: [],
    removed: [],
    warnings: [{ path: 'devices[0]', message: 'is doubtful' }],
    appliedAt: clock.wallMs(),
  });
  assert.deepEqual(changes.map(idsOf), [{ added: ['a'], updated: [], removed: [], devices: ['a'] }]);
  assert.equal(devices.current().version, 'v');
  assert.equal(devices.lastUpdate(), clock.wallMs());
  assert.deepEqual(devices.counts(), { configured: 2, running: 1 });
  assert.equal((await metrics.devices.get()).values[0]?.value, 2);
  const body = '{"devices":[{"device_id":"a"},{"device_id":"b","enabled":false}],"version":"v"}';
  const digest = createHash('sha256')
    .update('[{"device_id":"a"},{"device_id":"b","enabled":false}]')
    .digest('hex');
  assert.deepEqual(records, [{ appliedAt: clock.wallMs(), source: 'push', digest, devices: 2, body }]);
  for (const event of events) delete event.timestamp;
  assert.deepEqual(events, [
    { level: 'info', event: 'config_persist', path: '/data/config-active.yaml', bytes: 42, ms: 7 },
    {
      level: 'info',
      event: 'config_received',
      source: 'push',
      devices: 2,
      added: 2,
      updated: 0,
      removed: 0,
      warnings: 1,
    },
  ]);
});

const A = { device_id: 'a', name: 'Mill' };
const B = { device_id: 'b', name: 'Saw' };
for (const { name, before, after, answer, told } of [
  { name: 'the same', before: [A, B], after: [A, B], answer: {}, told: {} },
  { name: 'the same in another order', before: [A, B], after: [B, A], answer: {}, told: {} },
  { name: 'a new one', before: [A], after: [A, B], answer: { added: ['b'] }, told: { added: ['b'] } },
  { name: 'one less', before: [A, B], after: [B], answer: { removed: ['a'] }, told: { removed: ['a'] } },
  {
    name: 'none left',
    before: [A, B],
    after: [],
    answer: { removed: ['a', 'b'] },
    told: { removed: ['a', 'b'] },
  },
  {
    name: 'another name only',
    before: [A, B],
    after: [A, { ...B, name: 'Big Saw' }],
    answer: { updated: ['b'] },
    told: { updated: ['b'] },
  },
  {
    name: 'disabled',
    before: [A],
    after: [{ ...A, enabled: false }],
    answer: { updated: ['a'] },
    told: { removed: ['a'] },
  },
  {
    name: 'enabled',
    before: [{ ...A, enabled: false }],
    after: [A],
    answer: { updated: ['a'] },
    told: { added: ['a'] },
  },
  {
    name: 'another id',
    before: [A],
    after: [B],
    answer: { added: ['b'], removed: ['a'] },
    told: { added: ['b'], removed: ['a'] },
  },
]) {
  test(`what changed: ${name}`, async () => {
    const { devices, changes } = setUp();
    await devices.apply(before, 'push');
    const result = await devices.apply(after, 'pull');
    assert.ok(result.status === 'applied');
    const { added, updated, removed } = result;
    const none = { added: [], updated: [], removed: [] };
    assert.deepEqual({ added, updated, removed }, { ...none, ...answer });
    const running = after.filter((device) => !('enabled' in device)).map((device) => device.device_id);
    assert.deepEqual(changes[1] && idsOf(changes[1]), { ...none, devices: running, ...told });
  });
}

test('an update tells what the device was and is', async () => {
  const { devices, changes } = setUp();
  await devices.apply([A], 'push');
  await devices.apply([{ ...A, name: 'New Mill' }], 'push');
  const [update] = changes[1]?.updated ?? [];
  assert.equal(update?.before.detector.machineName, 'Mill');
  assert.equal(update?.after.detector.machineName, 'New Mill');
});

test('invalid: nothing is written and nothing changes', async () => {
  const { devices, steps, events } = setUp();
  await devices.apply([A], 'push');
  const before = { current: devices.current(), at: devices.lastUpdate() };
  steps.length = 0;
  assert.deepEqual(await devices.apply('x', 'push'), {
    status: 'invalid',
    errors: [{ path: 'devices', message: 'must be a list' }],
  });
  assert.deepEqual(steps, ['validate']);
  assert.deepEqual({ current: devices.current(), at: devices.lastUpdate() }, before);
  assert.equal(events.at(-1)?.event, 'config_rejected');
});

test('failed: on a full disk the old one stays in force, and the next may succeed', async () => {
  let full = false;
  const { devices, changes, records, events } = setUp({
    async writeActive() {
      if (full) throw new Error('ENOSPC: no space left on device');
      return { path: 'p', bytes: 1 };
    },
  });
  await devices.apply([A], 'push');
  full = true;
  assert.deepEqual(await devices.apply([B], 'push'), {
    status: 'failed',
    reason: 'the configuration could not be written: ENOSPC: no space left on device',
  });
  assert.deepEqual(
    devices.current().devices.map((config) => config.device_id),
    ['a'],
  );
  assert.equal(changes.length, 1);
  assert.equal(records.length, 1);
  assert.equal(events.at(-1)?.event, 'config_persist_failed');
  full = false;
  assert.equal((await devices.apply([B], 'push')).status, 'applied');
});

test('what was read at the start is not written again, and keeps its time', async () => {
  const { devices, steps } = setUp();
  const result = await devices.apply([A], 'start');
  assert.deepEqual(steps, ['validate', 'record', 'change']);
  assert.equal(result.status === 'applied' && result.appliedAt, 5);
  assert.equal(devices.lastUpdate(), 5);
});

test('equal devices have one digest, whatever the labels', async () => {
  const { devices, records } = setUp();
  await devices.apply([A], 'push');
  await devices.apply([A], 'pull');
  await devices.apply([B], 'push');
  assert.equal(records[0]?.digest, records[1]?.digest);
  assert.notEqual(records[1]?.digest, records[2]?.digest);
});

test('a history that cannot be written is logged and hinders nothing', async () => {
  const { devices, clock, events, changes } = setUp({
    recordConfiguration() {
      throw new Error('database is full');
    },
  });
  const result = await devices.apply([A], 'push');
  assert.equal(result.status === 'applied' && result.appliedAt, clock.wallMs());
  assert.equal(changes.length, 1);
  const failure = events.find(({ event }) => event === 'config_record_failed');
  assert.equal(failure?.reason, 'database is full');
});
