const TOPICS_MAX = 50_000;
const WINDOW_MS = 1000;
const LOOKS_MAX = 2000;
const LOOK_BYTES_MAX = 4_194_304;

/** What is remembered of a topic, so that not every message of it is looked at. */
export type HeardTopic<Meter> = {
  meters: readonly Meter[];
  /** How often in a row it told of no meter. */
  emptyLooks: number;
  /** Steady clock, ms. */
  nextLookAt: number;
};

/** The topics that were looked at, at most 50 000: of the broker with the most, the longest unseen goes first. */
export class HeardTopics<Meter> {
  readonly #brokers = new Map<string, Map<string, HeardTopic<Meter>>>();
  #count = 0;

  get size(): number {
    return this.#count;
  }

  get(brokerId: string, topic: string): HeardTopic<Meter> | undefined {
    return this.#brokers.get(brokerId)?.get(topic);
  }

  set(brokerId: string, topic: string, heard: HeardTopic<Meter>): void {
    let topics = this.#brokers.get(brokerId);
    if (!topics) {
      topics = new Map();
      this.#brokers.set(brokerId, topics);
    }
    if (topics.delete(topic)) this.#count -= 1;
    else if (this.#count >= TOPICS_MAX) this.#forgetOne();
    topics.set(topic, heard);
    this.#count += 1;
  }

  clear(): void {
    this.#brokers.clear();
    this.#count = 0;
  }

  #forgetOne(): void {
    let most = new Map<string, HeardTopic<Meter>>();
    for (const topics of this.#brokers.values()) if (topics.size > most.size) most = topics;
    const [oldest] = most.keys();
    if (oldest !== undefined && most.delete(oldest)) this.#count -= 1;
  }
}

/** How much may be looked at in a second: 2000 messages, 4 MiB. */
export class LookBudget {
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #looks = 0;
  #bytes = 0;

  /** Takes one look at `bytes`, or says that it must not be. */
  take(bytes: number, steadyAt: number): boolean {
    if (steadyAt >= this.#windowEndsAt) {
      this.#windowEndsAt = steadyAt + WINDOW_MS;
      this.#looks = 0;
      this.#bytes = 0;
    }
    if (this.#looks >= LOOKS_MAX || this.#bytes + bytes > LOOK_BYTES_MAX) return false;
    this.#looks += 1;
    this.#bytes += bytes;
    return true;
  }
}
