import { Readable } from 'node:stream';
import type { Client } from 'aedes';
import type { Database } from '../../store/database.ts';
import type { Connection } from './connection.ts';
import type { Journal } from './journal.ts';
import { SUBSCRIPTIONS_MAX } from './limits.ts';
import type { Packet, SqlPersistence, SubscriptionRecord } from './persistence.ts';
import { maySubscribe } from './rights.ts';

/**
 * A promise that is kept already, and calls back at once: with real ones, messages that take one step more
 * would be overtaken by those behind them.
 */
class Kept<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is meant to be one
  then(onKept: (value: T) => unknown): void {
    onKept(this.#value);
  }
}
const DONE = new Kept<undefined>(undefined);

export type AedesViewDeps = {
  persistence: SqlPersistence;
  database: Database;
  journal: Journal;
  connectionOf(client: Client): Connection | undefined;
};

/**
 * The persistence as Aedes sees it. Retained and queued messages were stored with the commit that came
 * before PUBACK, so storing them is nothing here; nor are wills, which are not left to Aedes. What need not be
 * waited for goes into the journal.
 */
export function aedesView(deps: AedesViewDeps) {
  const { persistence } = deps;
  return {
    async setup(): Promise<void> {},
    storeRetained: () => DONE,
    createRetainedStreamCombi: (filters: string[]) => persistence.createRetainedStreamCombi(filters),
    async delWill(): Promise<void> {},
    ...subscriptionsView(deps),
    ...outgoingView(deps),
    ...incomingView(deps),
  };
}

function subscriptionsView({ persistence, database, journal, connectionOf }: AedesViewDeps) {
  /** Does `change` to the subscriptions in one transaction. */
  function store(change: () => void): PromiseLike<unknown> {
    journal.flush();
    try {
      database.transaction(change, 'crash');
      return DONE as unknown as PromiseLike<unknown>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What of `wanted` the client may have: Aedes asks to store all of a SUBSCRIBE, the refused ones too. */
  function allowed(client: Client, wanted: readonly SubscriptionRecord[]): SubscriptionRecord[] {
    const connection = connectionOf(client);
    if (!connection) return [];
    const held = new Set(persistence.filtersOf(client.id));
    return wanted.filter(({ topic }) => {
      if (!maySubscribe(connection.identity, topic)) return false;
      if (!held.has(topic) && held.size >= SUBSCRIPTIONS_MAX) return false;
      held.add(topic);
      return true;
    });
  }

  return {
    subscriptionsByTopic: () => new Kept([]),
    subscriptionsByClient: (client: { id: string }) => persistence.subscriptionsByClient(client),
    addSubscriptions: (client: Client, subscriptions: SubscriptionRecord[]) =>
      store(() => persistence.subscribe(client.id, allowed(client, subscriptions))),
    removeSubscriptions: (client: Client, filters: string[]) =>
      store(() => persistence.unsubscribe(client.id, filters)),
    /** A clean session begins: all of the former one goes (3.1.2-6). */
    async cleanSubscriptions({ id }: Client): Promise<void> {
      persistence.forget(id);
      journal.note(() => persistence.tables.sessions.drop(id));
    },
  };
}

function outgoingView({ persistence, journal }: AedesViewDeps) {
  const { outgoing } = persistence.tables;
  return {
    outgoingEnqueueCombi: () => DONE,
    outgoingUpdate({ id }: Client, packet: Packet) {
      const { cmd, brokerId = null, brokerCounter = null, messageId = 0 } = packet;
      journal.note(() => {
        if (cmd === 'pubrel') outgoing.replace(id, messageId, { cmd });
        else outgoing.setMessageId(id, { brokerId, brokerCounter }, messageId);
      });
      return DONE;
    },
    async outgoingClearMessageId({ id, clean }: Client, { messageId }: Packet): Promise<void> {
      if (!clean && messageId !== undefined) journal.note(() => outgoing.dropByMessage(id, messageId));
    },
    /** What was sent before is sent again as a duplicate (3.3.1-1). */
    outgoingStream(client: Client): Readable {
      if (client.clean) return Readable.from([]);
      journal.flush();
      const packets = persistence.outgoing(client.id);
      for (const packet of packets) packet.dup = packet.cmd === 'publish' && packet.messageId !== undefined;
      return Readable.from(packets);
    },
  };
}

/** QoS 2 messages of clients, which their connection holds while it lasts. */
function incomingView({ persistence, journal, connectionOf }: AedesViewDeps) {
  return {
    async incomingStorePacket(client: Client, { messageId = 0 }: Packet): Promise<void> {
      connectionOf(client)?.incoming.set(messageId, null);
    },
    /** Every QoS 2 message that gets here was published with its commit: Aedes need only answer. */
    async incomingGetPacket(client: Client, packet: Packet): Promise<Packet> {
      if (!connectionOf(client)?.incoming.has(packet.messageId ?? 0)) throw new Error('no such packet');
      return packet;
    },
    async incomingDelPacket(client: Client, { messageId = 0 }: Packet): Promise<void> {
      connectionOf(client)?.incoming.delete(messageId);
      if (!client.clean) journal.note(() => void persistence.tables.incoming.release(client.id, messageId));
    },
    async cleanIncoming(): Promise<void> {},
  };
}
