import mqtt, { type IClientOptions, type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Message } from '../model/message.ts';
import { Backoff } from '../platform/backoff.ts';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { ClashWatch, STABLE_MS } from './clash-watch.ts';
import { CLASH, type ConnectionFault, connectionFault, STALLED } from './connection-fault.ts';
import { Proof } from './proof.ts';
import { Subscriptions } from './subscriptions.ts';

export type LinkSettings = {
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  clientId: string;
  tls: {
    ca?: string | undefined;
    cert?: string | undefined;
    key?: string | undefined;
    insecure: boolean;
  };
  protocolVersion: 4 | 5 | 'auto';
};

export type LinkDeps = {
  settings: LinkSettings;
  clock: Clock;
  random: () => number;
  log: Log;
  metrics: Metrics;
  onMessage(message: Message): void;
  /** Connected and subscribed; if the broker knew our session, its backlog may still be coming. */
  onUp(sessionPresent: boolean): void;
  /** Nothing was heard after `heardAt` (steady clock). */
  onDown(heardAt: number): void;
  /** Filters that are subscribed besides those of `setFilters`. */
  alwaysFilters?: readonly string[];
  /** The broker answered after `prove`. */
  onProven(): void;
};

/**
 * stopped ──start──▶ connecting ──CONNACK, SUBACK──▶ connected
 *    ▲                ▲      │ fault                   │ closed
 *    │                │      ▼                         ▼
 *    └──stop──────── waiting ◀─────────────────────────┘
 */
export type LinkMode = 'stopped' | 'connecting' | 'connected' | 'waiting';

export type LinkStatus = {
  mode: LinkMode;
  since: number;
  fault: ConnectionFault | null;
  refusedFilters: string[];
};

const KEEP_ALIVE_S = 30;
const CONNECT_TIMEOUT_MS = 15_000;
const BACKOFF_MIN_MS = 1000;
const BACKOFF_MAX_MS = 60_000;
/** A broker keeps our session and its QoS 1 messages this long while we are away. */
const SESSION_EXPIRY_S = 7 * 86_400;
const SESSION_TAKEN_OVER = 142;

/**
 * The connection to a network broker: for ever, with a persistent session, subscribed again after every
 * connect, each message acknowledged by its receiver. A new MQTT.js client serves each connection.
 */
