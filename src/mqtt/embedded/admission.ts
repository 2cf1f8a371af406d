import type { Duplex } from 'node:stream';
import type { ClientIdentity } from '../../model/client-identity.ts';
import type { Cancel, Clock } from '../../platform/clock.ts';
import { type ConnectRequest, readConnect } from './client-packet.ts';
import { FrameReader } from './frame-reader.ts';
import { connack } from './guarded-stream.ts';
import type { Authenticate } from './identity.ts';
import { CONNECT_BYTES_MAX, CONNECT_TIMEOUT_MS, LOGIN_DELAY_MAX_MS } from './limits.ts';

/** CONNACK of MQTT 5 with the reason "unsupported protocol version" (MQTT 5, 3.2). */
const UNSUPPORTED_IN_MQTT_5 = Buffer.from([0x20, 3, 0, 0x84, 0]);
const UNSUPPORTED = connack(1);
const CLIENT_ID_REJECTED = connack(2);
const BAD_LOGIN = connack(4);
/** A refused client gets this long to read why. */
const LINGER_MS = 1000;

/** A client that may come in. */
export type Admitted = {
  transport: Duplex;
  identity: ClientIdentity;
  request: ConnectRequest;
  connect: Buffer;
  reader: FrameReader;
};

export type RefusalReason =
  | 'connect_timeout'
  | 'too_large'
  | 'malformed'
  | 'protocol_version'
  | 'client_id'
  | 'login'
  | 'closed';

export type AdmissionDeps = {
  clock: Clock;
  authenticate: Authenticate;
  onAdmitted(admitted: Admitted): void;
  /** `detail`: why a login was refused, or the client id that speaks another version. */
  onRefused(reason: RefusalReason, detail: string): void;
};

/**
 * Handles a new socket until its client may come in or is turned away. It holds no more than one CONNECT
 * packet and reads nothing while the login is decided.
 */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #transport: Duplex;
  readonly #address: string;
  readonly #reader = new FrameReader(CONNECT_BYTES_MAX);
  #cancelTimer: Cancel = () => undefined;
  #over = false;
  readonly #onData = (chunk: Buffer) => this.#read(chunk);
  readonly #onEnd = () => this.#refuse('closed', '');

  constructor(transport: Duplex, address: string, deps: AdmissionDeps) {
    this.#deps = deps;
    this.#transport = transport;
    this.#address = address;
  }

  start(): void {
    const transport = this.#transport;
    this.#cancelTimer = this.#deps.clock.after(CONNECT_TIMEOUT_MS, () => this.#refuse('connect_timeout', ''));
    transport.on('data', this.#onData);
    transport.on('end', this.#onEnd);
    transport.on('error', this.#onEnd);
    transport.on('close', this.#onEnd);
  }

  #read(chunk: Buffer): void {
    this.#reader.push(chunk);
    const frame = this.#reader.next();
    if (frame === null) return;
    if ('fault' in frame) return this.#refuse(frame.fault, '');
    const request = readConnect(frame.packet);
    if (!request) return this.#refuse('malformed', '');
    this.#transport.pause();
    this.#transport.off('data', this.#onData);
    this.#cancelTimer();
    const { version, clientId } = request;
    if (version === 5) return this.#refuse('protocol_version', clientId, UNSUPPORTED_IN_MQTT_5);
    if (version !== 3 && version !== 4) return this.#refuse('protocol_version', clientId, UNSUPPORTED);
    // Without a name there is nothing to keep a session under (3.1.3-8).
    if (clientId === '' && !request.clean) return this.#refuse('client_id', '', CLIENT_ID_REJECTED);
    void this.#login(request, Buffer.from(frame.packet));
  }

  async #login(request: ConnectRequest, connect: Buffer): Promise<void> {
    const { clientId, username, password } = request;
    const answer = await this.#deps.authenticate({ clientId, username, password, address: this.#address });
    if (this.#over) return;
    if (answer.status === 'refused') {
      const delayMs = Math.min(answer.delayMs ?? 0, LOGIN_DELAY_MAX_MS);
      this.#cancelTimer = this.#deps.clock.after(delayMs, () =>
        this.#refuse('login', answer.reason, BAD_LOGIN),
      );
      return;
    }
    this.#leave();
    const { identity } = answer;
    this.#deps.onAdmitted({ transport: this.#transport, identity, request, connect, reader: this.#reader });
  }

  #leave(): void {
    this.#over = true;
    this.#cancelTimer();
    this.#transport.off('data', this.#onData);
    this.#transport.off('end', this.#onEnd);
    this.#transport.off('error', this.#onEnd);
    this.#transport.off('close', this.#onEnd);
  }

  #refuse(reason: RefusalReason, detail: string, answer?: Buffer): void {
    if (this.#over) return;
    this.#leave();
    this.#transport.on('error', () => undefined);
    this.#deps.onRefused(reason, detail);
    if (!answer) {
      this.#transport.destroy();
      return;
    }
    // What the client still sends is thrown away, so that closing does not cut the answer off.
    this.#transport.resume();
    this.#transport.end(answer);
    const cancel = this.#deps.clock.after(LINGER_MS, () => this.#transport.destroy());
    this.#transport.once('close', cancel);
  }
}
