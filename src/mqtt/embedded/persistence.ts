import { Readable } from 'node:stream';
import { topicMatches } from '../../model/topic.ts';
import type { BrokerIncomingTable } from '../../store/broker-incoming.ts';
import type { BrokerOutgoingTable, OutgoingRow } from '../../store/broker-outgoing.ts';
import type { PacketFields } from '../../store/broker-packets.ts';
import type { BrokerRetainedTable } from '../../store/broker-retained.ts';
import type { BrokerSessionsTable } from '../../store/broker-sessions.ts';
import type { BrokerWillsTable } from '../../store/broker-wills.ts';
import { TopicTree } from './topic-tree.ts';

export type BrokerTables = {
  sessions: BrokerSessionsTable;
  outgoing: BrokerOutgoingTable;
  incoming: BrokerIncomingTable;
  retained: BrokerRetainedTable;
  wills: BrokerWillsTable;
};

type Qos = 0 | 1 | 2;
type ClientRef = { id: string };
type SubscriptionOptions = {
  qos: Qos;
  rh?: number;
  rap?: boolean;
  nl?: boolean;
  subscriptionIdentifier?: number;
};
export type SubscriptionRecord = SubscriptionOptions & { topic: string };
export type Packet = PacketFields & {
  cmd?: string;
  topic?: string;
  qos?: Qos;
  dup?: boolean;
  messageId?: number | undefined;
  brokerId?: string;
  brokerCounter?: number;
};

const keyOf = ({ brokerId, brokerCounter }: Packet) => ({
  brokerId: brokerId ?? null,
  brokerCounter: brokerCounter ?? null,
});

/** The fields Aedes keeps of a packet that waits. */
function kept({ cmd, brokerId, brokerCounter, topic, payload, qos, retain, dup }: Packet): PacketFields {
  const fields = { cmd: cmd ?? 'publish', brokerId, brokerCounter, topic, qos: qos ?? 0 };
  return { ...fields, retain: retain ?? false, dup: dup ?? false, payload: payload ?? Buffer.alloc(0) };
}

const packetOf = ({ packet, messageId }: OutgoingRow): Packet =>
  packet.cmd === 'pubrel'
    ? { cmd: 'pubrel', messageId: messageId ?? undefined }
    : { ...packet, messageId: messageId ?? undefined };

/**
 * What Aedes asks of a persistence, over SQLite: retained and queued messages, subscriptions of persistent
 * sessions, wills. Subscriptions are also held in memory, since every message is matched against them.
 */
export class SqlPersistence {
  readonly tables: BrokerTables;
  broker: { id: string } | null = null;
  readonly #subscriptions = new Map<string, Map<string, SubscriptionOptions>>();
  readonly #tree = new TopicTree<SubscriptionRecord & { clientId: string }>();

  constructor(tables: BrokerTables) {
    this.tables = tables;
  }

  async setup(broker: { id: string }): Promise<void> {
    this.broker = broker;
    for (const { client, filter, options } of this.tables.sessions.subscriptions()) {
      this.#keep(client, { topic: filter, ...(JSON.parse(options) as SubscriptionOptions) });
    }
  }

  async destroy(): Promise<void> {
    this.#subscriptions.clear();
  }

