import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { topicNameProblem } from '../src/model/topic.ts';
import { type DeviceFamilyName, deviceFamilies } from './families/registry.ts';
import { type ScenarioName, scenarios, type Thresholds } from './scenarios.ts';

/** What `iot-bridge simulate` was asked to do, checked. */
export type SimulateOptions = {
  host: string;
  port: number;
  tls: boolean;
  tlsInsecure: boolean;
  ca?: string;
  username: string;
  password: string;
  device: DeviceFamilyName;
  /** One measurement topic per device. */
  topics: string[];
  speed: number;
  scenario: ScenarioName;
  durationS?: number;
  offlineDurationS?: number;
  thresholds: Thresholds;
  qos: 0 | 1;
};

export type ArgumentsOutcome =
  | { status: 'ok'; options: SimulateOptions }
  | { status: 'help' }
  | { status: 'faulty'; faults: string[] };

const DEVICES_MAX = 10_000;
const SPEED_MAX = 1000;
const DURATION_S_MAX = 604_800;
const POWER_W_MAX = 1_000_000;
/** Closer thresholds leave no room for a standby load with ±2 % noise. */
const THRESHOLD_RATIO_MIN = 1.1;

const optionTypes = {
  broker: { type: 'string' },
  port: { type: 'string' },
  tls: { type: 'boolean' },
  'no-tls': { type: 'boolean' },
  'tls-insecure': { type: 'boolean' },
  ca: { type: 'string' },
  username: { type: 'string' },
  password: { type: 'string' },
  device: { type: 'string' },
  topic: { type: 'string' },
  devices: { type: 'string' },
  speed: { type: 'string' },
  scenario: { type: 'string' },
  duration: { type: 'string' },
  'offline-duration': { type: 'string' },
  'standby-w': { type: 'string' },
  'working-w': { type: 'string' },
  qos: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;
type OptionName = keyof typeof optionTypes;
type TextOption = {
  [K in OptionName]: (typeof optionTypes)[K]['type'] extends 'string' ? K : never;
}[OptionName];
type Flag = Exclude<OptionName, TextOption>;

const isOption = (name: string): name is OptionName => Object.hasOwn(optionTypes, name);

/** The options as they were written; faults are collected instead of thrown. */
class WrittenOptions {
  readonly faults: string[] = [];
  readonly #texts = new Map<string, string>();
  readonly #flags = new Set<string>();

  constructor(argv: readonly string[]) {
    const { tokens } = parseArgs({
      args: [...argv],
      options: optionTypes,
      strict: false,
      allowPositionals: true,
      tokens: true,
    });
    for (const token of tokens) {
      if (token.kind === 'positional') this.faults.push(`unexpected argument ${JSON.stringify(token.value)}`);
      if (token.kind === 'option') this.#take(token.name, token.rawName, token.value);
    }
  }

  #take(name: string, rawName: string, value: string | undefined): void {
    if (!isOption(name)) {
      this.faults.push(`unknown option ${rawName}`);
    } else if (optionTypes[name].type === 'boolean') {
      if (value !== undefined) this.faults.push(`${rawName} takes no value`);
      this.#flags.add(name);
    } else if (value === undefined) {
      this.faults.push(`${rawName} needs a value`);
    } else {
      this.#texts.set(name, value);
    }
  }

  flag(name: Flag): boolean {
    return this.#flags.has(name);
  }

  text(name: TextOption): string | undefined {
    return this.#texts.get(name);
  }

  /** The number of an option, `fallback` when it was not given or cannot be used. */
  number<T>(name: TextOption, fallback: T, range: { min: number; max: number; whole?: boolean }): number | T {
    const text = this.#texts.get(name);
    if (text === undefined) return fallback;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const fits = value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value));
    if (fits) return value;
    const kind = range.whole ? 'a whole number' : 'a number';
    this.faults.push(
      `--${name} must be ${kind} from ${range.min} to ${range.max}, not ${JSON.stringify(text)}`,
    );
    return fallback;
  }

  word<T extends string>(name: TextOption, fallback: T, words: readonly T[]): T {
    const text = this.#texts.get(name);
    if (text === undefined) return fallback;
    const word = words.find((candidate) => candidate === text);
    if (word) return word;
    this.faults.push(`--${name} must be one of ${words.join(', ')}, not ${JSON.stringify(text)}`);
    return fallback;
  }
}

const keysOf = <T extends string>(record: Record<T, unknown>) => Object.keys(record) as T[];

