import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { InitialConfigurationError } from './bridge/configuration.ts';
import { type Bridge, type BridgeOptions, createBridge } from './bridge.ts';
import { checkConfig } from './config/check-config.ts';
import type { ConfigFile } from './config/config-file.ts';
import { readSettings } from './config/environment.ts';
import { environmentHelp } from './config/reference.ts';
import { describeSettings } from './config/settings-description.ts';
import { readStartup } from './config/startup.ts';
import { type Demo, startDemo } from './demo.ts';
import { systemClock } from './platform/clock.ts';
import { createLog, type Log } from './platform/log.ts';
import { systemRandom } from './platform/random.ts';
import { RecentLog } from './platform/recent-log.ts';
import { backupStore } from './store/backup.ts';

const VERSION: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
const EXIT_FAULT = 1;
const EXIT_USAGE = 2;

const USAGE = `iot-bridge ${VERSION}: from power meters on MQTT to machine sessions in Odoo

  iot-bridge [start] [--config FILE] [--demo]   run the bridge
  iot-bridge simulate …                         play metering devices (simulate --help)
  iot-bridge device …                           provision a device, send as one (device --help)
  iot-bridge replay FILE --config FILE …        tell the sessions of a recording (docs/tuning.md)
  iot-bridge check-config FILE                  tell every fault of a configuration file
  iot-bridge backup FILE                        copy the database while the bridge runs
  iot-bridge --help | --version

--config FILE   settings and devices; ./config.yaml is used when it exists
--demo          embedded broker, simulated machines and a stand-in Odoo, for this machine only

What is not said on the command line comes from the environment, then from the file:
`;

const DEMO_WORDS = `
  The bridge is running with six simulated machines and a stand-in Odoo that fails now and then.
  Look at it:  URL        Ctrl-C ends the demo; nothing of it stays.
`;

type Environment = Record<string, string | undefined>;

const out = (line: string) => process.stdout.write(`${line}\n`);
const err = (line: string) => process.stderr.write(`${line}\n`);

/**
 * Runs the command line.
 * @returns the exit code: 0 done, 1 it did not work, 2 what was said cannot be used
 */
export async function runCommand(argv: readonly string[], environment: Environment): Promise<number> {
  const [first, ...rest] = argv;
  switch (first) {
    case 'simulate': {
      const [{ runSimulate }, { terminalIo }] = await Promise.all([
        import('../simulator/command.ts'),
        import('../simulator/terminal.ts'),
      ]);
      return runSimulate(rest, terminalIo());
    }
    case 'device': {
      const { runDevice } = await import('../simulator/device-command.ts');
      return runDevice(rest, { out, err });
    }
    case 'replay': {
      const { runReplay } = await import('./replay-command.ts');
      return runReplay(rest, { out, err });
    }
    case 'check-config':
      return rest.length === 1 && rest[0] !== undefined
        ? checkConfig(rest[0], out)
        : misused('check-config FILE');
    case 'backup':
      return rest.length === 1 && rest[0] !== undefined
        ? backup(rest[0], environment)
        : misused('backup FILE');
    case 'start':
      return start(rest, environment);
    default:
      return start(argv, environment);
  }
}

function misused(form: string): number {
  err(`usage: iot-bridge ${form}`);
  return EXIT_USAGE;
}

function usageFaults(faults: readonly string[]): number {
  for (const fault of faults) err(fault);
  return EXIT_USAGE;
}

async function backup(file: string, environment: Environment): Promise<number> {
  const startup = readStartup(environment, {});
  if ('faults' in startup) return usageFaults(startup.faults);
  try {
    await backupStore(startup.settings.dataDir, file);
    out(`copied to ${file}`);
    return 0;
  } catch (error) {
    err((error as Error).message);
    return EXIT_FAULT;
  }
}

async function start(argv: readonly string[], environment: Environment): Promise<number> {
  let values: { config?: string; demo?: boolean; help?: boolean; version?: boolean };
  try {
    const options = {
      config: { type: 'string' },
      demo: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    } as const;
    ({ values } = parseArgs({ args: [...argv], options, allowPositionals: false }));
  } catch (error) {
    return usageFaults([(error as Error).message, 'iot-bridge --help tells what there is']);
  }
  if (values.help || values.version) {
    out(values.help ? USAGE + environmentHelp() : VERSION);
    return 0;
  }
  const demo = values.demo ? await startDemo(systemClock(), systemRandom) : null;
  try {
    return await run(environment, values.config, demo);
  } finally {
    await demo?.stop();
  }
}

async function run(
  environment: Environment,
  configPath: string | undefined,
  demo: Demo | null,
): Promise<number> {
  const startup = demo ? demoStartup(demo, environment) : readStartup(environment, {}, configPath);
  if ('faults' in startup) return usageFaults(startup.faults);
  const { settings, warnings, initial } =
    'file' in startup ? { ...startup, initial: initialOf(startup.file) } : startup;
  const clock = systemClock();
  const recentLog = new RecentLog(clock.wallMs());
  const log = createLog(settings.log, recentLog);
  for (const message of warnings) log.warning('settings_warning', { message });
  const ended = stopSignal(log);
  let bridge: Bridge | null = null;
  try {
    const loopbackOnly = demo !== null;
    bridge = createBridge({
      settings,
      initial,
      loopbackOnly,
      version: VERSION,
      clock,
      random: systemRandom,
      log,
      recentLog,
    });
    const { httpUrl, embeddedPort, tokenHint } = await bridge.start();
    const token = settings.http.auth === 'off' ? 'none is asked for' : tokenHint;
    log.info('bridge_started', { version: VERSION, url: httpUrl, token, ...describeSettings(settings) });
    if (demo && embeddedPort !== null) {
      demo.begin(embeddedPort, (message) => log.warning('demo_machines_away', { message }));
      out(DEMO_WORDS.replace('URL', httpUrl.replace('127.0.0.1', 'localhost')));
    }
    await ended;
    await demo?.stopMachines();
    return 0;
  } catch (error) {
    if (error instanceof InitialConfigurationError) return usageFaults(error.faults);
    err((error as Error).message);
    return EXIT_FAULT;
  } finally {
    await bridge?.stop();
    log.info('bridge_stopped');
  }
}

function initialOf(file: ConfigFile | null): BridgeOptions['initial'] {
  return file?.configuration ? { path: file.path, configuration: file.configuration } : null;
}

function demoStartup(demo: Demo, environment: Environment) {
  const result = readSettings({}, {}, demo.settings(environment));
  return 'faults' in result ? result : { ...result, initial: demo.initial };
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(EXIT_FAULT);
      asked = true;
      log.info('bridge_stopping', { signal });
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
