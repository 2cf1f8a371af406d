import type { EmbeddedLimits } from './limits.ts';

/** Keeps count of the retained messages, so that they stay within their bounds. */
export class RetainedBound {
  readonly #limits: Pick<EmbeddedLimits, 'retainedMax' | 'retainedBytesMax'>;
  readonly #sizes: Map<string, number>;
  #bytes = 0;

  /** @param stored what is there already */
  constructor(
    limits: Pick<EmbeddedLimits, 'retainedMax' | 'retainedBytesMax'>,
    stored: readonly { topic: string; bytes: number }[],
  ) {
    this.#limits = limits;
    this.#sizes = new Map(stored.map(({ topic, bytes }) => [topic, bytes]));
    for (const { bytes } of stored) this.#bytes += bytes;
  }

  /** Counts a message in, or says that it is too much. One without payload takes its topic's away. */
  admit(topic: string, payload: Buffer): boolean {
    const before = this.#sizes.get(topic);
    const bytes = payload.length === 0 ? 0 : Buffer.byteLength(topic) + payload.length;
    const total = this.#bytes - (before ?? 0) + bytes;
    if (bytes > 0) {
      if (before === undefined && this.#sizes.size >= this.#limits.retainedMax) return false;
      if (total > this.#limits.retainedBytesMax) return false;
      this.#sizes.set(topic, bytes);
    } else this.#sizes.delete(topic);
    this.#bytes = total;
    return true;
  }
}
