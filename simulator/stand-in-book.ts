/** An event as it came over the wire: what Odoo reads of it first, and the rest. */
export type ReceivedEvent = { event_uid: string; [field: string]: unknown };

const EVENTS_KEPT_MAX = 1_000_000;

/** Whether a body can be stored: it tells its `event_uid`. */
export function isEvent(value: unknown): value is ReceivedEvent {
  return (
    typeof value === 'object' && value !== null && 'event_uid' in value && typeof value.event_uid === 'string'
  );
}

/** The events that were accepted, and who waits for them. */
export class EventBook {
  readonly #events = new Map<string, ReceivedEvent>();
  #waiting: { count: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  #stored = 0;
  repeats = 0;

  /** Stores an event unless it is there already. */
  accept(event: ReceivedEvent): 'ok' | 'duplicate' {
    const uid = event.event_uid;
    if (this.#events.has(uid)) {
      this.repeats++;
      return 'duplicate';
    }
    this.#events.set(uid, event);
    this.#stored++;
    if (this.#events.size > EVENTS_KEPT_MAX) {
      const [oldest = uid] = this.#events.keys();
      this.#events.delete(oldest);
    }
    for (const waiter of this.#waiting) if (waiter.count <= this.#stored) waiter.resolve();
    this.#waiting = this.#waiting.filter((waiter) => waiter.count > this.#stored);
    return 'ok';
  }

  list(): ReceivedEvent[] {
    return [...this.#events.values()];
  }

  reach(count: number): Promise<void> {
    if (count <= this.#stored) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ count, resolve, reject }));
  }

  close(): void {
    for (const waiter of this.#waiting) {
      waiter.reject(new Error(`closed with ${this.#stored} of ${waiter.count} events`));
    }
    this.#waiting = [];
  }
}
