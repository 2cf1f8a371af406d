import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { generate, type Packet, parser } from 'mqtt-packet';
import type { Login, LoginAnswer } from '../../src/model/client-identity.ts';
import type { Message } from '../../src/model/message.ts';
import { EmbeddedBroker, type EmbeddedBrokerDeps } from '../../src/mqtt/embedded/broker.ts';
import type { Sender } from '../../src/mqtt/embedded/identity.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { logTo } from '../../src/platform/log.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { type Database, openMemoryDatabase } from '../../src/store/database.ts';
import { atEnd } from './rig.ts';
import { eventually } from './running-bridge.ts';

export const LIMITS = {
  connectionsMax: 5000,
  connectionsPerAddressMax: 5000,
  packetBytesMax: 65_536,
  retainedMax: 10_000,
  retainedBytesMax: 16 * 1024 * 1024,
};

/** The password `device-x` is the token of device `x`, which also has `meter-x/#`; without one: anonymous. */
export function authenticate({ username, password }: Login): LoginAnswer {
  if (username === 'provision') return { status: 'accepted', identity: { kind: 'provision' } };
  if (password === null) return { status: 'accepted', identity: { kind: 'anonymous' } };
  const deviceId = /^device-(.+)$/.exec(password)?.[1];
  if (!deviceId) return { status: 'refused', reason: 'wrong token', delayMs: 200 };
  return { status: 'accepted', identity: { kind: 'device', deviceId, topics: [`meter-${deviceId}/#`] } };
}

export type Heard = { topic: string; text: string; sender: Sender; message: Message };
type LogLine = { event: string; [field: string]: unknown };

export type BrokerOptions = {
  database?: Database;
  clock?: Clock;
  limits?: Partial<typeof LIMITS>;
  settings?: Partial<EmbeddedBrokerDeps['settings']>;
  authenticate?: EmbeddedBrokerDeps['authenticate'];
  /** What the pipeline does with a message; without it, it is done at once. */
  onMessage?(message: Message): void;
};

/** A broker in this process, on free ports of the loopback interface; it stops with the test. */
export async function startBroker(t: TestContext, options: BrokerOptions = {}) {
  const database = options.database ?? openMemoryDatabase();
  const heard: Heard[] = [];
  const logged: LogLine[] = [];
  const metrics = createMetrics();
  const broker = new EmbeddedBroker({
    database,
    clock: options.clock ?? systemClock(),
    log: logTo({ write: (line) => void logged.push(JSON.parse(line) as LogLine) }, 'INFO'),
    metrics,
    authenticate: options.authenticate ?? authenticate,
    settings: {
      host: '127.0.0.1',
      port: 0,
      tlsPort: null,
      webSocketPort: null,
      tls: null,
      limits: { ...LIMITS, ...options.limits },
      ...options.settings,
    },
    onMessage(message, sender) {
      heard.push({ topic: message.topic, text: message.payload.toString(), sender, message });
      if (options.onMessage) options.onMessage(message);
      else message.done();
    },
  });
  const ports = await broker.start();
  atEnd(t, () => broker.stop());
  const port = ports.mqtt;
  return {
    broker,
    database,
    heard,
    logged,
    ports,
    port,
    url: `mqtt://127.0.0.1:${port}`,
    async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
      const found = await metrics.registry.getSingleMetric(`iot_bridge_${name}`)?.get();
      const isWanted = (of: object) =>
        Object.entries(labels).every(([key, is]) => Reflect.get(of, key) === is);
      return found?.values.find((value) => isWanted(value.labels))?.value ?? 0;
    },
    /** A client of the MQTT.js library. */
    client: (clientOptions: IClientOptions = {}) =>
      connectClient(t, `mqtt://127.0.0.1:${port}`, clientOptions),
    /** A client of device `x`. */
    device: (deviceId: string, clientOptions: IClientOptions = {}) =>
      connectClient(t, `mqtt://127.0.0.1:${port}`, {
        username: 'any',
        password: `device-${deviceId}`,
        ...clientOptions,
      }),
    raw: () => RawClient.connect(t, port),
  };
}

