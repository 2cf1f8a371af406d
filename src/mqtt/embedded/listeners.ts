import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { senderOf } from '../../platform/address.ts';
import { CONNECT_TIMEOUT_MS, type EmbeddedLimits } from './limits.ts';
import type { ListenerSettings } from './settings.ts';

export type Protocol = 'mqtt' | 'mqtts' | 'ws';

export type ListenerDeps = {
  settings: ListenerSettings;
  limits: EmbeddedLimits;
  onConnection(transport: Duplex, address: string, protocol: Protocol): void;
  onRefused(reason: 'connections_max' | 'address_max' | 'handshake'): void;
};

export type Ports = { mqtt: number; mqtts: number | null; ws: number | null };

const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'];

/** The doors of the broker: TCP, TLS and WebSocket, with one bound on the connections of all of them. */
export class Listeners {
  readonly #deps: ListenerDeps;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #bySender = new Map<string, number>();

  constructor(deps: ListenerDeps) {
    this.#deps = deps;
  }

  /**
   * Listens on every port that is set.
   * @throws Error with a plain sentence when one cannot be had
   */
  async start(): Promise<Ports> {
    const { port, tlsPort, webSocketPort } = this.#deps.settings;
    const mqtt = await this.#listen(this.#plain(), port, 'EMBEDDED_MQTT_PORT');
    const mqtts =
      tlsPort === null ? null : await this.#listen(this.#secure(), tlsPort, 'EMBEDDED_MQTTS_PORT');
    const ws =
      webSocketPort === null ? null : await this.#listen(this.#web(), webSocketPort, 'EMBEDDED_WS_PORT');
    return { mqtt, mqtts, ws };
  }

  /** Takes no more connections; `cut` ends those that are left. */
  async stop(): Promise<{ cut(): Promise<void> }> {
    const closed = this.#servers.splice(0).map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
        }),
    );
    return {
      cut: async () => {
        for (const socket of this.#sockets) socket.destroy();
        await Promise.all(closed);
      },
    };
  }

  #listen(server: Server, port: number, variable: string): Promise<number> {
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.on('error', (error: NodeJS.ErrnoException) => {
        const taken = `port ${port} is in use: set ${variable} to a free one, or MQTT_BROKER to the broker that runs there`;
        reject(error.code === 'EADDRINUSE' ? new Error(taken) : error);
      });
      server.listen(port, this.#deps.settings.host, () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  #plain(): Server {
    return createServer((socket) => {
      if (this.#admit(socket)) this.#hand(socket, socket, 'mqtt');
    });
  }

  #secure(): Server {
    const { tls } = this.#deps.settings;
    const options = { ...tls, handshakeTimeout: CONNECT_TIMEOUT_MS, minVersion: 'TLSv1.2' as const };
    let server: Server;
    try {
      server = createTlsServer(options, (socket) => this.#hand(socket, socket, 'mqtts'));
    } catch (error) {
      const why = (error as Error).message;
      throw new Error(`EMBEDDED_TLS_CERT_FILE and EMBEDDED_TLS_KEY_FILE cannot be used: ${why}`, {
        cause: error,
      });
    }
    server.on('connection', (socket) => this.#admit(socket));
    server.on('tlsClientError', () => this.#deps.onRefused('handshake'));
    return server;
  }

  #web(): Server {
    const server = createHttpServer({ headersTimeout: CONNECT_TIMEOUT_MS }, (_request, response) => {
      response.writeHead(426, { upgrade: 'websocket', connection: 'close' });
      response.end('MQTT over WebSocket\n');
    });
    server.on('connection', (socket) => this.#admit(socket));
    const sockets = new WebSocketServer({
      server,
      perMessageDeflate: false,
      maxPayload: 2 * this.#deps.limits.packetBytesMax,
      verifyClient: ({ req }: { req: IncomingMessage }) => isOwnPage(req),
      handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
    });
    sockets.on('connection', (socket, request) => {
      if (socket.protocol === '') return socket.close(1002, 'subprotocol mqtt is needed');
      socket.on('message', (_data, isBinary) => {
        if (!isBinary) socket.terminate();
      });
      this.#hand(createWebSocketStream(socket), request.socket, 'ws');
    });
    return server;
  }

  #hand(transport: Duplex, socket: Socket, protocol: Protocol): void {
    this.#deps.onConnection(transport, socket.remoteAddress ?? '', protocol);
  }

  /** Counts a socket, or closes it when there are too many. */
  #admit(socket: Socket): boolean {
    const { limits, onRefused } = this.#deps;
    socket.on('error', () => undefined);
    const sender = senderOf(socket.remoteAddress ?? '');
    const fromSender = this.#bySender.get(sender) ?? 0;
    const full = this.#sockets.size >= limits.connectionsMax;
    if (full || fromSender >= limits.connectionsPerAddressMax) {
      onRefused(full ? 'connections_max' : 'address_max');
      socket.destroy();
      return false;
    }
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    this.#bySender.set(sender, fromSender + 1);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const left = (this.#bySender.get(sender) ?? 1) - 1;
      if (left > 0) this.#bySender.set(sender, left);
      else this.#bySender.delete(sender);
    });
    return true;
  }
}

/** A page of another site must not reach the broker through its visitor's browser. */
function isOwnPage(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  const name = (url: string) => (URL.canParse(url) ? new URL(url).hostname : null);
  return name(origin) !== null && name(origin) === name(`http://${host}`);
}
