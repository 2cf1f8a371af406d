import { createHash } from 'node:crypto';
import type { Configuration, Device, DeviceConfig } from '../model/device.ts';
import type { Finding, ValidationResult } from '../model/validation.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { ConfigurationRecord } from '../store/configurations.ts';
import { type Diff, diffOf } from './device-diff.ts';

/** Configurations that may wait for their turn; each may be as large as a request body. */
const WAITING_MAX = 16;

/** Where a configuration came from. `start`: the one in force, read again; `restore`: one of the history. */
export type ApplySource = 'file' | 'push' | 'pull' | 'start' | 'restore';

/**
 * What became of a configuration that was handed in.
 * - applied: it is on disk and in force; the ids of what changed.
 * - invalid: it has faults, and nothing changed.
 * - failed: it is sound but could not be kept (disk full), and nothing changed.
 */
export type ApplyResult =
  | {
      status: 'applied';
      devicesConfigured: number;
      added: string[];
      updated: string[];
      removed: string[];
      warnings: Finding[];
      /** ms since the epoch */
      appliedAt: number;
    }
  | { status: 'invalid'; errors: Finding[] }
  | { status: 'failed'; reason: string };

/** What changed among the devices that run; `devices` are all of them now, in the order of the configuration. */
export type DeviceChange = Diff<Device> & {
  devices: ReadonlyMap<string, Device>;
  /** As configured, disabled ones included. */
  configs: ReadonlyMap<string, DeviceConfig>;
};

export type DevicesDependencies = {
  validate(input: unknown): ValidationResult;
  /** Puts a configuration on disk; rejects when it cannot, leaving the old one. */
  writeActive(configuration: Configuration): Promise<{ path: string; bytes: number }>;
  recordConfiguration(entry: ConfigurationRecord): { appliedAt: number };
  /** Called after every applied configuration, also when nothing changed. */
  onChange(change: DeviceChange): void;
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, 'devices'>;
};

export type Devices = {
  /** Applies a configuration, all or nothing. Several at once are applied one after the other. */
  apply(input: unknown, source: ApplySource): Promise<ApplyResult>;
  /** The configuration in force, as it was written, defaults filled in. */
  current(): Configuration;
  /** What tells its devices from other ones in the history; null: none was applied. */
  digest(): string | null;
  /** When it was last applied, ms since the epoch; null: never. */
  lastUpdate(): number | null;
  /** Devices in the configuration, and those of them that run. */
  counts(): { configured: number; running: number };
};

type Valid = Extract<ValidationResult, { ok: true }>;

/** The one way in which the set of devices changes: validate, write, record, compare, tell. */
export function createDevices(deps: DevicesDependencies): Devices {
  let current: Configuration = { devices: [] };
  let configured: ReadonlyMap<string, DeviceConfig> = new Map();
  let running: ReadonlyMap<string, Device> = new Map();
  let lastUpdate: number | null = null;
  let digest: string | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  /** Puts a validated configuration in force in memory and tells what changed. */
  function enact({ configuration, devices }: Valid): Diff<DeviceConfig> {
    const configs = new Map(configuration.devices.map((config) => [config.device_id, config]));
    const fresh = new Map(devices.map((device) => [device.deviceId, device]));
    const configDiff = diffOf(configured, configs);
    const change = { ...diffOf(running, fresh), devices: fresh, configs };
    current = configuration;
    configured = configs;
    running = fresh;
    deps.metrics.devices.set(configs.size);
    deps.onChange(change);
    return configDiff;
  }

  async function applyNow(input: unknown, source: ApplySource): Promise<ApplyResult> {
    const validation = deps.validate(input);
    if (!validation.ok) {
      const { errors } = validation;
      deps.log.warning('config_rejected', { source, errors: errors.length, first: errors[0] });
      return { status: 'invalid', errors };
    }
    const failure = await persist(deps, validation.configuration, source);
    if (failure !== null) return { status: 'failed', reason: failure };
    digest = digestOf(validation.configuration);
    lastUpdate = record(deps, validation.configuration, digest, source);
    return tell(deps, source, validation, enact(validation), lastUpdate);
  }

  return {
    async apply(input, source) {
      if (waiting >= WAITING_MAX) {
        return { status: 'failed', reason: 'too many configurations at once; try again later' };
      }
      waiting++;
      const result = turn.then(() => applyNow(input, source)).finally(() => waiting--);
      turn = result.catch(() => undefined);
      return result;
    },
    current: () => current,
    digest: () => digest,
    lastUpdate: () => lastUpdate,
    counts: () => ({ configured: configured.size, running: running.size }),
  };
}

/** Writes it to disk; the reason when that fails. What was read from there at the start is there already. */
async function persist(
  { writeActive, clock, log }: DevicesDependencies,
  configuration: Configuration,
  source: ApplySource,
): Promise<string | null> {
  if (source === 'start') return null;
  const beganMs = clock.steadyMs();
  try {
    const { path, bytes } = await writeActive(configuration);
    log.info('config_persist', { path, bytes, ms: clock.steadyMs() - beganMs });
    return null;
  } catch (error) {
    const reason = `the configuration could not be written: ${(error as Error).message}`;
    log.error('config_persist_failed', { source, reason });
    return reason;
  }
}

/** The validator rebuilds every object in the schema's order: equal devices give equal text. */
function digestOf({ devices }: Configuration): string {
  return createHash('sha256').update(JSON.stringify(devices)).digest('hex');
}

/**
 * Keeps it in the history and gives the time of its applying. The file decides what is in force, so a
 * history that cannot be written changes nothing.
 */
function record(
  { recordConfiguration, clock, log }: DevicesDependencies,
  configuration: Configuration,
  digest: string,
  source: ApplySource,
): number {
  const appliedAt = clock.wallMs();
  const devices = configuration.devices.length;
  const body = JSON.stringify(configuration);
  try {
    return recordConfiguration({ appliedAt, source, digest, devices, body }).appliedAt;
  } catch (error) {
    log.error('config_record_failed', { source, reason: (error as Error).message });
    return appliedAt;
  }
}

/** Logs what was applied, and words it for who handed it in. */
function tell(
  { log }: DevicesDependencies,
  source: ApplySource,
  { configuration, warnings }: Valid,
  { added, updated, removed }: Diff<DeviceConfig>,
  appliedAt: number,
): ApplyResult {
  const devicesConfigured = configuration.devices.length;
  log.info('config_received', {
    source,
    devices: devicesConfigured,
    added: added.length,
    updated: updated.length,
    removed: removed.length,
    warnings: warnings.length,
  });
  return {
    status: 'applied',
    devicesConfigured,
    added: added.map((config) => config.device_id),
    updated: updated.map(({ after }) => after.device_id),
    removed: removed.map((config) => config.device_id),
    warnings,
    appliedAt,
  };
}
