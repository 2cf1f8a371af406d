import type { Duplex } from 'node:stream';
import type { Message } from '../../model/message.ts';
import { topicMatches } from '../../model/topic.ts';
import { type Clock, isoTime } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Database } from '../../store/database.ts';
import { Admission, type Admitted } from './admission.ts';
import { assembleCore, type Core } from './assembly.ts';
import { type Connection, type Publication, senderOf } from './connection.ts';
import { GuardedStream } from './guarded-stream.ts';
import { type Authenticate, ownerOf, type Sender, sessionKey } from './identity.ts';
import { Listeners, type Ports, type Protocol } from './listeners.ts';
import type { EmbeddedBrokerSettings } from './settings.ts';

export type EmbeddedBrokerDeps = {
  settings: EmbeddedBrokerSettings;
  database: Database;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** Decides who a client is. */
  authenticate: Authenticate;
  /** A client published a message; it is acknowledged after `message.done`. */
  onMessage(message: Message, sender: Sender): void;
};

/** A connected client, as the API shows it. */
export type ConnectedClient = {
  client_id: string;
  /** null: not a device of ours. */
  device_id: string | null;
  address: string;
  connected_since: string;
  protocol: Protocol;
  subscriptions: string[];
};

/** Clients of another MQTT version that were logged; beyond, they are logged again. */
const LOGGED_VERSIONS_MAX = 1000;
type Running = Core & { listeners: Listeners; ports: Ports };

/**
 * The broker inside the bridge, for devices without one of their own: MQTT 3.1.1 over TCP, TLS and WebSocket.
 * A socket comes through `Listeners` (how many), `Admission` (who) and `GuardedStream` (what) before Aedes
 * sees a byte of it; what a client publishes goes through `Intake`, which stores before it acknowledges.
 */
export class EmbeddedBroker {
  readonly #deps: EmbeddedBrokerDeps;
  readonly #connections = new Map<number, Connection>();
  readonly #byStream = new WeakMap<object, Connection>();
  readonly #admissions = new Set<Duplex>();
  readonly #loggedVersions = new Set<string>();
  #running: Running | null = null;
  #serial = 0;
  /** A message is being sent to one connection, by the bridge itself. */
  #direct = false;

  constructor(deps: EmbeddedBrokerDeps) {
    this.#deps = deps;
  }

