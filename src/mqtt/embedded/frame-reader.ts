/** A whole packet; nothing, because more bytes are needed; or bytes that cannot be MQTT. */
export type Frame = { packet: Buffer } | { fault: 'too_large' | 'malformed' } | null;

/** Fixed header: one byte of type and flags, then the remaining length in 1 to 4 bytes (MQTT 3.1.1, 2.2). */
const HEADER_BYTES_MAX = 5;
/** Bytes that drip in one by one are joined now and then, since each chunk costs far more than its bytes. */
const CHUNKS_MAX = 64;

/** Cuts a stream of bytes into packets, and looks at the announced length before it keeps anything. */
export class FrameReader {
  #packetBytesMax: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(packetBytesMax: number) {
    this.#packetBytesMax = packetBytesMax;
  }

  /** Bytes that are not given out yet. */
  get bytes(): number {
    return this.#bytes;
  }

  allow(packetBytesMax: number): void {
    this.#packetBytesMax = packetBytesMax;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#chunks.length >= CHUNKS_MAX) this.#chunks = [Buffer.concat(this.#chunks)];
  }

  /** The next packet; `null` until it is complete. */
  next(): Frame {
    const size = this.#packetSize();
    if (size === null || typeof size === 'object') return size;
    if (this.#bytes < size) return null;
    const all = this.#join(size);
    const rest = all.subarray(size);
    this.#chunks = rest.length > 0 ? [rest, ...this.#chunks.slice(1)] : this.#chunks.slice(1);
    this.#bytes -= size;
    return { packet: all.subarray(0, size) };
  }

  /** The first `size` bytes at least, in the first chunk. */
  #join(size: number): Buffer {
    const [first] = this.#chunks;
    if (first && (first.length >= size || this.#chunks.length === 1)) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  #packetSize(): number | { fault: 'too_large' | 'malformed' } | null {
    if (this.#bytes < 2) return null;
    const head = this.#join(Math.min(HEADER_BYTES_MAX, this.#bytes));
    let length = 0;
    for (let i = 1; i < HEADER_BYTES_MAX; i++) {
      const byte = head[i];
      if (byte === undefined) return null;
      length += (byte & 0x7f) * 128 ** (i - 1);
      if (length + i + 1 > this.#packetBytesMax) return { fault: 'too_large' };
      if (byte < 0x80) return length + i + 1;
    }
    return { fault: 'malformed' };
  }
}
