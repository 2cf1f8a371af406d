import { activeFile } from '../config/active-file.ts';
import { validateConfiguration } from '../config/device-config.ts';
import type { Settings } from '../config/settings.ts';
import { createDevices, type DeviceChange, type Devices } from '../devices/configuration.ts';
import { loadAtStart } from '../devices/initial-load.ts';
import { createConfigurationPull } from '../odoo/configuration-pull.ts';
import type { Cancel } from '../platform/clock.ts';
import { releaseMemory } from '../platform/memory.ts';
import type { ConfigurationsTable } from '../store/configurations.ts';
import type { Surroundings } from './surroundings.ts';

/** Devices of the configuration file; used while no configuration is in force. */
export type InitialConfiguration = { path: string; configuration: unknown };

/** The configuration file names devices that cannot be used. */
export class InitialConfigurationError extends Error {
  readonly faults: string[];
  constructor(path: string, faults: readonly { path: string; message: string }[]) {
    super(`${path} cannot be used`);
    this.faults = faults.map((fault) => `${path}: ${fault.path} ${fault.message}`);
  }
}

/** So many changed devices leave tens of megabytes of garbage … */
const LARGE_CHANGE_DEVICES = 1000;
/** … once the answer is out and nothing refers to the text any more. */
const RELEASE_AFTER_MS = 1000;

/** Who is who: the configuration in force, on disk and pulled from Odoo. */
export function createConfiguration(
  settings: Settings,
  initial: InitialConfiguration | null,
  configurations: ConfigurationsTable,
  isBroker: (brokerId: string) => boolean,
  onChange: (change: DeviceChange) => void,
  surroundings: Surroundings,
) {
  const { clock, log, metrics } = surroundings;
  const { devicesMax, mode, refreshIntervalMs } = settings.configuration;
  const active = activeFile(settings.dataDir);
  let cancelRelease: Cancel | null = null;
  const devices = createDevices({
    validate: (input) => validateConfiguration(input, { devicesMax, isBroker }),
    writeActive: (configuration) => active.write(configuration),
    recordConfiguration: (entry) => configurations.record(entry),
    onChange(change) {
      onChange(change);
      const changed = change.added.length + change.updated.length + change.removed.length;
      if (changed < LARGE_CHANGE_DEVICES) return;
      cancelRelease?.();
      cancelRelease = clock.after(RELEASE_AFTER_MS, releaseMemory);
    },
    clock,
    log,
    metrics,
  });
  const pull =
    settings.odoo && mode === 'pull'
      ? createConfigurationPull({
          ...surroundings,
          odoo: settings.odoo,
          intervalMs: refreshIntervalMs,
          bodyBytesMax: settings.http.bodyBytesMax,
          apply: (body) => applyPulled(devices, body),
        })
      : null;
  return {
    devices,
    /**
     * Puts the configuration in force that was in force before, else the initial one.
     * @returns notices for people
     * @throws InitialConfigurationError
     */
    async load(): Promise<string[]> {
      const loaded = await loadAtStart({ devices, active, initial, clock, log });
      if (loaded.faults.length > 0) throw new InitialConfigurationError(initial?.path ?? '', loaded.faults);
      return loaded.notices;
    },
    startPull: () => pull?.start(),
    async stop(): Promise<void> {
      cancelRelease?.();
      await pull?.stop();
    },
  };
}

async function applyPulled(devices: Devices, body: Uint8Array) {
  let input: unknown;
  try {
    input = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return { status: 'refused' as const, reason: 'it is not JSON' };
  }
  const result = await devices.apply(input, 'pull');
  if (result.status === 'applied') return { status: 'applied' as const };
  if (result.status === 'failed') return { status: 'refused' as const, reason: result.reason };
  return {
    status: 'refused' as const,
    reason: result.errors.map(({ path, message }) => `${path} ${message}`).join('; '),
  };
}
