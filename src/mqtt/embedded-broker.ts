import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type Client, type PublishPacket } from 'aedes';
import type { Message } from '../model/message.ts';
import { topicFilterProblem, topicNameProblem } from '../model/topic.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';

export type EmbeddedBrokerSettings = { host: string; port: number; allowAnonymous: boolean };

export type EmbeddedBrokerDeps = {
  settings: EmbeddedBrokerSettings;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  onMessage(message: Message): void;
};

/** CONNECT must come within this time. */
const CONNECT_TIMEOUT_MS = 5000;
const CONNECTIONS_MAX = 5000;
/** CONNACK return code "not authorized" of MQTT 3.1.1. */
const NOT_AUTHORIZED = 5;

/** Aedes reads `returnCode` from the error to answer CONNECT. */
function refusal(message: string): Error & { returnCode: number } {
  return Object.assign(new Error(message), { returnCode: NOT_AUTHORIZED });
}

/** The broker inside the bridge, for meters without one of their own. MQTT 3.1.1 on TCP. */
export class EmbeddedBroker {
  readonly #deps: EmbeddedBrokerDeps;
  #aedes: Aedes | null = null;
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();

  constructor(deps: EmbeddedBrokerDeps) {
    this.#deps = deps;
  }

  /**
   * Listens; gives the port.
   * @throws Error with a plain sentence when the port cannot be had
   */
  async start(): Promise<number> {
    if (this.#server) return this.#port();
    const { settings, log } = this.#deps;
    const aedes = await Aedes.createBroker({ connectTimeout: CONNECT_TIMEOUT_MS });
    aedes.authenticate = (client, _user, _password, done) => {
      if (settings.allowAnonymous) return done(null, true);
      log.warning('mqtt_client_refused', { client_id: client.id, reason: 'no token' });
      done(refusal('not authorized'), false);
    };
    aedes.authorizePublish = (client, packet, done) => this.#publish(client, packet, done);
    aedes.authorizeSubscribe = (_client, subscription, done) => {
      const closed = subscription.topic.startsWith('$') || topicFilterProblem(subscription.topic) !== null;
      done(null, closed ? null : subscription);
    };
    aedes.on('clientError', (client, error) => {
      log.debug('mqtt_client_error', { client_id: client.id, message: error.message });
    });
    aedes.on('connectionError', (client, error) => {
      log.debug('mqtt_client_error', { client_id: client.id, message: error.message });
    });
    const server = createServer((socket) => this.#accept(aedes, socket));
    server.maxConnections = CONNECTIONS_MAX;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new Error(
                `port ${settings.port} is in use: set EMBEDDED_MQTT_PORT to a free one, or MQTT_BROKER to the broker that runs there`,
              )
            : error,
        );
      });
      server.listen(settings.port, settings.host, resolve);
    });
    this.#aedes = aedes;
    this.#server = server;
    log.info('embedded_broker_started', { host: settings.host, port: this.#port() });
    return this.#port();
  }

  async stop(): Promise<void> {
    const aedes = this.#aedes;
    const server = this.#server;
    this.#aedes = null;
    this.#server = null;
    if (!aedes || !server) return;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    await new Promise<void>((resolve) => {
      aedes.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  clients(): number {
    return this.#aedes?.connectedClients ?? 0;
  }

  #port(): number {
    const address = this.#server?.address();
    return typeof address === 'object' && address ? address.port : this.#deps.settings.port;
  }

  #accept(aedes: Aedes, socket: Socket): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    aedes.handle(socket);
  }

  /** Aedes acknowledges when `done` is called, so the pipeline's commit comes first. */
  #publish(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const problem = packet.topic.startsWith('$') ? 'is reserved' : topicNameProblem(packet.topic);
    if (problem) {
      this.#deps.log.warning('mqtt_publish_refused', {
        client_id: client?.id,
        topic: packet.topic,
        reason: problem,
      });
      return done(new Error(`topic ${problem}`));
    }
    this.#deps.metrics.mqttReceived.inc();
    this.#deps.onMessage({
      topic: packet.topic,
      payload: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
      receivedAt: this.#deps.clock.wallMs(),
      steadyAt: this.#deps.clock.steadyMs(),
      retained: false,
      qos: packet.qos,
      done: () => done(null),
    });
  }
}
