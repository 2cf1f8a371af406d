import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { topicNameProblem } from '../src/model/topic.ts';
import type { BrokerAddress } from './link.ts';

/** What `iot-bridge device` was asked to do, checked. */
export type DeviceTask =
  | { kind: 'provision'; request: Record<string, string>; via: { url: string } | { broker: BrokerAddress } }
  | { kind: 'send'; broker: BrokerAddress; topic: string; payload: Buffer; qos: 0 | 1; retain: boolean };

export type DeviceArguments =
  | { status: 'ok'; task: DeviceTask }
  | { status: 'help' }
  | { status: 'faulty'; faults: string[] };

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;
const OPTIONS = {
  broker: TEXT,
  port: TEXT,
  tls: FLAG,
  ca: TEXT,
  url: TEXT,
  name: TEXT,
  key: TEXT,
  'provision-key': TEXT,
  'provision-secret': TEXT,
  'device-id': TEXT,
  token: TEXT,
  topic: TEXT,
  text: TEXT,
  json: TEXT,
  file: TEXT,
  qos: TEXT,
  retain: FLAG,
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = { [name in keyof typeof OPTIONS]?: string | boolean };

/** Reads the options of one call and gathers what is wrong with them. */
class Reader {
  readonly faults: string[] = [];
  readonly #values: Values;

  constructor(values: Values) {
    this.#values = values;
  }

  text(name: keyof Values): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  flag(name: keyof Values): boolean {
    return this.#values[name] === true;
  }

  needed(name: keyof Values): string {
    const value = this.text(name);
    if (!value) this.faults.push(`--${name} is needed`);
    return value ?? '';
  }

  file(name: keyof Values): Buffer | undefined {
    const path = this.text(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (error) {
      this.faults.push(`--${name} cannot be read: ${(error as Error).message}`);
      return undefined;
    }
  }

  json(name: keyof Values): unknown {
    const text = this.text(name);
    try {
      return text === undefined ? undefined : JSON.parse(text);
    } catch (error) {
      this.faults.push(`--${name} is not JSON: ${(error as Error).message}`);
      return undefined;
    }
  }

  broker(login: { username: string; password?: string }): BrokerAddress {
    const tls = this.flag('tls');
    const host = this.text('broker') ?? 'localhost';
    if (!/^[^\s/@?#]+$/.test(host)) this.faults.push('--broker must be a host name or an address');
    const port = Number(this.text('port') ?? (tls ? 8883 : 1883));
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      this.faults.push('--port must be a whole number from 1 to 65535');
    }
    const ca = this.file('ca')?.toString();
    if (ca !== undefined && !tls) this.faults.push('--ca needs --tls');
    const name = host.includes(':') ? `[${host}]` : host;
    return { url: `${tls ? 'mqtts' : 'mqtt'}://${name}:${port}`, ...login, ca };
  }
}

function provision(reader: Reader): DeviceTask {
  const key = reader.text('key');
  const request = {
    device_name: reader.needed('name'),
    ...(key === undefined ? {} : { device_key: key }),
    provision_key: reader.needed('provision-key'),
    provision_secret: reader.needed('provision-secret'),
  };
  const url = reader.text('url');
  if (url === undefined)
    return { kind: 'provision', request, via: { broker: reader.broker({ username: 'provision' }) } };
  if (!/^https?:\/\/[^/?#]+\/?$/.test(url)) reader.faults.push('--url must be like http://host:8080');
  if (reader.text('broker') !== undefined) reader.faults.push('--url and --broker exclude each other');
  return { kind: 'provision', request, via: { url: url.replace(/\/$/, '') } };
}

/** The broker, and the topic below the device's own. */
function target(reader: Reader, subtopic: string) {
  const deviceId = reader.needed('device-id');
  const topic = `messages/${deviceId}/${subtopic}`;
  const problem = topicNameProblem(topic);
  if (problem) reader.faults.push(`--topic ${problem}`);
  return { broker: reader.broker({ username: deviceId, password: reader.needed('token') }), topic };
}

function send(reader: Reader): DeviceTask {
  const json = reader.json('json');
  const file = reader.file('file');
  const text = reader.text('text');
  const given = [reader.text('json'), reader.text('file'), text].filter((one) => one !== undefined);
  if (given.length !== 1) reader.faults.push('give one of --text, --json and --file');
  const qos = reader.text('qos') ?? '1';
  if (qos !== '0' && qos !== '1') reader.faults.push('--qos must be 0 or 1');
  const payload = file ?? Buffer.from(json === undefined ? (text ?? '') : JSON.stringify(json));
  const retain = reader.flag('retain');
  return {
    kind: 'send',
    ...target(reader, reader.needed('topic')),
    payload,
    qos: qos === '0' ? 0 : 1,
    retain,
  };
}

/** `key=value`: JSON where it is JSON (numbers, true, null, objects), else text. */
function attributes(reader: Reader, pairs: readonly string[]): DeviceTask {
  const json = reader.json('json');
  if (json !== undefined && (typeof json !== 'object' || json === null || Array.isArray(json))) {
    reader.faults.push('--json must be an object');
  }
  const values = new Map(Object.entries((json as object | undefined) ?? {}));
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) reader.faults.push(`${JSON.stringify(pair)} is not key=value`);
    const text = pair.slice(at + 1);
    try {
      values.set(pair.slice(0, at), JSON.parse(text));
    } catch {
      values.set(pair.slice(0, at), text);
    }
  }
  if (values.size === 0) reader.faults.push('give attributes: key=value …, or --json OBJECT');
  const payload = Buffer.from(JSON.stringify(Object.fromEntries(values)));
  return { kind: 'send', ...target(reader, 'attribute'), payload, qos: 1, retain: false };
}

/** Reads the command line of `iot-bridge device`; all its faults at once. Reads the files it names. */
export function parseDeviceArguments(argv: readonly string[]): DeviceArguments {
  let parsed: { values: Values; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return { status: 'faulty', faults: [(error as Error).message] };
  }
  const [what, ...rest] = parsed.positionals;
  if (parsed.values.help || what === undefined) return { status: 'help' };
  const reader = new Reader(parsed.values);
  if (what !== 'attributes' && rest.length > 0)
    reader.faults.push(`unexpected argument ${JSON.stringify(rest[0])}`);
  const task =
    what === 'provision' ? provision(reader) : what === 'send' ? send(reader) : attributes(reader, rest);
  if (!['provision', 'send', 'attributes'].includes(what)) {
    return { status: 'faulty', faults: [`device ${what}: must be provision, send or attributes`] };
  }
  return reader.faults.length > 0 ? { status: 'faulty', faults: reader.faults } : { status: 'ok', task };
}
