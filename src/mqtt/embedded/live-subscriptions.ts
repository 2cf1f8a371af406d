import { TopicTree } from './topic-tree.ts';

type Qos = 0 | 1 | 2;
type Packet = { topic: string; qos: Qos };
type Done = () => void;
type Notify = (packet: Packet, done: Done) => void;
type Listener = { notify: Notify; client: unknown; qos: Qos };

/** Who is being subscribed while Aedes adds a listener. */
type Subscribing = { client: unknown; qos: Qos };

/**
 * Distributes messages to the connected clients: Aedes' message emitter. Different from its own it knows
 * whose listener is which, so that a client with overlapping filters gets a message once, with the highest
 * QoS of them (MQTT 3.1.1, 3.3.5), and never a higher one than it asked for.
 */
export class LiveSubscriptions {
  readonly #tree = new TopicTree<Listener>();
  #subscribing: Subscribing | null = null;

  /** Runs `add`, in which Aedes calls `on` for the client. */
  subscribing(client: unknown, qos: Qos, add: () => void): void {
    this.#subscribing = { client, qos };
    add();
    this.#subscribing = null;
  }

  on(filter: string, notify: Notify, done?: Done): this {
    const { client, qos } = this.#subscribing ?? { client: notify, qos: 2 as const };
    this.#tree.set(filter, notify, { notify, client, qos });
    done?.();
    return this;
  }

  removeListener(filter: string, notify: Notify, done?: Done): this {
    this.#tree.delete(filter, notify);
    if (done) setImmediate(done);
    return this;
  }

  emit(packet: Packet, done?: Done): this {
    const best = new Map<unknown, Listener>();
    for (const listener of this.#tree.match(packet.topic)) {
      const other = best.get(listener.client);
      if (!other || other.qos < listener.qos) best.set(listener.client, listener);
    }
    if (best.size === 0) {
      done?.();
      return this;
    }
    let left = best.size;
    const one = () => {
      if (--left === 0) done?.();
    };
    for (const { notify, qos } of best.values()) {
      notify(qos < packet.qos ? { ...packet, qos } : packet, one);
    }
    return this;
  }

  close(done?: Done): this {
    if (done) setImmediate(done);
    return this;
  }
}