export class Link {
  readonly #deps: LinkDeps;
  readonly #backoff: Backoff;
  readonly #subscriptions: Subscriptions;
  #mode: LinkMode = 'stopped';
  #since: number;
  #fault: ConnectionFault | null = null;
  #client: MqttClient | null = null;
  #protocolVersion: 4 | 5;
  #heardAt: number;
  #connectedAt = 0;
  readonly #clash = new ClashWatch();
  #cancelRetry: Cancel | null = null;
  readonly #proof: Proof<MqttClient>;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff(BACKOFF_MIN_MS, BACKOFF_MAX_MS, deps.random);
    this.#subscriptions = new Subscriptions(deps.log);
    this.#protocolVersion = deps.settings.protocolVersion === 'auto' ? 5 : deps.settings.protocolVersion;
    this.#proof = new Proof({
      clock: deps.clock,
      onSuspected: () => this.#suspect(),
      onGivenUp: (client) => this.#close(client, STALLED),
    });
    this.#since = deps.clock.wallMs();
    this.#heardAt = deps.clock.steadyMs();
  }

  start(): void {
    if (this.#mode === 'stopped') this.#connect();
  }

  /** Says goodbye to the broker, which keeps our session. */
  async stop(): Promise<void> {
    const client = this.#client;
    const wasConnected = this.#mode === 'connected';
    this.#forgetTimers();
    this.#client = null;
    if (this.#mode !== 'stopped') this.#setMode('stopped');
    if (!client) return;
    if (wasConnected) this.#deps.onDown(this.#heardAt);
    client.removeAllListeners();
    client.on('error', () => undefined);
    client.handleMessage = () => undefined;
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.after(1000, () => {
        // A second end() would wait for the first, and an open socket keeps the process from ending.
        client.stream.destroy();
        resolve();
      });
      client.end(!wasConnected, {}, () => {
        cancel();
        resolve();
      });
    });
  }

  /** Subscribes to just these filters from now on. */
  setFilters(filters: Iterable<string>): void {
    this.#subscriptions.want([...filters, ...(this.#deps.alwaysFilters ?? [])]);
    if (this.#mode === 'connected' && this.#client)
      this.#subscriptions.sync(this.#client, this.#protocolVersion);
  }

  /**
   * Publishes at QoS 1 without waiting: inside a message's handling waiting would lock the connection.
   * @returns false when there is no connection; later failures are logged
   */
  publish(topic: string, payload: Buffer): boolean {
    if (this.#mode !== 'connected' || !this.#client) return false;
    this.#client.publish(topic, payload, { qos: 1 }, (error) => {
      if (error) this.#deps.log.warning('mqtt_publish_failed', { topic, message: error.message });
    });
    return true;
  }

  status(): LinkStatus {
    return {
      mode: this.#mode,
      since: this.#since,
      fault: this.#fault,
      refusedFilters: this.#subscriptions.refused(),
    };
  }

  /** When the broker was last heard, on the steady clock. */
  heardAt(): number {
    return this.#heardAt;
  }

  /** Asks the broker for a sign of life: `onProven` follows, or the connection is given up. */
  prove(): void {
    if (this.#mode === 'connected' && this.#client) this.#proof.ask(this.#client);
  }

  #setMode(mode: LinkMode): void {
    this.#mode = mode;
    this.#since = this.#deps.clock.wallMs();
  }

  #forgetTimers(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#proof.forget();
  }

  #options(): IClientOptions {
    const { settings } = this.#deps;
    const { tls } = settings;
    return {
      protocolVersion: this.#protocolVersion,
      clientId: settings.clientId,
      clean: false,
      ...(this.#protocolVersion === 5 && { properties: { sessionExpiryInterval: SESSION_EXPIRY_S } }),
      ...(settings.username !== undefined && { username: settings.username }),
      ...(settings.password !== undefined && { password: settings.password }),
      ...(tls.ca !== undefined && { ca: tls.ca }),
      ...(tls.cert !== undefined && { cert: tls.cert }),
      ...(tls.key !== undefined && { key: tls.key }),
      rejectUnauthorized: !tls.insecure,
      keepalive: KEEP_ALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      manualConnect: true,
    };
  }

  #connect(): void {
    this.#setMode('connecting');
    const client = mqtt.connect(this.#deps.settings.url, this.#options());
    this.#client = client;
    client.handleMessage = (packet, done) => this.#receive(packet, () => done());
    client.on('packetreceive', () => this.#heard());
    client.on('connect', (connack) => this.#connected(client, connack));
    client.on('disconnect', (packet) => {
      if (packet.reasonCode === SESSION_TAKEN_OVER) this.#close(client, CLASH);
    });
    client.on('error', (error) => this.#close(client, connectionFault(error)));
    client.on('close', () =>
      this.#close(client, { reason: 'closed', message: 'the broker closed the connection' }),
    );
    client.connect();
    // Small messages must not wait for one another (Nagle).
    (client.stream as { setNoDelay?: (on: boolean) => void }).setNoDelay?.(true);
  }

  #connected(client: MqttClient, connack: IConnackPacket): void {
    const { log, metrics, clock } = this.#deps;
    this.#connectedAt = clock.steadyMs();
    metrics.mqttConnects.inc();
    log.info('mqtt_connected', {
      client_id: this.#deps.settings.clientId,
      protocol_version: this.#protocolVersion,
      session_present: connack.sessionPresent,
    });
    this.#subscriptions.forget();
    this.#subscriptions.sync(client, this.#protocolVersion, () => {
      if (this.#client !== client || this.#mode !== 'connecting') return;
      this.#fault = null;
      this.#setMode('connected');
      // What was wanted meanwhile.
      this.#subscriptions.sync(client, this.#protocolVersion);
      this.#deps.onUp(connack.sessionPresent);
    });
  }

  #heard(): void {
    this.#heardAt = this.#deps.clock.steadyMs();
    const ended = this.#proof.heard();
    if (ended === 'asked') this.#deps.clock.soon(() => this.#deps.onProven());
    if (ended === 'suspected') this.#deps.onUp(true);
  }

  /** Messages may be stuck on the way; they must not arrive as if they were new. */
  #suspect(): void {
    this.#deps.log.warning('mqtt_broker_silent', { client_id: this.#deps.settings.clientId });
    this.#deps.onDown(this.#heardAt);
  }

  #receive(packet: IPublishPacket, done: () => void): void {
    this.#deps.metrics.mqttReceived.inc();
    const userProperties = packet.properties?.userProperties;
    this.#deps.onMessage({
      topic: packet.topic,
      payload: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
      receivedAt: this.#deps.clock.wallMs(),
      steadyAt: this.#heardAt,
      retained: packet.retain,
      qos: packet.qos,
      ...(userProperties && { properties: { userProperties: { ...userProperties } } }),
      done,
    });
  }

  /** Ends one connection, once, and plans the next. */
  #close(client: MqttClient, fault: ConnectionFault): void {
    if (this.#client !== client) return;
    const { clock, log, metrics } = this.#deps;
    const wasUp = this.#mode === 'connected';
    const lastedMs = this.#connectedAt > 0 ? clock.steadyMs() - this.#connectedAt : 0;
    const cause = this.#clash.judge(fault, lastedMs);
    if (lastedMs >= STABLE_MS) this.#backoff.reset();
    this.#fault = cause;
    this.#client = null;
    this.#connectedAt = 0;
    this.#forgetTimers();
    client.handleMessage = () => undefined;
    client.end(true);
    if (cause.reason === 'protocol_version' && this.#fallBack()) return this.#connect();
    this.#setMode('waiting');
    const retryMs = this.#backoff.nextMs();
    metrics.mqttFailures.inc({ reason: cause.reason });
    log.warning('mqtt_connection_failed', {
      reason: cause.reason,
      message: cause.message,
      retry_in_s: Math.round(retryMs / 100) / 10,
    });
    this.#cancelRetry = clock.after(retryMs, () => this.#connect());
    if (wasUp) this.#deps.onDown(this.#heardAt);
  }

  #fallBack(): boolean {
    if (this.#deps.settings.protocolVersion !== 'auto' || this.#protocolVersion === 4) return false;
    this.#protocolVersion = 4;
    this.#deps.log.info('mqtt_protocol_fallback', { protocol_version: 4 });
    return true;
  }
}
