type Entry = { dueAt: number; key: string };

/**
 * The next deadline of many keys in one structure, with one timer for all of them.
 * Moving a deadline later is free: its heap entry stays where it is and is put right when it comes up.
 * That is the common case, as every message moves its device's timeout.
 */
export class DeadlineHeap {
  #heap: Entry[] = [];
  /** The deadline that counts, and the earliest heap entry that stands for it. */
  #deadlines = new Map<string, { dueAt: number; queuedAt: number }>();

  get size(): number {
    return this.#deadlines.size;
  }

  /** Sets, moves or (null) removes the deadline of `key`. */
  set(key: string, dueAt: number | null): void {
    if (dueAt === null) {
      this.#deadlines.delete(key);
      return;
    }
    const known = this.#deadlines.get(key);
    if (!known) {
      this.#deadlines.set(key, { dueAt, queuedAt: dueAt });
      this.#push({ dueAt, key });
      return;
    }
    known.dueAt = dueAt;
    if (dueAt < known.queuedAt) {
      known.queuedAt = dueAt;
      this.#push({ dueAt, key });
    }
  }

  /** The earliest deadline, or null without any. */
  nextAt(): number | null {
    this.#settle();
    return this.#heap[0]?.dueAt ?? null;
  }

  /** Takes out and returns the key with the earliest deadline at or before `now`, or null. */
  takeDue(now: number): string | null {
    this.#settle();
    const top = this.#heap[0];
    if (!top || top.dueAt > now) return null;
    this.#pop();
    this.#deadlines.delete(top.key);
    return top.key;
  }

  /** Brings an entry to the top whose time is its key's true deadline. */
  #settle(): void {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      const known = this.#deadlines.get(top.key);
      if (known && known.queuedAt === top.dueAt && known.dueAt === top.dueAt) return;
      this.#pop();
      if (known && known.queuedAt === top.dueAt) {
        known.queuedAt = known.dueAt;
        this.#push({ dueAt: known.dueAt, key: top.key });
      }
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up] as Entry;
      if (parent.dueAt <= entry.dueAt) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && (heap[right] as Entry).dueAt < (heap[child] as Entry).dueAt) child = right;
      if ((heap[child] as Entry).dueAt >= last.dueAt) break;
      heap[i] = heap[child] as Entry;
      i = child;
    }
    heap[i] = last;
  }
}
