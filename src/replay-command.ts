import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type ConfigFile, readConfigFile } from './config/config-file.ts';
import { validateConfiguration } from './config/device-config.ts';
import { isObject } from './config/findings.ts';
import { CONFIG_FILE_BYTES_MAX } from './config/startup.ts';
import { type Replayed, replay } from './detect/replay.ts';
import type { Device } from './model/device.ts';
import { parserOf } from './parse/index.ts';
import { type RecordingFile, readRecording } from './replay-recording.ts';

const EXIT_FAULT = 1;
const EXIT_USAGE = 2;
const PROBLEMS_TOLD_MAX = 20;

const USAGE = `usage: iot-bridge replay FILE.csv|FILE.jsonl --config FILE [options]

Tells the sessions that a recording would have given.

  --config FILE   the device's configuration
  --device ID     which device of it; needed when there are several
  --standby-w W  --working-w W  --start-debounce-s S  --stop-debounce-s S  --message-timeout-s S
                  in place of what is configured
  --json          JSON in place of a table

A line is a reading (at, power_w, energy_kwh) or a message (at, topic, payload), see docs/tuning.md.`;

/** Options of the command line, and the fields of session_config that they replace. */
const FIELDS = {
  'standby-w': 'standby_threshold_w',
  'working-w': 'working_threshold_w',
  'start-debounce-s': 'start_debounce_s',
  'stop-debounce-s': 'stop_debounce_s',
  'message-timeout-s': 'message_timeout_s',
} as const;
type FieldOption = keyof typeof FIELDS;

export type ReplayIo = { out(line: string): void; err(line: string): void };
type Wanted = {
  path: string;
  configPath: string;
  deviceId: string | undefined;
  json: boolean;
  config: object;
};

function readArguments(argv: readonly string[]): Wanted | { faults: string[] } | { help: true } {
  const text = { type: 'string' } as const;
  const options = {
    config: text,
    device: text,
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
    'standby-w': text,
    'working-w': text,
    'start-debounce-s': text,
    'stop-debounce-s': text,
    'message-timeout-s': text,
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (values.help) return { help: true };
    const [path] = positionals;
    if (path === undefined || positionals.length > 1) return { faults: ['give one recording', USAGE] };
    if (values.config === undefined)
      return { faults: ['--config is missing: it says what the device is', USAGE] };
    const given = (Object.keys(FIELDS) as FieldOption[]).filter((name) => values[name] !== undefined);
    const faults = given
      .filter((name) => !/^\d+(\.\d+)?$/.test(values[name] ?? ''))
      .map((name) => `--${name} must be a number, not ${JSON.stringify(values[name])}`);
    if (faults.length > 0) return { faults };
    const config = Object.fromEntries(given.map((name) => [FIELDS[name], Number(values[name])]));
    return { path, configPath: values.config, deviceId: values.device, json: values.json ?? false, config };
  } catch (error) {
    return { faults: [(error as Error).message, USAGE] };
  }
}

/** The device that is meant, as the file has it. */
function chooseDevice({ configuration, path }: ConfigFile, deviceId: string | undefined): object | string {
  const list = Array.isArray(configuration?.devices) ? configuration.devices.filter(isObject) : [];
  const ids = list.map(({ device_id }) => String(device_id)).join(', ');
  if (list.length === 0) return `${path}: names no device`;
  if (deviceId === undefined && list.length > 1) return `${path}: say which device with --device: ${ids}`;
  const found = deviceId === undefined ? list[0] : list.find(({ device_id }) => device_id === deviceId);
  return found ?? `${path}: has no device ${JSON.stringify(deviceId)}, only ${ids}`;
}

/** The device as a configuration with these changes would have it; disabled ones too. */
function readDevice({ configPath, deviceId, config }: Wanted): { device: Device } | { faults: string[] } {
  const read = readConfigFile(configPath, CONFIG_FILE_BYTES_MAX);
  if (read.status === 'absent') return { faults: [`${configPath}: does not exist`] };
  if (read.status === 'faulty') return { faults: read.faults };
  const found = chooseDevice(read.file, deviceId);
  if (typeof found === 'string') return { faults: [found] };
  const before = 'session_config' in found && isObject(found.session_config) ? found.session_config : {};
  const changed = { ...found, enabled: true, session_config: { ...before, ...config } };
  const result = validateConfiguration({ devices: [changed] }, { devicesMax: 1 });
  if (!result.ok) {
    const told = result.errors.map(
      ({ path, message }) => `${path.replace(/^devices\[0]\.?/, '')} ${message}`,
    );
    return { faults: told.map((fault) => `${configPath}: ${fault}`) };
  }
  const [device] = result.devices;
  return device ? { device } : { faults: [`${configPath}: names no device`] };
}

