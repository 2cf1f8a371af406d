import mqtt, { type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt';
import type { ConnectionSettings } from '../model/broker.ts';
import type { Message, OutgoingMessage, PublishResult } from '../model/message.ts';
import type { SubscriptionState, WantedSubscription } from '../model/subscription.ts';
import { Backoff } from '../platform/backoff.ts';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { brokerLimits } from './broker-limits.ts';
import { ClashWatch, STABLE_MS } from './clash-watch.ts';
import { connectOptions, dial } from './connect-options.ts';
import {
  CLOSED,
  type ConnectionFault,
  clash,
  connectionFault,
  NEUTRAL_REMEDIES,
  type Remedies,
  STALLED,
} from './connection-fault.ts';
import { endClient } from './goodbye.ts';
import { IncomingCopies } from './incoming-copies.ts';
import { receivedProperties } from './message-properties.ts';
import { Proof } from './proof.ts';
import { Publishing } from './publishing.ts';
import { Subscriptions } from './subscriptions.ts';

export type LinkSettings = ConnectionSettings;

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
  /** The broker answered after `prove`. */
  onProven(): void;
  /** How faults tell what to do; neutral words when left out. */
  remedies?: Remedies;
  /** What the broker may keep for us from the process before: dropped when nobody wants it. */
  formerFilters?: readonly string[];
  /** What to hand in as `formerFilters` next time; called often while subscriptions change. */
  rememberFilters?(filters: readonly string[]): void;
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
  /** Why there is no connection; null while there is one. */
  fault: ConnectionFault | null;
  /** The newest fault, whatever came after it; `at`: wall clock, ms. */
  lastFault: (ConnectionFault & { at: number }) | null;
  refusedFilters: string[];
};

const CONNECT_TIMEOUT_MS = 15_000;
const BACKOFF_MIN_MS = 1000;
const BACKOFF_MAX_MS = 60_000;
const SESSION_TAKEN_OVER = 142;

/**
 * The connection to a network broker: for ever, with a persistent session, subscribed again after every
 * connect, each message acknowledged by its receiver. A new MQTT.js client serves each connection.
 */
export class Link {
  readonly #deps: LinkDeps;
  readonly #backoff: Backoff;
  readonly #remedies: Remedies;
  readonly #subscriptions: Subscriptions;
  readonly #copies = new IncomingCopies();
  readonly #publishing: Publishing;
  /** Messages of QoS 2 between their two steps: the second may come over the next connection. */
  readonly #halfReceived = new mqtt.Store({ clean: false });
  #mode: LinkMode = 'stopped';
  #since: number;
  #fault: ConnectionFault | null = null;
  #lastFault: LinkStatus['lastFault'] = null;
  #client: MqttClient | null = null;
  #protocolVersion: 4 | 5;
  #heardAt: number;
  #connectedAt = 0;
  readonly #clash: ClashWatch;
  #cancelRetry: Cancel | null = null;
  readonly #proof: Proof<MqttClient>;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff(BACKOFF_MIN_MS, BACKOFF_MAX_MS, deps.random);
    this.#remedies = deps.remedies ?? NEUTRAL_REMEDIES;
    this.#clash = new ClashWatch(clash(this.#remedies));
    this.#protocolVersion = deps.settings.protocolVersion === 'auto' ? 5 : deps.settings.protocolVersion;
    this.#publishing = new Publishing(deps.clock);
    this.#subscriptions = new Subscriptions({
      log: deps.log,
      onPlan: (plan, marked) => this.#copies.follow(plan, marked),
      formerFilters: deps.formerFilters,
      // A clean session ends with its connection.
      rememberFilters: deps.settings.cleanSession ? undefined : deps.rememberFilters,
    });
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
    this.#subscriptions.disconnected();
    this.#publishing.leaving();
    if (!client) return;
    if (wasConnected) this.#deps.onDown(this.#heardAt);
    await endClient(client, this.#deps.clock, !wasConnected);
    if (this.#mode === 'stopped') this.#publishing.lost();
  }

  /** Listens to just these from now on; `states` tells how the broker takes it. */
  setSubscriptions(wanted: readonly WantedSubscription[]): void {
    this.#subscriptions.want(wanted);
  }

  /** How the broker sees each filter that is wanted. */
  states(): ReadonlyMap<string, SubscriptionState> {
    return this.#subscriptions.states();
  }

  /** Sends a message; answers within 10 s and never rejects. Never wait for it while handling a message. */
  publish(message: OutgoingMessage): Promise<PublishResult> {
    return this.#publishing.publish(message, this.#fault?.message);
  }

  status(): LinkStatus {
    return {
      mode: this.#mode,
      since: this.#since,
      fault: this.#fault,
      lastFault: this.#lastFault,
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

  #connect(): void {
    this.#setMode('connecting');
    const { settings } = this.#deps;
    const client = mqtt.connect(settings.url, {
      ...connectOptions(settings, this.#protocolVersion, CONNECT_TIMEOUT_MS),
      incomingStore: this.#halfReceived,
    });
    this.#client = client;
    client.handleMessage = (packet, done) => this.#receive(packet, () => done());
    client.on('packetreceive', (packet) => {
      if (this.#client !== client) return;
      this.#heard();
      this.#publishing.heard(packet);
    });
    client.on('connect', (connack) => this.#connected(client, connack));
    client.on('disconnect', (packet) => {
      if (packet.reasonCode === SESSION_TAKEN_OVER) this.#close(client, clash(this.#remedies));
    });
    client.on('error', (error) => this.#close(client, connectionFault(error, this.#remedies)));
    client.on('close', () => this.#close(client, CLOSED));
    dial(client);
  }

  #connected(client: MqttClient, connack: IConnackPacket): void {
    if (this.#client !== client) return;
    const { log, metrics, clock, settings } = this.#deps;
    const isKept = connack.sessionPresent && !settings.cleanSession;
    this.#connectedAt = clock.steadyMs();
    metrics.mqttConnects.inc();
    log.info('mqtt_connected', {
      client_id: settings.clientId,
      protocol_version: this.#protocolVersion,
      session_present: isKept,
    });
    const limits = brokerLimits(connack, this.#protocolVersion);
    this.#copies.forget();
    this.#publishing.connected(client, limits);
    this.#subscriptions.connected(client, limits, isKept, () => {
      if (this.#client !== client || this.#mode !== 'connecting') return;
      this.#fault = null;
      this.#setMode('connected');
      this.#deps.onUp(isKept);
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
    // Handed over once, even if the connection breaks before the broker knows.
    if (packet.qos === 2) this.#halfReceived.del(packet, () => undefined);
    const view = this.#copies.take(packet, this.#heardAt);
    if (!view) return done();
    const properties = receivedProperties(packet.properties, view.identifiers);
    this.#deps.onMessage({
      topic: packet.topic,
      payload: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
      receivedAt: this.#deps.clock.wallMs(),
      steadyAt: this.#heardAt,
      retained: packet.retain,
      qos: packet.qos,
      ...(properties && { properties }),
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
    this.#client = null;
    this.#connectedAt = 0;
    this.#forgetTimers();
    this.#subscriptions.disconnected();
    client.handleMessage = () => undefined;
    client.end(true);
    this.#publishing.lost();
    if (cause.reason === 'protocol_version' && this.#fallBack()) return this.#connect();
    this.#fault = cause;
    this.#lastFault = { ...cause, at: clock.wallMs() };
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
