import type { Device, DeviceConfig } from '../model/device.ts';
import { issueWords } from '../model/issue-words.ts';
import { type Override, type OwnConfig, type OwnDevice, ownConfigSchema } from '../model/own-device.ts';
import type { Finding } from '../model/validation.ts';
import { fieldsOf, withFields } from './overrides.ts';

/** A device's configuration as it was checked. */
export type Resolved = { ok: true; config: DeviceConfig; device: Device } | { ok: false; errors: Finding[] };
/** Checks one device of a configuration, whatever it is. */
export type Resolve = (config: unknown) => Resolved;

export type CheckedOwn = { ok: true; config: OwnConfig; device: Device } | { ok: false; errors: Finding[] };

/** Stands for the topic of a device that has none: all else about it must be sound. */
const NO_TOPIC = 'messages';

function findingsOf(issues: readonly { path: PropertyKey[]; message: string }[]): Finding[] {
  return issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
}

/** Checks the configuration of a device that is made here. */
export function checkOwn(resolve: Resolve, deviceId: string, input: unknown): CheckedOwn {
  const parsed = ownConfigSchema.safeParse(input, { error: issueWords });
  if (!parsed.success) return { ok: false, errors: findingsOf(parsed.error.issues) };
  const config = parsed.data;
  const resolved = resolve({ ...config, device_id: deviceId, mqtt_topic: config.mqtt_topic ?? NO_TOPIC });
  return resolved.ok ? { ok: true, config, device: resolved.device } : resolved;
}

/** The resolved device when it is to run; null: disabled, not approved or without a topic. */
export function runningOwn(resolve: Resolve, { deviceId, config, approval }: OwnDevice): Device | null {
  if (!config.enabled || approval !== 'approved' || config.mqtt_topic === undefined) return null;
  const checked = checkOwn(resolve, deviceId, config);
  return checked.ok ? checked.device : null;
}

/** The configuration with what was changed here on top. */
export function withOverrides(config: DeviceConfig, overrides: readonly Override[]): unknown {
  return withFields(
    config,
    overrides.map(({ field, value }) => [field, value] as const),
  );
}

/** The fields of a change that no device has. */
export function unknownFields(patch: Record<string, unknown>): Finding[] {
  const checked = ownConfigSchema.safeParse(withFields({}, fieldsOf(patch)));
  const issues = checked.success ? [] : checked.error.issues;
  return findingsOf(issues.filter(({ code }) => code === 'unrecognized_keys'));
}