  /**
   * Listens; gives the ports.
   * @throws Error with a plain sentence when one cannot be had
   */
  async start(): Promise<Ports> {
    if (this.#running) return this.#running.ports;
    const { settings, log, metrics } = this.#deps;
    const core = await assembleCore({
      ...this.#deps,
      limits: settings.limits,
      connections: () => this.#connections.values(),
      connectionOf: (client) => this.#byStream.get(client.conn),
      isDirect: () => this.#direct,
    });
    const listeners = new Listeners({
      settings,
      limits: settings.limits,
      onConnection: (transport, address, protocol) => this.#admit(transport, address, protocol),
      onRefused: (reason) => metrics.embeddedRefused.inc({ reason }),
    });
    let ports: Ports;
    this.#running = { ...core, listeners, ports: { mqtt: 0, mqtts: null, ws: null } };
    try {
      ports = await listeners.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#running = { ...core, listeners, ports };
    core.wills.start();
    core.sessions.start();
    log.info('embedded_broker_started', { host: settings.host, ...ports });
    return ports;
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    if (!running) return;
    running.wills.stop();
    running.sessions.stop();
    const { cut } = await running.listeners.stop();
    await new Promise<void>((resolve) => {
      running.aedes.close(() => resolve());
    });
    for (const transport of this.#admissions) transport.destroy();
    for (const { stream } of this.#connections.values()) stream.destroy();
    await cut();
    running.journal.stop();
  }

  /** The clients that are connected. */
  clients(): ConnectedClient[] {
    return Array.from(this.#connections.values(), (connection) => ({
      client_id: connection.clientId,
      device_id: senderOf(connection).deviceId,
      address: connection.address,
      connected_since: isoTime(connection.connectedAt),
      protocol: connection.protocol,
      subscriptions: [...connection.filters.keys()],
    }));
  }

  /** Closes all connections of a device: its token ended, or its rights are others now. */
  disconnect(deviceId: string): void {
    for (const { identity, stream } of this.#connections.values()) {
      if (identity.kind === 'device' && identity.deviceId === deviceId) stream.destroy();
    }
  }

  /**
   * Publishes a message of the bridge's own. Resolves when what must be kept of it is on disk.
   * @throws Error when the broker does not run or the disk does not take it
   */
  async publish(publication: Publication): Promise<void> {
    if (!this.#running) throw new Error('the embedded broker does not run');
    await this.#running.intake.own(publication);
  }

  /**
   * Sends a message to one connection only, if it is there and listens to the topic.
   * @param clientKey as in `Sender`
   * @returns whether it was sent
   */
  sendTo(clientKey: string, { topic, payload, qos }: Omit<Publication, 'retain'>): boolean {
    const connection = this.#connections.get(Number(clientKey));
    if (!connection?.client) return false;
    if (![...connection.filters.keys()].some((filter) => topicMatches(filter, topic))) return false;
    this.#direct = true;
    connection.client.publish(
      { cmd: 'publish', topic, payload, qos, retain: false, dup: false },
      () => undefined,
    );
    this.#direct = false;
    return true;
  }

  #admit(transport: Duplex, address: string, protocol: Protocol): void {
    const { clock, log, metrics, authenticate } = this.#deps;
    this.#admissions.add(transport);
    transport.once('close', () => this.#admissions.delete(transport));
    const admission = new Admission(transport, address, {
      clock,
      authenticate,
      onAdmitted: (admitted) => {
        this.#admissions.delete(transport);
        this.#enter(admitted, address, protocol);
      },
      onRefused: (reason, detail) => {
        metrics.embeddedRefused.inc({ reason });
        if (reason === 'login') log.warning('mqtt_client_refused', { address, reason: detail });
        else if (reason === 'protocol_version') this.#logVersion(detail, address);
        else log.debug('mqtt_client_refused', { address, reason: detail || reason });
      },
    });
    admission.start();
  }

  #logVersion(clientId: string, address: string): void {
    // Clients may leave it to the broker to name them.
    const client = clientId === '' ? `at ${address}` : clientId;
    if (this.#loggedVersions.has(client)) return;
    if (this.#loggedVersions.size >= LOGGED_VERSIONS_MAX) this.#loggedVersions.clear();
    this.#loggedVersions.add(client);
    const remedy = 'set the device to MQTT 3.1.1 (protocol version 4)';
    this.#deps.log.warning('mqtt_version_refused', { client_id: clientId, address, remedy });
  }

  /** Lets a client in: from here on Aedes speaks with it. */
  #enter(
    { transport, identity, request, connect, reader }: Admitted,
    address: string,
    protocol: Protocol,
  ): void {
    const running = this.#running;
    if (!running) {
      transport.destroy();
      return;
    }
    const { clock, metrics, settings } = this.#deps;
    const serial = ++this.#serial;
    const { clientId } = request;
    const owner = ownerOf(identity, serial);
    reader.allow(settings.limits.packetBytesMax);
    const stream = new GuardedStream({
      transport,
      reader,
      clock,
      onGoodbye: () => {
        connection.goodbye = true;
      },
      onFault: (reason) => {
        metrics.embeddedRefused.inc({ reason });
        this.#deps.log.warning('mqtt_client_faulty', { client_id: clientId, address, reason });
      },
    });
    const connection: Connection = {
      serial,
      identity,
      owner,
      key: clientId === '' ? sessionKey(`unnamed:${serial}`, '') : sessionKey(owner, clientId),
      clientId,
      clean: request.clean || identity.kind === 'provision',
      address,
      protocol,
      connectedAt: clock.wallMs(),
      stream,
      will: request.will,
      goodbye: false,
      client: null,
      filters: new Map(),
      incoming: new Map(),
      warnedAt: Number.NEGATIVE_INFINITY,
    };
    this.#connections.set(serial, connection);
    this.#byStream.set(stream, connection);
    metrics.embeddedClients.set(this.#connections.size);
    stream.once('close', () => this.#left(connection, running));
    running.sessions.connected(connection);
    running.wills.connected(connection);
    running.aedes.handle(stream);
    stream.begin(connect);
  }

  #left(connection: Connection, { sessions, wills }: Running): void {
    this.#connections.delete(connection.serial);
    this.#deps.metrics.embeddedClients.set(this.#connections.size);
    sessions.disconnected(connection);
    wills.disconnected(connection);
  }
}
