import type { Device, DeviceConfig } from '../model/device.ts';
import type { Approval, Override, OwnConfig, OwnDevice, Source } from '../model/own-device.ts';

/** A device as the registry knows it. */
export type Entry = {
  deviceId: string;
  source: Source;
  /** What it is without the configuration; null: then it is gone. */
  own: OwnDevice | null;
  /** As the configuration says; null: it says nothing. */
  configured: DeviceConfig | null;
  overrides: readonly Override[];
  /** In force. */
  config: OwnConfig | DeviceConfig;
  /** Resolved, when it may run; null: disabled, not approved or without a topic. */
  device: Device | null;
};

export function approvalOf({ source, own }: Entry): Approval {
  return source === 'managed' || !own ? 'approved' : own.approval;
}

/** Whether an id can be a level of a topic; what is none never gets rights at a broker. */
export function isPlainLevel(id: string): boolean {
  return /^(?!\$)[^/+#\p{Cc}]+$/u.test(id);
}

/** Why a device may not connect, or null when it may. */
export function refusalOf(entry: Entry): string | null {
  if (!entry.config.enabled) return 'the device is disabled';
  const approval = approvalOf(entry);
  if (approval !== 'approved') return `the device is not approved (${approval})`;
  return isPlainLevel(entry.deviceId) ? null : 'the device id cannot be part of a topic';
}

/** Topics of others: a device's own configuration must not open them. */
export function isReserved(filter: string): boolean {
  return /^(\$|\/?(messages|provision)(\/|$))/.test(filter);
}

/** Whether two filters of literal levels with at most a final `#` can match one topic. */
export function overlap(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short === long) return true;
  const stem = (filter: string) => (filter.endsWith('/#') ? filter.slice(0, -2) : null);
  const under = (inner: string, outer: string | null) =>
    outer !== null && (inner === outer || inner.startsWith(`${outer}/`));
  return under(stem(long) ?? long, stem(short)) || under(stem(short) ?? short, stem(long));
}
