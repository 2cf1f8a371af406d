import type { DeviceConfig } from '../model/device.ts';
import { diffOf } from './device-diff.ts';

/** A field by its path, such as `session_config.stop_debounce_s`; undefined: it was not said. */
export type FieldChange = { path: string; before: unknown; after: unknown };

/** What differs between two sets of devices. */
export type ConfigurationDiff = {
  added: DeviceConfig[];
  removed: DeviceConfig[];
  changed: { after: DeviceConfig; fields: FieldChange[] }[];
  unchanged: number;
};

/** The values of a device by path. Lists are values: who changes one writes it anew. */
export function fieldsOf(value: object, prefix = ''): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, inner] of Object.entries(value)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      for (const [innerPath, leaf] of fieldsOf(inner, path)) fields.set(innerPath, leaf);
    } else fields.set(path, inner);
  }
  return fields;
}

function fieldChanges(before: DeviceConfig, after: DeviceConfig): FieldChange[] {
  const old = fieldsOf(before);
  const fresh = fieldsOf(after);
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .map((path) => ({ path, before: old.get(path), after: fresh.get(path) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

const byId = (devices: readonly DeviceConfig[]) =>
  new Map(devices.map((device) => [device.device_id, device]));

/** Compares the devices of two configurations, field by field. */
export function configurationDiff(
  before: readonly DeviceConfig[],
  after: readonly DeviceConfig[],
): ConfigurationDiff {
  const { added, updated, removed } = diffOf(byId(before), byId(after));
  return {
    added,
    removed,
    changed: updated.map((pair) => ({ after: pair.after, fields: fieldChanges(pair.before, pair.after) })),
    unchanged: after.length - added.length - updated.length,
  };
}