function readFile(path: string): RecordingFile | { fault: string } {
  const format = /\.(csv|jsonl)$/i.exec(path)?.[1]?.toLowerCase();
  if (format !== 'csv' && format !== 'jsonl') return { fault: `${path}: must be a .csv or .jsonl file` };
  try {
    return { bytes: readFileSync(path), format };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { fault: `${path}: cannot be read (${code ?? message})` };
  }
}

/**
 * `iot-bridge replay FILE --config FILE …`: tells the sessions that a recording gives.
 * @returns the exit code: 0; 1 when nothing of the file can be used; 2 when what was said cannot be used
 */
export function runReplay(argv: readonly string[], { out, err }: ReplayIo): number {
  const wanted = readArguments(argv);
  if ('help' in wanted) {
    out(USAGE);
    return 0;
  }
  const chosen = 'faults' in wanted ? wanted : readDevice(wanted);
  if ('faults' in wanted || 'faults' in chosen) {
    for (const fault of 'faults' in chosen ? chosen.faults : []) err(fault);
    return EXIT_USAGE;
  }
  const { path, json } = wanted;
  const file = readFile(path);
  const parser = parserOf(chosen.device.parserType);
  if ('fault' in file || !parser) {
    err('fault' in file ? file.fault : USAGE);
    return EXIT_FAULT;
  }
  let bad = 0;
  let foreign = 0;
  const problem = (line: number, reason: string) => {
    if (++bad <= PROBLEMS_TOLD_MAX) err(`${path}:${line}: ${reason}`);
  };
  const recording = readRecording(file, chosen.device, parser, { problem, foreign: () => foreign++ });
  if ('fault' in recording) {
    err(`${path}: ${recording.fault}`);
    return EXIT_FAULT;
  }
  const always = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY, untilMs: null };
  const replayed = replay(recording.inputs, chosen.device.detector, always);
  if (bad > PROBLEMS_TOLD_MAX) err(`and ${bad - PROBLEMS_TOLD_MAX} more lines that cannot be used`);
  const lines = json ? [asJson(replayed, bad, foreign)] : asTable(replayed, bad, foreign);
  for (const line of lines) out(line);
  return replayed.readings === 0 ? EXIT_FAULT : 0;
}

function asJson({ sessions, totals, ...more }: Replayed, badLines: number, foreign: number): string {
  const { truncated, partial, readings, lateMessages: late_messages } = more;
  const counts = { readings, late_messages, bad_lines: badLines, foreign_messages: foreign };
  return JSON.stringify({ sessions, totals, partial, truncated, ...counts }, null, 2);
}

const HEAD = [
  'started',
  'ended',
  'reason',
  'time s',
  'standby s',
  'working s',
  'kWh',
  '',
  'avg W',
  'max W',
  'messages',
];
/** Columns of text; figures stand to the right. */
const TEXT = new Set([0, 1, 2, 7]);

function asTable({ sessions, totals, ...more }: Replayed, bad: number, foreign: number): string[] {
  const rows = sessions.map((one) => [
    one.started_at,
    one.ended_at ?? 'open',
    one.reason ?? '',
    ...[one.duration_s, one.standby_duration_s, one.working_duration_s, one.energy_kwh].map(String),
    one.energy_source,
    ...[one.avg_power_w, one.max_power_w, one.message_count].map(String),
  ]);
  const table = [HEAD, ...rows];
  const widths = HEAD.map((_, i) => table.reduce((widest, row) => Math.max(widest, row[i]?.length ?? 0), 0));
  const line = (row: string[]) =>
    row
      .map((cell, i) => (TEXT.has(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ');
  return [
    ...(rows.length > 0 ? table.map((row) => line(row).trimEnd()) : []),
    `sessions: ${totals.sessions}, time: ${totals.duration_s} s, energy: ${totals.energy_kwh} kWh`,
    `readings: ${more.readings}, late: ${more.lateMessages}, lines not used: ${bad}, messages of others: ${foreign}`,
    ...(more.partial ? ['The first session may have begun before the recording.'] : []),
    ...(more.truncated ? ['There are more sessions than are listed.'] : []),
  ];
}