export type Received = { topic: string; text: string; qos: number; retain: boolean; dup: boolean };
export type TestClient = MqttClient & { received: Received[] };

/** Connects with MQTT 3.1.1, keeps what it receives, and ends with the test. */
export async function connectClient(
  t: TestContext,
  url: string,
  options: IClientOptions,
): Promise<TestClient> {
  const received: Received[] = [];
  const client = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, ...options });
  client.on('error', () => undefined);
  client.on('message', (topic, payload, { qos, retain, dup }) => {
    received.push({ topic, text: payload.toString(), qos, retain, dup });
  });
  atEnd(t, () => client.endAsync(true));
  return Object.assign(client, { received });
}

/** A socket that speaks MQTT packet by packet, well or badly. */
export class RawClient {
  readonly packets: Packet[] = [];
  readonly bytes: Buffer[] = [];
  readonly socket: Socket;
  isClosed = false;
  #nextId = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    const reader = parser({ protocolVersion: 4 });
    reader.on('packet', (packet: Packet) => this.packets.push(packet));
    reader.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.bytes.push(chunk);
      reader.parse(chunk);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async connect(t: TestContext, port: number): Promise<RawClient> {
    const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true });
    const client = new RawClient(socket);
    atEnd(t, () => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  write(bytes: Buffer | number[]): void {
    this.socket.write(Buffer.from(bytes));
  }

  send(packet: object): void {
    this.socket.write(generate(packet as Packet));
  }

  /** Sends CONNECT and gives the answer. */
  async login(fields: object = {}): Promise<{ returnCode: number; sessionPresent: boolean }> {
    this.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 60,
      clientId: 'raw',
      ...fields,
    });
    return (await this.next('connack')) as unknown as { returnCode: number; sessionPresent: boolean };
  }

  /** Subscribes and gives the answer codes. */
  async subscribe(...filters: [topic: string, qos: 0 | 1 | 2][]): Promise<number[]> {
    const subscriptions = filters.map(([topic, qos]) => ({ topic, qos }));
    this.send({ cmd: 'subscribe', messageId: this.#nextId++, subscriptions });
    return ((await this.next('suback')) as unknown as { granted: number[] }).granted;
  }

  /** Publishes; resolves with the answer, for QoS 0 at once. */
  async publish(topic: string, payload: string, qos: 0 | 1 = 0, retain = false): Promise<void> {
    this.send({ cmd: 'publish', topic, payload, qos, retain, dup: false, messageId: this.#nextId++ });
    if (qos > 0) await this.next('puback');
  }

  /** Takes the first packet of this kind; waits for it. */
  next(cmd: Packet['cmd'], timeoutMs = 3000): Promise<Packet> {
    return eventually(
      cmd,
      () => {
        const at = this.packets.findIndex((packet) => packet.cmd === cmd);
        if (at < 0) return null;
        return this.packets.splice(at, 1)[0] ?? null;
      },
      timeoutMs,
    );
  }

  closed(timeoutMs = 3000): Promise<true> {
    return eventually('closed', () => (this.isClosed ? true : null), timeoutMs);
  }

  /** Asks for a sign of life; all that was sent before is handled when it comes. */
  async ping(): Promise<void> {
    this.send({ cmd: 'pingreq' });
    await this.next('pingresp');
  }
}

/** Waits until `messages` has `count` entries. */
export function arrived<T>(messages: readonly T[], count: number, timeoutMs = 5000): Promise<readonly T[]> {
  return eventually(`${count} messages`, () => (messages.length >= count ? messages : null), timeoutMs);
}

/** A certificate for localhost, made for one test. */
export function certificate(folder: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', ...made, ...subject], { stdio: 'ignore' });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}
