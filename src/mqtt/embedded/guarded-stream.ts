import { Duplex } from 'node:stream';
import type { Cancel, Clock } from '../../platform/clock.ts';
import { isClientPacket, PACKET, packetType, readSubscribe } from './client-packet.ts';
import { FrameReader } from './frame-reader.ts';
import { IN_FLIGHT_MAX, UNSENT_BYTES_MAX } from './limits.ts';

export type GuardedStreamOptions = {
  /** The socket: TCP, TLS or WebSocket. */
  transport: Duplex;
  /** What was read of it behind CONNECT. */
  reader: FrameReader;
  clock: Clock;
  /** The client said goodbye (DISCONNECT). */
  onGoodbye(): void;
  /** The client broke the protocol; the connection ends. */
  onFault(reason: string): void;
};

/** What is written gets this long to leave before a socket is cut. */
const LINGER_MS = 1000;

/** The answer to CONNECT. */
export const connack = (code: number) => Buffer.from([0x20, 2, 0, code]);

/**
 * Stands between a client's socket and Aedes, which then sees whole, well-formed packets only, a bounded
 * number at a time: nothing before `open`, and no more publishes than `settled` made room for. DISCONNECT and
 * the end of the socket count when all before them is settled: Aedes would forget what is under way.
 */
export class GuardedStream extends Duplex {
  readonly #options: GuardedStreamOptions;
  readonly #reader: FrameReader;
  #isOpen = false;
  #ended = false;
  #wanted = true;
  #scheduled = false;
  #inFlight = 0;
  #goodbye = false;
  /** Of SUBSCRIBE packets that name a filter twice: which of the answers each filter gets. */
  readonly #repeats = new Map<number, number[]>();
  #cancelLinger: Cancel | null = null;

  constructor(options: GuardedStreamOptions) {
    // One push at a time waits for Aedes: see `#advanceSoon`.
    super({ readableHighWaterMark: 1, writableHighWaterMark: 2 * UNSENT_BYTES_MAX, allowHalfOpen: false });
    this.#options = options;
    this.#reader = options.reader;
    const { transport } = options;
    transport.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk);
      this.#advance();
    });
    const end = () => {
      this.#ended = true;
      this.#advance();
    };
    transport.on('end', end);
    transport.on('error', end);
    transport.on('close', () => {
      this.#cancelLinger?.();
      end();
    });
  }

  /** Gives CONNECT to Aedes. */
  begin(connect: Buffer): void {
    this.push(connect);
  }

  /** CONNECT was answered: what follows may come. */
  open(): void {
    this.#isOpen = true;
    this.#advance();
  }

  /** One publish is done with. */
  settled(): void {
    this.#inFlight--;
    this.#advanceSoon();
  }

  override _read(): void {
    this.#wanted = true;
    this.#advanceSoon();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { transport, clock } = this.#options;
    if (error) transport.destroy();
    else if (!transport.destroyed) {
      transport.end();
      transport.resume();
      this.#cancelLinger = clock.after(LINGER_MS, () => transport.destroy());
    }
    done();
  }

  /**
   * Not at once: Aedes reads on from within its parser, which would take the packet it is at a second time.
   * It must find nothing to read before it has returned.
   */
  #advanceSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.clock.soon(() => {
      this.#scheduled = false;
      this.#advance();
    });
  }

  #advance(): void {
    if (!this.#isOpen || this.destroyed) return;
    const passed = this.#take();
    if (passed.length > 0) this.#wanted = this.push(Buffer.concat(passed));
    if (!this.destroyed) this.#pace();
  }

  #isBlocked(): boolean {
    return !this.#wanted || this.#inFlight >= IN_FLIGHT_MAX;
  }

  /** The packets that may pass now. */
  #take(): Buffer[] {
    const passed: Buffer[] = [];
    while (!this.#goodbye && !this.#isBlocked()) {
      const frame = this.#reader.next();
      if (frame === null) break;
      if ('fault' in frame || !isClientPacket(frame.packet)) {
        this.#options.onFault('fault' in frame ? frame.fault : 'malformed');
        this.destroy(new Error('protocol fault'));
        return [];
      }
      const type = packetType(frame.packet);
      if (type === PACKET.disconnect) {
        this.#goodbye = true;
        this.#options.onGoodbye();
        break;
      }
      if (type === PACKET.publish) this.#inFlight++;
      if (type === PACKET.subscribe) this.#noteRepeats(frame.packet);
      passed.push(frame.packet);
    }
    return passed;
  }

  /** Reads on only while there is room; ends when nothing more comes and all that came is settled. */
  #pace(): void {
    const { transport } = this.#options;
    if (this.#goodbye || (this.#ended && !this.#isBlocked())) {
      if (this.#inFlight === 0) this.#finish();
      return;
    }
    if (transport.destroyed) return;
    if (this.#isBlocked() && this.#reader.bytes > 0) transport.pause();
    else transport.resume();
  }

  /** Aedes may still have to read what was passed to it. */
  #finish(): void {
    if (this.destroyed) return;
    this.#options.clock.soon(() => {
      if (this.readableLength > 0) this.#finish();
      else this.destroy();
    });
  }

  #noteRepeats(packet: Buffer): void {
    const subscribe = readSubscribe(packet);
    if (!subscribe) return;
    const distinct = [...new Set(subscribe.filters)];
    if (distinct.length === subscribe.filters.length) return;
    this.#repeats.set(
      subscribe.messageId,
      subscribe.filters.map((filter) => distinct.indexOf(filter)),
    );
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    const { transport } = this.#options;
    // What the client cannot get any more must not keep its last publishes from being handled.
    if (transport.destroyed || !transport.writable) return done();
    transport.write(this.#repeats.size > 0 ? this.#completeAnswers(bytes) : bytes, () => done());
  }

  /** Aedes answers a filter that one SUBSCRIBE names twice only once; every one must be answered (3.8.4). */
  #completeAnswers(bytes: Buffer): Buffer {
    const reader = new FrameReader(Number.POSITIVE_INFINITY);
    reader.push(bytes);
    const packets: Buffer[] = [];
    for (let frame = reader.next(); frame && 'packet' in frame; frame = reader.next()) {
      packets.push(this.#completeAnswer(frame.packet));
    }
    return Buffer.concat(packets);
  }

  #completeAnswer(packet: Buffer): Buffer {
    if (packetType(packet) !== PACKET.suback) return packet;
    const lengthBytes = packet.findIndex((byte, i) => i > 0 && byte < 0x80);
    const messageId = packet.readUInt16BE(lengthBytes + 1);
    const places = this.#repeats.get(messageId);
    if (!places) return packet;
    this.#repeats.delete(messageId);
    const codes = packet.subarray(lengthBytes + 3);
    const body = Buffer.from([
      messageId >> 8,
      messageId & 0xff,
      ...places.map((place) => codes[place] ?? 0x80),
    ]);
    const length = body.length < 0x80 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
    return Buffer.concat([Buffer.from([PACKET.suback << 4, ...length]), body]);
  }
}
