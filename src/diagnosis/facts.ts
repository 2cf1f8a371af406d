import type { Device } from '../model/device.ts';
import type { DeviceSummary } from '../model/own-device.ts';
import type { ServiceReport } from '../model/service.ts';
import type { LinkStatus } from '../mqtt/link.ts';
import type { CourierStatus } from '../outbox/courier-mode.ts';

/** A device that runs as a machine, and how its last days were. */
export type DiagnosedMachine = {
  summary: Pick<DeviceSummary, 'device_id' | 'machine_name' | 'last_message_at' | 'power_w' | 'last_problem'>;
  device: Pick<Device, 'parser' | 'detector' | 'parserType'>;
  /** How often such a device reports at the latest; null: on change only. */
  reportIntervalMs: number | null;
  /** Its sessions of the last days; `openSince`: ms since the epoch. */
  lately: { sessions: number; timeouts: number; openSince: number | null };
  /** The highest power of these days; null: not known, or not needed as there were sessions. */
  highestW: number | null;
};

/** Everything the diagnosis is made from; times in ms since the epoch. */
export type DiagnosisFacts = {
  nowMs: number;
  upForMs: number;
  /** How far the wall clock was stepped since the start. */
  clockSteppedMs: number;
  service: Pick<ServiceReport, 'status' | 'reason'>;
  /** null: no network broker is used. */
  link: LinkStatus | null;
  embedded: { listening: boolean } | null;
  further: ReadonlyMap<string, LinkStatus>;
  courier: CourierStatus | null;
  pending: number;
  parked: number;
  lastMessageAt: number | null;
  /** When the newest session in the database began. */
  newestRecordAt: number | null;
  /** Devices in all, those that do not run included. */
  devices: number;
  machines: readonly DiagnosedMachine[];
  /** Topics that were heard and that no machine listens to. */
  strayTopics: readonly string[];
  /** null: cannot be told here. */
  freeBytes: number | null;
  isWritable: boolean;
  canCommit: boolean;
  dataDir: string;
  historyRestarts: number;
  historyDropped: number;
};

/** What a check found; the words come from `case` and `parameters`. */
export type Finding = {
  status: 'ok' | 'warning' | 'fault' | 'not_applicable';
  case: string;
  parameters?: Record<string, string | number>;
  subjects?: Subject[];
};
export type Subject = { device_id: string | null; name: string; note?: string; similar?: string[] };
export type CheckOf = (facts: DiagnosisFacts) => Finding;

export const OK: Finding = { status: 'ok', case: 'ok' };
export const NOT_APPLICABLE: Finding = { status: 'not_applicable', case: 'not_applicable' };

export const subjectOf = ({ summary }: DiagnosedMachine, note = '', similar: string[] = []): Subject => ({
  device_id: summary.device_id,
  name: summary.machine_name,
  note,
  similar,
});
