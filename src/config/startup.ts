import { type ConfigFile, readConfigFile } from './config-file.ts';
import { readSettings } from './environment.ts';
import { VARIABLES } from './environment-variables.ts';
import type { Settings } from './settings.ts';

const STANDARD_PATH = './config.yaml';

/** Most bytes of a configuration file when nobody says otherwise. */
export const CONFIG_FILE_BYTES_MAX = Number(VARIABLES.BODY_BYTES_MAX.default);

export type Startup =
  | { settings: Settings; warnings: string[]; file: ConfigFile | null }
  | { faults: string[] };

/**
 * Reads all that is said at the start: command line, environment and configuration file.
 * @param configPath the file of `--config`, which must exist; undefined: `./config.yaml` when it exists
 */
export function readStartup(
  environment: Record<string, string | undefined>,
  commandLine: Record<string, string | undefined>,
  configPath?: string,
): Startup {
  const path = configPath ?? STANDARD_PATH;
  const read = readConfigFile(path, fileBytesMax(environment, commandLine));
  const faults: string[] = [];
  if (read.status === 'faulty') faults.push(...read.faults);
  if (read.status === 'absent' && configPath !== undefined) faults.push(`${path}: does not exist`);
  const file = read.status === 'ok' ? read.file : null;
  const result = readSettings(environment, file?.settings ?? {}, commandLine);
  if ('faults' in result) return { faults: [...faults, ...result.faults] };
  return faults.length > 0 ? { faults } : { ...result, file };
}

/** The bound must be known before the file is read, so `settings:` cannot raise it for its own file. */
function fileBytesMax(...sources: Record<string, string | undefined>[]): number {
  const text = sources.toReversed().find((source) => source.BODY_BYTES_MAX)?.BODY_BYTES_MAX ?? '';
  const result = VARIABLES.BODY_BYTES_MAX.schema.safeParse(text);
  return result.success ? result.data : CONFIG_FILE_BYTES_MAX;
}
