import type { Cancel, Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Database } from '../../store/database.ts';

/** One change: what is written, and what follows when it is on disk, or is not. */
type Entry = {
  write: (() => void) | null;
  /** Whether it must outlive a power cut, too. */
  durable: boolean;
  tell: ((stored: boolean) => void) | null;
};

export type JournalDeps = { database: Database; clock: Clock; log: Log };

const RETRY_MS = 1000;
/** Changes nobody waits for that are kept while the disk does not take them. */
const KEPT_MAX = 10_000;

/** Gathers what the broker has to write in one turn of the event loop into one transaction. */
export class Journal {
  readonly #deps: JournalDeps;
  #entries: Entry[] = [];
  #scheduled = false;
  #telling = false;
  #failing = false;
  #cancelRetry: Cancel | null = null;

  constructor(deps: JournalDeps) {
    this.#deps = deps;
  }

  /** Writes with the next transaction; nobody waits for it. */
  note(write: () => void): void {
    this.#add({ write, durable: false, tell: null });
  }

  /**
   * Calls `then` when `write` is on disk and everything before it has been told. Without `write` that is at
   * once when nothing waits, so that the order stays.
   */
  commit(write: (() => void) | null, durable: boolean, then: (stored: boolean) => void): void {
    const first = !this.#telling && !this.#entries.some((entry) => entry.tell);
    if (write === null && first) then(true);
    else this.#add({ write, durable, tell: then });
  }

  /** Writes what waits, now. */
  flush(): void {
    this.#scheduled = false;
    const entries = this.#entries;
    this.#entries = [];
    if (entries.length === 0) return;
    let stored = true;
    try {
      const safeFrom = entries.some(({ durable }) => durable) ? 'power_cut' : 'crash';
      if (entries.some(({ write }) => write)) {
        this.#deps.database.transaction(() => {
          for (const { write } of entries) write?.();
        }, safeFrom);
      }
      if (this.#failing) this.#deps.log.info('store_recovered');
      this.#failing = false;
    } catch (error) {
      stored = false;
      this.#failed(error as Error, entries);
    }
    this.#telling = true;
    for (const { write, tell } of entries) tell?.(stored || write === null);
    this.#telling = false;
  }

  /** Writes what waits; nothing is tried again later. */
  stop(): void {
    this.flush();
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#entries = [];
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#deps.clock.soon(() => {
      if (this.#scheduled) this.flush();
    });
  }

  #failed(error: Error, entries: Entry[]): void {
    const { log, clock } = this.#deps;
    if (!this.#failing) log.error('store_failed', { message: error.message, retry_in_s: RETRY_MS / 1000 });
    this.#failing = true;
    this.#entries = entries.filter(({ tell }) => tell === null).slice(-KEPT_MAX);
    this.#cancelRetry?.();
    this.#cancelRetry = clock.after(RETRY_MS, () => this.flush());
  }
}
