import type { LiveKind, LiveReading } from '../model/live.ts';
import { topicMatches } from '../model/topic.ts';

/** What may wait for one client besides what Node has taken, bytes. */
export const CLIENT_BYTES_MAX = 1_048_576;
/** One write; what waits behind it can still be replaced by something newer. */
const WRITE_BYTES_MAX = 65_536;

/** What one client wants to hear. null: every device, every topic. */
export type Wants = {
  kinds: ReadonlySet<LiveKind>;
  devices: ReadonlySet<string> | null;
  topic: string | null;
};

/** Where the text goes: the response of a request. */
export type Sink = {
  /** false: no more until `drained` was called. */
  write(text: string): boolean;
  /** Ends the answer in good order. */
  end(): void;
  /** Cuts the connection. */
  destroy(): void;
};

/** A piece of text with its length in UTF-8. */
export type Frame = { text: string; bytes: number };
/** The newest reading of a device, as JSON. */
export type ReadingFrame = Frame & { reading: LiveReading };

/** `data` as one server-sent event. */
export function frameOf(name: LiveKind | 'hello' | 'lost', data: unknown): Frame {
  const text = `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  return { text, bytes: Buffer.byteLength(text) };
}

export function readingFrame(reading: LiveReading): ReadingFrame {
  const text = JSON.stringify(reading);
  return { text, bytes: Buffer.byteLength(text), reading };
}

/**
 * One listener of the live stream and what waits for it. What no list shows later (readings, messages) is the
 * first to go when it is slow; what must not be missed (states, sessions, events) goes out first.
 */
export class StreamClient {
  readonly #sink: Sink;
  readonly #wants: Wants;
  #vital: Frame[] = [];
  #messages: Frame[] = [];
  /** By device: a newer one takes the place of one that waits. */
  readonly #readings = new Map<string, ReadingFrame>();
  #waitingBytes = 0;
  #lost = { readings: 0, messages: 0 };
  #isBlocked = false;

  constructor(sink: Sink, wants: Wants) {
    this.#sink = sink;
    this.#wants = wants;
  }

  /** Whether it has not taken what was written last. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  wants(kind: LiveKind, deviceId?: string | null): boolean {
    const { kinds, devices } = this.#wants;
    if (!kinds.has(kind)) return false;
    return devices === null || deviceId === undefined || (deviceId !== null && devices.has(deviceId));
  }

  wantsTopic(topic: string): boolean {
    return this.#wants.topic === null || topicMatches(this.#wants.topic, topic);
  }

  /** Puts what must not be missed in the queue. @returns false when there is no room for it */
  vital(frame: Frame): boolean {
    if (!this.#hasRoom(frame.bytes)) this.#loseMessages();
    if (!this.#hasRoom(frame.bytes)) this.#loseReadings();
    if (!this.#hasRoom(frame.bytes)) return false;
    this.#vital.push(frame);
    this.#waitingBytes += frame.bytes;
    return true;
  }

  message(frame: Frame): void {
    if (!this.#hasRoom(frame.bytes)) {
      this.#lost.messages += 1;
      return;
    }
    this.#messages.push(frame);
    this.#waitingBytes += frame.bytes;
  }

  reading(frame: ReadingFrame): void {
    const { device_id } = frame.reading;
    const before = this.#readings.get(device_id);
    let newest = frame;
    if (before) {
      // A device may tell its values one by one: what the newer one does not say still holds.
      newest = readingFrame({ ...before.reading, ...frame.reading });
      this.#readings.delete(device_id);
      this.#waitingBytes -= before.bytes;
      this.#lost.readings += 1;
    }
    if (!this.#hasRoom(newest.bytes)) {
      this.#lost.readings += 1;
      return;
    }
    this.#readings.set(device_id, newest);
    this.#waitingBytes += newest.bytes;
  }

  /** Writes what waits, as far as the client takes it. */
  pump(): void {
    while (!this.#isBlocked) {
      const text = this.#next();
      if (text === '') return;
      this.#isBlocked = !this.#sink.write(text);
    }
  }

  /** Keeps the connection alive; one that is blocked is in use anyway. */
  heartbeat(): void {
    if (!this.#isBlocked) this.#isBlocked = !this.#sink.write(': heartbeat\n\n');
  }

  /** The client takes more again. */
  drained(): void {
    this.#isBlocked = false;
    this.pump();
  }

  end(): void {
    this.#sink.end();
  }

  destroy(): void {
    this.#sink.destroy();
  }

  #hasRoom(bytes: number): boolean {
    return this.#waitingBytes + bytes <= CLIENT_BYTES_MAX;
  }

  #loseMessages(): void {
    for (const { bytes } of this.#messages) this.#waitingBytes -= bytes;
    this.#lost.messages += this.#messages.length;
    this.#messages = [];
  }

  #loseReadings(): void {
    for (const { bytes } of this.#readings.values()) this.#waitingBytes -= bytes;
    this.#lost.readings += this.#readings.size;
    this.#readings.clear();
  }

  /** The next piece of text, the most important first; empty: nothing waits. */
  #next(): string {
    if (this.#vital.length > 0) return this.#take(this.#vital);
    if (this.#lost.readings + this.#lost.messages > 0) {
      const { text } = frameOf('lost', this.#lost);
      this.#lost = { readings: 0, messages: 0 };
      return text;
    }
    if (this.#readings.size > 0) return this.#takeReadings();
    return this.#messages.length > 0 ? this.#take(this.#messages) : '';
  }

  #take(queue: Frame[]): string {
    let bytes = 0;
    let count = 0;
    while (count < queue.length && (count === 0 || bytes + (queue[count]?.bytes ?? 0) <= WRITE_BYTES_MAX)) {
      bytes += queue[count]?.bytes ?? 0;
      count += 1;
    }
    this.#waitingBytes -= bytes;
    return queue
      .splice(0, count)
      .map(({ text }) => text)
      .join('');
  }

  #takeReadings(): string {
    const texts: string[] = [];
    let bytes = 0;
    for (const [deviceId, frame] of this.#readings) {
      if (texts.length > 0 && bytes + frame.bytes > WRITE_BYTES_MAX) break;
      texts.push(frame.text);
      bytes += frame.bytes;
      this.#readings.delete(deviceId);
    }
    this.#waitingBytes -= bytes;
    return `event: reading\ndata: [${texts.join(',')}]\n\n`;
  }
}
