/** Triggers that wait, over all flows; above either bound the fullest flow loses its oldest. */
const WAITING_MAX = 1000;
const BYTES_MAX = 16_777_216;

type Waiting<Item> = { item: Item; bytes: number };
type Queue<Item> = { waiting: Waiting<Item>[]; bytes: number };

/** What waits for its turn, in order per owner, and bounded over all owners together. */
export class Backlog<Owner, Item> {
  readonly #queues = new Map<Owner, Queue<Item>>();
  readonly #onDropped: (owner: Owner) => void;
  #count = 0;
  #bytes = 0;

  constructor(onDropped: (owner: Owner) => void) {
    this.#onDropped = onDropped;
  }

  push(owner: Owner, item: Item, bytes: number): void {
    const queue = this.#queues.get(owner) ?? { waiting: [], bytes: 0 };
    this.#queues.set(owner, queue);
    queue.waiting.push({ item, bytes });
    queue.bytes += bytes;
    this.#count += 1;
    this.#bytes += bytes;
    while (this.#count > WAITING_MAX || this.#bytes > BYTES_MAX) {
      const fullest = this.#fullest(this.#count > WAITING_MAX ? 'count' : 'bytes');
      this.shift(fullest);
      this.#onDropped(fullest);
    }
  }

  /** The oldest of `owner`, taken out. */
  shift(owner: Owner): Item | undefined {
    const queue = this.#queues.get(owner);
    const first = queue?.waiting.shift();
    if (!queue || !first) return undefined;
    queue.bytes -= first.bytes;
    this.#count -= 1;
    this.#bytes -= first.bytes;
    if (queue.waiting.length === 0) this.#queues.delete(owner);
    return first.item;
  }

  /** Forgets what waits for `owner`. */
  clear(owner: Owner): void {
    const queue = this.#queues.get(owner);
    if (!queue) return;
    this.#count -= queue.waiting.length;
    this.#bytes -= queue.bytes;
    this.#queues.delete(owner);
  }

  #fullest(by: 'count' | 'bytes'): Owner {
    const size = (queue: Queue<Item>) => (by === 'count' ? queue.waiting.length : queue.bytes);
    const [first, ...others] = this.#queues;
    if (!first) throw new Error('an empty backlog is over its bound');
    return others.reduce((most, other) => (size(other[1]) > size(most[1]) ? other : most), first)[0];
  }
}
