import type { Backoff } from '../platform/backoff.ts';
import type { Cancel, Clock } from '../platform/clock.ts';

/** Events that must stay in order among themselves; one entry, however many events wait on disk. */
export type Lane = {
  readonly name: string;
  /** ready: waits for its turn; busy: has an event out; waiting: its time has not come. */
  state: 'ready' | 'busy' | 'waiting';
  /** Whether events were added since its turn began. */
  woken: boolean;
  /** The growing wait after refusals, or after outages that this lane began; null when all is well. */
  backoff: Backoff | null;
  /** Outages that began with an event of this lane, since the last one that Odoo answered. */
  outagesBegun: number;
  /** Events at its head that go one by one, because a batch with them found Odoo away. */
  singles: number;
  cancelWait: Cancel | null;
};

type LaneQueueDeps = {
  clock: Clock;
  /** Up to `limit` lanes on disk where events wait, by name, after `after`. */
  readLanes: (after: string, limit: number) => string[];
  /** Most lanes in memory; the others stay on disk until there is room. */
  lanesMax: number;
};

const PAGE_LANES_MAX = 1000;
/** The queue is an array with a moving head; beyond this many taken entries the front is cut off. */
const TAKEN_MAX = 1024;
/** A place in the queue: when its turn comes, the next page of lanes is read from disk and joins at the end. */
const NEXT_PAGE = null;

/** Lanes in the order of their turns. A lane that has been served goes to the end. */
export class LaneQueue {
  readonly #deps: LaneQueueDeps;
  readonly #lanes = new Map<string, Lane>();
  #turns: (Lane | typeof NEXT_PAGE)[] = [];
  #taken = 0;
  #after = '';
  #reading = false;

  constructor(deps: LaneQueueDeps) {
    this.#deps = deps;
  }

  /** Lets the lanes that have events on disk join, page by page. */
  readFromDisk(): void {
    this.#after = '';
    if (this.#reading) return;
    this.#reading = true;
    this.#turns.push(NEXT_PAGE);
  }

  /** Says that a lane has got events. */
  wake(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane) lane.woken = true;
    else if (this.#lanes.size < this.#deps.lanesMax) this.#join(name);
    else this.readFromDisk();
  }

  /** The lane whose turn it is, from now on busy; null when none is ready. May throw what `readLanes` throws. */
  take(): Lane | null {
    for (;;) {
      const next = this.#shift();
      if (next === undefined) return null;
      if (next !== NEXT_PAGE) {
        next.state = 'busy';
        next.woken = false;
        return next;
      }
      if (!this.#readPage()) return null;
    }
  }

  /** Gives the lane that was taken last its turn back: it is the next one. */
  takeBack(lane: Lane): void {
    lane.state = 'ready';
    if (this.#taken > 0) this.#turns[--this.#taken] = lane;
    else this.#turns.unshift(lane);
  }

  /** Gives a busy lane back: its next turn comes after all that are ready now. */
  giveBack(lane: Lane): void {
    lane.state = 'ready';
    this.#turns.push(lane);
  }

  /** Gives a busy lane back after `delayMs`, then calls `onReady`. */
  giveBackAfter(lane: Lane, delayMs: number, onReady: () => void): void {
    lane.state = 'waiting';
    lane.cancelWait = this.#deps.clock.after(delayMs, () => {
      lane.cancelWait = null;
      this.giveBack(lane);
      onReady();
    });
  }

  /** Forgets a busy lane that has nothing left to send. */
  leave(lane: Lane): void {
    this.#lanes.delete(lane.name);
  }

  /** Forgets all but the busy lanes. */
  clear(): void {
    for (const lane of this.#lanes.values()) {
      lane.cancelWait?.();
      if (lane.state !== 'busy') this.#lanes.delete(lane.name);
    }
    this.#turns = [];
    this.#taken = 0;
    this.#reading = false;
  }

  #join(name: string): void {
    const lane: Lane = {
      name,
      state: 'ready',
      woken: true,
      backoff: null,
      outagesBegun: 0,
      singles: 0,
      cancelWait: null,
    };
    this.#lanes.set(name, lane);
    this.#turns.push(lane);
  }

  #shift(): Lane | typeof NEXT_PAGE | undefined {
    const next = this.#turns[this.#taken];
    if (next === undefined) return undefined;
    this.#taken++;
    if (this.#taken === this.#turns.length || this.#taken > Math.max(TAKEN_MAX, this.#turns.length / 2)) {
      this.#turns = this.#turns.slice(this.#taken);
      this.#taken = 0;
    }
    return next;
  }

  /** @returns false when memory is full and nothing is ready: the page is read when a lane has left */
  #readPage(): boolean {
    const room = this.#deps.lanesMax - this.#lanes.size;
    const othersReady = this.#taken < this.#turns.length;
    if (room <= 0) {
      this.#turns.push(NEXT_PAGE);
      return othersReady;
    }
    const limit = Math.min(room, PAGE_LANES_MAX);
    let names: string[];
    try {
      names = this.#deps.readLanes(this.#after, limit);
    } catch (error) {
      this.#turns.push(NEXT_PAGE);
      throw error;
    }
    for (const name of names) if (!this.#lanes.has(name)) this.#join(name);
    this.#after = names.at(-1) ?? '';
    this.#reading = names.length === limit;
    if (this.#reading) this.#turns.push(NEXT_PAGE);
    return true;
  }
}
