import type { DeviceSummary } from '../../../src/model/own-device.ts';

/** How it stands with a device in one word; each has exactly one. */
export const CONDITIONS = [
  'online',
  'offline',
  'unheard',
  'pending',
  'rejected',
  'disabled',
  'no_topic',
] as const;
export type Condition = (typeof CONDITIONS)[number];

export function conditionOf({ approval, enabled, running, status }: DeviceSummary): Condition {
  if (approval !== 'approved') return approval;
  if (!enabled) return 'disabled';
  if (!running) return 'no_topic';
  return status === 'unknown' ? 'unheard' : status;
}

export type DeviceFilter = {
  search: string;
  source: DeviceSummary['source'] | '';
  condition: Condition | '';
  family: string;
};
export const NO_FILTER: DeviceFilter = { search: '', source: '', condition: '', family: '' };

export function filtered(devices: readonly DeviceSummary[], filter: DeviceFilter): DeviceSummary[] {
  const wanted = filter.search.trim().toLowerCase();
  return devices.filter(
    (one) =>
      (filter.source === '' || one.source === filter.source) &&
      (filter.condition === '' || conditionOf(one) === filter.condition) &&
      (filter.family === '' || one.family === filter.family) &&
      (wanted === '' ||
        one.machine_name.toLowerCase().includes(wanted) ||
        one.device_id.toLowerCase().includes(wanted)),
  );
}

/** How many there are of each. */
export function counted<T extends string>(
  devices: readonly DeviceSummary[],
  wordOf: (device: DeviceSummary) => T | null,
): Map<T, number> {
  const counts = new Map<T, number>();
  for (const device of devices) {
    const word = wordOf(device);
    if (word !== null) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}