function readTls(written: WrittenOptions): { tls: boolean; tlsInsecure: boolean; ca?: string } {
  const tls = written.flag('tls');
  const tlsInsecure = written.flag('tls-insecure');
  const caFile = written.text('ca');
  if (tls && written.flag('no-tls')) written.faults.push('--tls and --no-tls exclude each other');
  if (!tls && tlsInsecure) written.faults.push('--tls-insecure needs --tls');
  if (!tls && caFile !== undefined) written.faults.push('--ca needs --tls');
  if (caFile === undefined) return { tls, tlsInsecure };
  try {
    return { tls, tlsInsecure, ca: readFileSync(caFile, 'utf8') };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    written.faults.push(`--ca cannot be read: ${reason}`);
    return { tls, tlsInsecure };
  }
}

function readThresholds(written: WrittenOptions): Thresholds {
  const range = { min: 0.1, max: POWER_W_MAX };
  const thresholds = {
    standbyW: written.number('standby-w', 20, range),
    workingW: written.number('working-w', 100, range),
  };
  if (thresholds.workingW < thresholds.standbyW * THRESHOLD_RATIO_MIN) {
    written.faults.push(`--working-w must be at least ${THRESHOLD_RATIO_MIN} × --standby-w`);
  }
  return thresholds;
}

function readTopics(written: WrittenOptions, device: DeviceFamilyName): string[] {
  const family = deviceFamilies[device];
  const devices = written.number('devices', 1, { min: 1, max: DEVICES_MAX, whole: true });
  const topic = written.text('topic') ?? family.defaultTopic;
  const problem = topicNameProblem(topic) ?? family.topicProblem(topic);
  if (problem) written.faults.push(`--topic ${problem}, not ${JSON.stringify(topic)}`);
  if (devices === 1) return [topic];
  return Array.from({ length: devices }, (_, i) => family.numberedTopic(topic, i + 1));
}

/** Reads the command line of `iot-bridge simulate`; all its faults at once. Reads the file of `--ca`. */
export function parseSimulateArguments(argv: readonly string[]): ArgumentsOutcome {
  const written = new WrittenOptions(argv);
  if (written.flag('help')) return { status: 'help' };
  const host = written.text('broker') ?? 'localhost';
  if (!/^[^\s/@?#]+$/.test(host)) {
    written.faults.push(`--broker must be a host name or an address, not ${JSON.stringify(host)}`);
  }
  const username = written.text('username') ?? '';
  const password = written.text('password') ?? '';
  if (password !== '' && username === '')
    written.faults.push('--password needs --username: MQTT knows none alone');
  const tls = readTls(written);
  const device = written.word('device', 'shelly', keysOf(deviceFamilies));
  const duration = { min: 1, max: DURATION_S_MAX, whole: true };
  const durationS = written.number('duration', undefined, duration);
  const offlineDurationS = written.number('offline-duration', undefined, duration);
  const options: SimulateOptions = {
    host,
    ...tls,
    port: written.number('port', tls.tls ? 8883 : 1883, { min: 1, max: 65_535, whole: true }),
    username,
    password,
    device,
    topics: readTopics(written, device),
    speed: written.number('speed', 1, { min: 0.01, max: SPEED_MAX }),
    scenario: written.word('scenario', 'full_session', keysOf(scenarios)),
    ...(durationS === undefined ? {} : { durationS }),
    ...(offlineDurationS === undefined ? {} : { offlineDurationS }),
    thresholds: readThresholds(written),
    qos: written.word('qos', '1', ['0', '1']) === '0' ? 0 : 1,
  };
  return written.faults.length > 0 ? { status: 'faulty', faults: written.faults } : { status: 'ok', options };
}

/** The text of `--help`. */
export const simulateUsage = `Usage: iot-bridge simulate [options]

Plays metering devices against an MQTT broker.

  --broker HOST            localhost
  --port N                 1883, with --tls 8883
  --tls | --no-tls         encrypt the connection; not by default
  --ca FILE                the private authority (PEM) that signed the broker's certificate
  --tls-insecure           do not verify the certificate
  --username U             user name, none by default
  --password P             password, none by default
  --device KIND            ${keysOf(deviceFamilies).join(', ')}; default shelly
  --topic TOPIC            measurement topic; by default ${deviceFamilies.shelly.defaultTopic}
  --devices N              so many devices, their ids numbered; default 1
  --scenario NAME          default full_session
${keysOf(scenarios)
  .map((name) => `      ${name.padEnd(20)} ${scenarios[name].summary}`)
  .join('\n')}
  --duration S             length of the scenario's main phase
  --offline-duration S     length of the gap of offline_test, default 60
  --standby-w W            standby threshold of the bridge, default 20
  --working-w W            working threshold of the bridge, default 100
  --speed X                X times as fast, default 1
  --qos 0|1                default 1: every message is acknowledged

Exit code: 0 the broker took everything, 1 it did not, 2 the options are wrong.`;
