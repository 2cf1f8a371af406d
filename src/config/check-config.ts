import { type ConfigFile, readConfigFile } from './config-file.ts';
import { validateConfiguration } from './device-config.ts';
import { readSettings } from './environment.ts';
import { VARIABLES } from './environment-variables.ts';
import { CONFIG_FILE_BYTES_MAX } from './startup.ts';

const DEVICES_MAX = Number(VARIABLES.DEVICES_MAX.default);

/**
 * `iot-bridge check-config FILE`: tells every fault of the file with its place, or a summary and the warnings.
 * @returns the exit code: 0, or 2 when the file has faults
 */
export function checkConfig(path: string, out: (line: string) => void): number {
  const read = readConfigFile(path, CONFIG_FILE_BYTES_MAX);
  if (read.status === 'absent') out(`${path}: does not exist`);
  if (read.status === 'faulty') for (const fault of read.faults) out(fault);
  if (read.status !== 'ok') return 2;
  const { faults, warnings, summary } = checkContent(read.file);
  for (const fault of faults) out(fault);
  if (faults.length > 0) return 2;
  for (const warning of warnings) out(`warning: ${warning}`);
  out(`${path} is valid (${summary}, warnings: ${warnings.length})`);
  return 0;
}

function checkContent(file: ConfigFile): { faults: string[]; warnings: string[]; summary: string } {
  const settings = readSettings({}, file.settings, {});
  const devicesMax = 'faults' in settings ? DEVICES_MAX : settings.settings.configuration.devicesMax;
  const validation = validateConfiguration(file.configuration ?? { devices: [] }, { devicesMax });
  const at = ({ path, message }: { path: string; message: string }) =>
    path === '' ? `${file.path}: ${message}` : `${file.locate(path)}: ${path} ${message}`;
  // A fault of a setting begins with its name.
  const settingAt = (fault: string) => `${file.locate(`settings.${fault.split(':', 1)[0]}`)}: ${fault}`;
  const faults = [
    ...('faults' in settings ? settings.faults.map(settingAt) : []),
    ...(validation.ok ? [] : validation.errors.map(at)),
  ];
  if ('faults' in settings || !validation.ok) return { faults, warnings: [], summary: '' };
  const { devices } = validation.configuration;
  const disabled = devices.length - validation.devices.length;
  return {
    faults,
    warnings: [...settings.warnings, ...validation.warnings.map(at)],
    summary: `settings: ${Object.keys(file.settings).length}, devices: ${devices.length}, of these disabled: ${disabled}`,
  };
}
