import { readFileSync, statSync } from 'node:fs';
import { isObject } from './findings.ts';
import { parseYaml } from './yaml-document.ts';

/** The file that `--config` names: settings of the bridge and an initial configuration of devices. */
export type ConfigFile = {
  path: string;
  /** The mapping under `settings:`, unchecked. */
  settings: Record<string, unknown>;
  /** `devices` and what else stands beside `settings:`, unchecked; null: nothing does. */
  configuration: Record<string, unknown> | null;
  /** `config.yaml:12:5` for a path within the file. */
  locate(path: string): string;
};
type ConfigFileResult =
  | { status: 'ok'; file: ConfigFile }
  | { status: 'absent' }
  | { status: 'faulty'; faults: string[] };

/** Reads a configuration file of at most `bytesMax` bytes. Faults are told with line and column. */
export function readConfigFile(path: string, bytesMax: number): ConfigFileResult {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > bytesMax) {
      return faulty(`${path}: has ${size} bytes, more than the ${bytesMax} allowed (BODY_BYTES_MAX)`);
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { status: 'absent' } : faulty(`${path}: cannot be read (${code})`);
  }
  const document = parseYaml(text);
  if ('faults' in document) {
    return faulty(
      ...document.faults.map(({ place, message }) => `${path}:${place.line}:${place.column}: ${message}`),
    );
  }
  const locate = (at: string) => {
    const { line, column } = document.locate(at);
    return `${path}:${line}:${column}`;
  };
  const root = document.value ?? {};
  if (!isObject(root)) return faulty(`${path}:1:1: must hold "settings:" and "devices:"`);
  const { settings, ...rest } = root;
  if (!isObject(settings ?? {})) return faulty(`${locate('settings')}: settings must be a mapping`);
  const configuration = Object.keys(rest).length === 0 ? null : { ...rest, devices: rest.devices ?? [] };
  const file = { path, settings: (settings ?? {}) as Record<string, unknown>, configuration, locate };
  return { status: 'ok', file };
}

function faulty(...faults: string[]): ConfigFileResult {
  return { status: 'faulty', faults };
}
