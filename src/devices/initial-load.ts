import type { Finding } from '../model/validation.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { ApplySource, Devices } from './configuration.ts';

export type InitialLoadDependencies = {
  devices: Pick<Devices, 'apply'>;
  /** The configuration in force on disk. */
  active: {
    path: string;
    read(): { status: 'absent' } | { status: 'ok'; input: unknown } | { status: 'corrupt'; reason: string };
    setAside(nowMs: number): string;
  };
  /** The devices of the file of `--config`; null: it has none. */
  initial: { path: string; configuration: unknown } | null;
  clock: Clock;
  log: Log;
};

export type InitialLoad = {
  /** Which configuration is in force; null: none. */
  source: Extract<ApplySource, 'start' | 'file'> | null;
  /** What a person should know, for log and health; empty when all was well. */
  notices: string[];
  /** Why the initial file could not be used. */
  faults: Finding[];
};

/**
 * Puts the configuration in force at the start: the active one, else the initial file's, else none.
 * An active one that cannot be used is set aside with a notice.
 */
export async function loadAtStart(deps: InitialLoadDependencies): Promise<InitialLoad> {
  const { devices, initial, log } = deps;
  const notices: string[] = [];
  const unusable = await loadActive(deps);
  if (unusable === null) {
    if (initial) log.info('config_file_not_used', { path: initial.path, in_force: deps.active.path });
    return { source: 'start', notices, faults: [] };
  }
  if (unusable !== 'absent') notices.push(setAside(deps, unusable.reason));
  for (const notice of notices) log.error('config_set_aside', { notice });
  if (!initial) return { source: null, notices, faults: [] };
  const result = await devices.apply(initial.configuration, 'file');
  if (result.status === 'invalid') return { source: null, notices, faults: result.errors };
  if (result.status === 'applied') return { source: 'file', notices, faults: [] };
  return { source: null, notices: [...notices, result.reason], faults: [] };
}

/** null: the active configuration is in force. */
async function loadActive({
  active,
  devices,
}: InitialLoadDependencies): Promise<null | 'absent' | { reason: string }> {
  const content = active.read();
  if (content.status === 'absent') return 'absent';
  if (content.status === 'corrupt') return content;
  const result = await devices.apply(content.input, 'start');
  if (result.status === 'applied') return null;
  if (result.status === 'failed') return result;
  const [first] = result.errors;
  return { reason: `${first?.path} ${first?.message}`.trim() };
}

function setAside({ active, clock }: InitialLoadDependencies, reason: string): string {
  try {
    return `${active.path} could not be used (${reason}) and was set aside as ${active.setAside(clock.wallMs())}`;
  } catch (error) {
    return `${active.path} could not be used (${reason}) nor set aside (${(error as Error).message})`;
  }
}
