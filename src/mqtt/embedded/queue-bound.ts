import { QUEUED_BYTES_MAX, QUEUED_MAX } from './limits.ts';

type Size = { messages: number; bytes: number };

/** A full queue is counted again after this time. */
const RECOUNT_MS = 1000;

/**
 * Keeps what waits for each absent client within its bounds. What is acknowledged is not followed: a queue
 * that seems full is counted again.
 */
export class QueueBound {
  readonly #count: (client: string) => Size;
  readonly #steadyMs: () => number;
  readonly #sizes = new Map<string, Size & { countedAt: number }>();

  constructor(count: (client: string) => Size, steadyMs: () => number) {
    this.#count = count;
    this.#steadyMs = steadyMs;
  }

  /** Counts a message of `bytes` in, or says that the queue is full. */
  admit(client: string, bytes: number): boolean {
    let size = this.#sizes.get(client) ?? this.#recount(client);
    if (isFull(size, bytes)) {
      if (this.#steadyMs() - size.countedAt < RECOUNT_MS) return false;
      size = this.#recount(client);
      if (isFull(size, bytes)) return false;
    }
    size.messages++;
    size.bytes += bytes;
    return true;
  }

  forget(client: string): void {
    this.#sizes.delete(client);
  }

  #recount(client: string): Size & { countedAt: number } {
    const size = { ...this.#count(client), countedAt: this.#steadyMs() };
    this.#sizes.set(client, size);
    return size;
  }
}

const isFull = (size: Size, bytes: number) =>
  size.messages >= QUEUED_MAX || size.bytes + bytes > QUEUED_BYTES_MAX;