  async storeRetained(packet: Packet): Promise<void> {
    const { topic = '', payload = '' } = packet;
    if (payload.length === 0) this.tables.retained.remove(topic);
    else this.tables.retained.put(topic, { ...packet, payload });
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  createRetainedStreamCombi(filters: string[]): Readable {
    return Readable.from(this.#retained(filters));
  }

  *#retained(filters: string[]): Generator<PacketFields> {
    const { retained } = this.tables;
    for (const filter of filters) {
      // Read as a whole: a cursor must not stay open while others write.
      const found = [...retained.candidates(filter)].filter(({ topic }) => topicMatches(filter, topic));
      for (const { packet } of found) yield packet;
    }
  }

  async addSubscriptions(client: ClientRef, subscriptions: readonly SubscriptionRecord[]): Promise<void> {
    this.subscribe(client.id, subscriptions);
  }

  async removeSubscriptions(client: ClientRef, filters: readonly string[]): Promise<void> {
    this.unsubscribe(client.id, filters);
  }

  async cleanSubscriptions(client: ClientRef): Promise<void> {
    await this.removeSubscriptions(client, this.filtersOf(client.id));
  }

  async subscriptionsByClient(client: ClientRef): Promise<SubscriptionRecord[]> {
    const stored = this.#subscriptions.get(client.id) ?? [];
    return Array.from(stored, ([topic, options]) => ({ topic, ...options }));
  }

  async subscriptionsByTopic(topic: string): Promise<(SubscriptionRecord & { clientId: string })[]> {
    return this.subscribersOf(topic);
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    return { subsCount: this.#tree.size, clientsCount: this.#subscriptions.size };
  }

  getClientList(topic: string): Readable {
    const clients = [...this.#subscriptions].filter(([, filters]) => filters.has(topic));
    return Readable.from(clients.map(([client]) => client));
  }

  async outgoingEnqueue(subscriber: { clientId: string }, packet: Packet): Promise<void> {
    this.tables.outgoing.enqueue(subscriber.clientId, keyOf(packet), kept(packet));
  }

  async outgoingEnqueueCombi(subscribers: readonly { clientId: string }[], packet: Packet): Promise<void> {
    for (const subscriber of subscribers) await this.outgoingEnqueue(subscriber, packet);
  }

  /** @throws Error when no such packet waits */
  async outgoingUpdate(client: ClientRef, packet: Packet): Promise<void> {
    const { outgoing } = this.tables;
    const { messageId = 0 } = packet;
    if (packet.brokerId !== undefined && outgoing.setMessageId(client.id, keyOf(packet), messageId)) return;
    if (!outgoing.replace(client.id, messageId, { cmd: packet.cmd })) throw new Error('no such packet');
  }

  async outgoingClearMessageId(client: ClientRef, packet: Packet): Promise<Packet | undefined> {
    if (packet.messageId === undefined) return undefined;
    const row = this.tables.outgoing.byMessage(client.id, packet.messageId);
    if (!row) return undefined;
    this.tables.outgoing.drop(row.id);
    return packetOf(row);
  }

  outgoingStream(client: ClientRef): Readable {
    return Readable.from(this.outgoing(client.id));
  }

  async incomingStorePacket(client: ClientRef, packet: Packet): Promise<void> {
    const { messageId = 0 } = packet;
    this.tables.incoming.receive(client.id, messageId, { ...kept(packet), messageId });
  }

  /** @throws Error when no such packet is there */
  async incomingGetPacket(client: ClientRef, { messageId = 0 }: Packet): Promise<Packet> {
    const packet = this.tables.incoming.received(client.id, messageId);
    if (!packet) throw new Error('no such packet');
    return packet;
  }

  /** @throws Error when no such packet is there */
  async incomingDelPacket(client: ClientRef, { messageId = 0 }: Packet): Promise<void> {
    if (!this.tables.incoming.release(client.id, messageId)) throw new Error('no such packet');
  }

  async cleanIncoming(client: ClientRef): Promise<void> {
    this.tables.incoming.releaseAll(client.id);
  }

  async putWill(client: ClientRef, will: Packet): Promise<void> {
    will.brokerId = this.broker?.id ?? '';
    will.clientId = client.id;
    this.tables.wills.put(client.id, will);
  }

  async getWill(client: ClientRef): Promise<Packet | undefined> {
    return this.tables.wills.get(client.id) ?? undefined;
  }

  async delWill(client: ClientRef): Promise<Packet | undefined> {
    const will = await this.getWill(client);
    this.tables.wills.remove(client.id);
    return will;
  }

  streamWill(brokers: Record<string, unknown> = {}): Readable {
    const wills = this.tables.wills.all().map(({ will }) => will);
    return Readable.from(wills.filter((will) => brokers[String(will.brokerId)] === undefined));
  }

  /** Stores subscriptions of a persistent session; those it has already cost nothing. */
  subscribe(client: string, subscriptions: readonly SubscriptionRecord[]): void {
    const changed = subscriptions.flatMap(({ topic, ...options }) => {
      const text = JSON.stringify(optionsOf(options));
      const known = this.#subscriptions.get(client)?.get(topic);
      return known && JSON.stringify(known) === text ? [] : [{ topic, options: optionsOf(options), text }];
    });
    for (const { topic, text } of changed) {
      this.tables.sessions.addSubscription({ client, filter: topic, options: text });
    }
    for (const { topic, options } of changed) this.#keep(client, { topic, ...options });
  }

  unsubscribe(client: string, filters: readonly string[]): void {
    const held = filters.filter((filter) => this.#subscriptions.get(client)?.has(filter));
    for (const filter of held) this.tables.sessions.removeSubscription(client, filter);
    for (const filter of held) this.#forget(client, filter);
  }

  /** The subscriptions of persistent sessions that want `topic` with QoS 1 or 2. */
  subscribersOf(topic: string): (SubscriptionRecord & { clientId: string })[] {
    return this.#tree.match(topic);
  }

  /** What waits for a client, oldest first. */
  outgoing(client: string): Packet[] {
    return this.tables.outgoing.list(client).map(packetOf);
  }

  filtersOf(client: string): string[] {
    return [...(this.#subscriptions.get(client)?.keys() ?? [])];
  }

  /** Lets go of the subscriptions in memory; the rows go by another way. */
  forget(client: string): void {
    for (const filter of this.filtersOf(client)) this.#forget(client, filter);
  }

  #keep(clientId: string, { topic, ...options }: SubscriptionRecord): void {
    const filters = this.#subscriptions.get(clientId) ?? new Map<string, SubscriptionOptions>();
    this.#subscriptions.set(clientId, filters);
    filters.set(topic, options);
    if (options.qos > 0) this.#tree.set(topic, clientId, { clientId, topic, ...withoutIdentifier(options) });
    else this.#tree.delete(topic, clientId);
  }

  #forget(clientId: string, filter: string): void {
    const filters = this.#subscriptions.get(clientId);
    filters?.delete(filter);
    if (filters?.size === 0) this.#subscriptions.delete(clientId);
    this.#tree.delete(filter, clientId);
  }
}

function optionsOf({ qos, rh, rap, nl, subscriptionIdentifier }: SubscriptionOptions): SubscriptionOptions {
  return {
    qos,
    ...(rh !== undefined && { rh }),
    ...(rap !== undefined && { rap }),
    ...(nl !== undefined && { nl }),
    ...(subscriptionIdentifier !== undefined && { subscriptionIdentifier }),
  };
}

function withoutIdentifier({ qos, rh, rap, nl }: SubscriptionOptions): SubscriptionOptions {
  return optionsOf({ qos, rh, rap, nl } as SubscriptionOptions);
}
