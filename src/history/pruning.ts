import type { Database } from '../store/database.ts';
import { MessageHistoryTable } from '../store/message-history.ts';
import { CHUNK_SPAN_MS_MAX, ReadingChunksTable } from '../store/reading-chunks.ts';
import { readingMinutesTable } from '../store/reading-minutes.ts';
import type { Keep } from './protocol.ts';

const DAY_MS = 86_400_000;
/** Minutes are small, and kept this many times as long as the readings they are of. */
const MINUTES_TIMES = 4;
/** What one step deletes at most. */
const MESSAGES_A_STEP = 500;
const CHUNKS_A_STEP = 50;
const MINUTES_A_STEP = 2000;
const DEVICES_A_STEP = 20;
const PAGES_A_STEP = 500;
/** How often the minutes of all devices are gone through, unless there is too little room. */
const ROUND_MS = 600_000;
/** What is too large gives up the oldest hundredth at a time. */
const SHARE_LEFT = 0.99;

/** Deletes what is too old, and the oldest when history.db is too large: in small steps, so that others get their turn. */
export class Pruning {
  readonly #database: Database;
  readonly #messages;
  readonly #chunks;
  readonly #minutes;
  readonly #messagesMs: number;
  readonly #readingsMs: number;
  readonly #bytesMax: number;
  readonly #pages;
  /** Whose minutes were looked at last in this round; null: the next one begins at `#roundAt`. */
  #device: number | null = 0;
  #roundAt = 0;

  constructor(database: Database, { messagesDays, readingsDays, historyBytesMax }: Keep) {
    this.#database = database;
    this.#messages = new MessageHistoryTable(database);
    this.#chunks = new ReadingChunksTable(database);
    this.#minutes = readingMinutesTable(database);
    this.#messagesMs = messagesDays * DAY_MS;
    this.#readingsMs = readingsDays * DAY_MS;
    this.#bytesMax = historyBytesMax;
    this.#pages = database.prepare(
      `SELECT p.page_count - f.freelist_count AS used, f.freelist_count AS free, s.page_size AS size
       FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s`,
    );
  }

  /** Does one step, a few milliseconds long; whether there is more to do. */
  step(nowMs: number): boolean {
    const { used, free, size } = this.#pages.get() ?? {};
    const isTooLarge = Number(used) * Number(size) > this.#bytesMax;
    const more = this.#database.transaction(() => this.#delete(nowMs, isTooLarge));
    if (more || Number(free) > 0) this.#database.exec(`PRAGMA incremental_vacuum(${PAGES_A_STEP})`);
    return more || Number(free) > PAGES_A_STEP;
  }

  #delete(nowMs: number, isTooLarge: boolean): boolean {
    const share = isTooLarge ? SHARE_LEFT * this.#shareInUse(nowMs) : 1;
    // A chunk is deleted as a whole: when its last reading is too old, or for want of room its first one.
    const chunksMs = share * this.#readingsMs + (isTooLarge ? 0 : CHUNK_SPAN_MS_MAX);
    const messages = this.#messages.prune(nowMs - share * this.#messagesMs, MESSAGES_A_STEP);
    const chunks = this.#chunks.prune(nowMs - chunksMs, CHUNKS_A_STEP);
    if (isTooLarge && this.#device === null) this.#device = 0;
    const minutes = this.#pruneMinutes(nowMs, nowMs - share * MINUTES_TIMES * this.#readingsMs);
    return messages || chunks || minutes;
  }

  /** How much of its own retention the kind that goes back furthest has used: it is the next to give up something. */
  #shareInUse(nowMs: number): number {
    const messagesAt = this.#messages.oldestAt() ?? nowMs;
    const chunksAt = this.#chunks.oldestAt() ?? nowMs;
    const shares = [(nowMs - messagesAt) / this.#messagesMs, (nowMs - chunksAt) / this.#readingsMs];
    return Math.min(1, Math.max(0, ...shares));
  }

  /** Looks at the next devices of the round; whether it goes on. */
  #pruneMinutes(nowMs: number, beforeMs: number): boolean {
    if (this.#device === null) {
      if (nowMs < this.#roundAt) return false;
      this.#device = 0;
    }
    let deleted = 0;
    for (let devices = 0; devices < DEVICES_A_STEP && deleted < MINUTES_A_STEP; devices++) {
      const device = this.#minutes.deviceAfter(this.#device);
      if (device === null) {
        this.#device = null;
        this.#roundAt = nowMs + ROUND_MS;
        return deleted > 0;
      }
      const changes = this.#minutes.prune(device, beforeMs, MINUTES_A_STEP);
      deleted += changes;
      if (changes < MINUTES_A_STEP) this.#device = device;
    }
    return true;
  }
}
