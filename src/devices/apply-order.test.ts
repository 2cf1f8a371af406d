import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device, DeviceConfig } from '../model/device.ts';
import { logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDevices, type DevicesDependencies } from './configuration.ts';

type Plain = { device_id: string };
const A = { device_id: 'a' };
const B = { device_id: 'b' };

function setUp(overrides: Partial<Pick<DevicesDependencies, 'writeActive' | 'onChange'>> = {}) {
  const steps: string[] = [];
  const running: string[][] = [];
  const { writeActive = async () => ({ path: 'p', bytes: 1 }), onChange } = overrides;
  const devices = createDevices({
    validate(input) {
      steps.push('validate');
      if (!Array.isArray(input)) return { ok: false, errors: [] };
      const plain = input as Plain[];
      return {
        ok: true,
        configuration: { devices: plain as DeviceConfig[] },
        devices: plain.map(({ device_id }) => ({ deviceId: device_id }) as Device),
        warnings: [],
      };
    },
    writeActive(configuration) {
      steps.push('write');
      return writeActive(configuration);
    },
    recordConfiguration: ({ appliedAt }) => ({ appliedAt }),
    onChange(change) {
      steps.push('change');
      running.push([...change.devices.keys()]);
      onChange?.(change);
    },
    clock: new ManualClock(),
    log: logTo({ write: () => undefined }, 'ERROR'),
    metrics: createMetrics(),
  });
  return { devices, steps, running };
}

test('two at once run one after the other, in the order they came', async () => {
  const releases: (() => void)[] = [];
  const { devices, steps, running } = setUp({
    writeActive: () =>
      new Promise((resolve) => {
        releases.push(() => resolve({ path: 'p', bytes: 1 }));
      }),
  });
  const first = devices.apply([A], 'push');
  const bad = devices.apply('x', 'push');
  const second = devices.apply([B], 'push');
  const release = async () => {
    while (releases.length === 0) await new Promise(setImmediate);
    releases.shift()?.();
  };
  await release();
  assert.equal((await first).status, 'applied');
  assert.equal((await bad).status, 'invalid');
  await release();
  const result = await second;
  assert.deepEqual(result.status === 'applied' && [result.added, result.removed], [['b'], ['a']]);
  assert.deepEqual(steps, ['validate', 'write', 'change', 'validate', 'validate', 'write', 'change']);
  assert.deepEqual(running, [['a'], ['b']]);
});

test('no more than 16 wait', async () => {
  const { devices } = setUp();
  const results = await Promise.all(Array.from({ length: 17 }, () => devices.apply([A], 'push')));
  assert.deepEqual(
    results.map(({ status }) => status),
    [...Array.from({ length: 16 }, () => 'applied'), 'failed'],
  );
  assert.equal((await devices.apply([B], 'push')).status, 'applied');
});

test('a programmer error in a listener reaches the caller and does not block the next', async () => {
  let broken = true;
  const { devices } = setUp({
    onChange() {
      if (broken) throw new TypeError('bug');
    },
  });
  await assert.rejects(devices.apply([A], 'push'), TypeError);
  broken = false;
  assert.equal((await devices.apply([B], 'push')).status, 'applied');
});
