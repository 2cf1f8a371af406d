import { decodePacket, encodePacket, type PacketFields } from './broker-packets.ts';
import type { Database } from './database.ts';

/** Messages of QoS 2 that clients with a persistent session published and have not released. */
export function brokerIncomingTable(database: Database) {
  const receive = database.prepare(
    'INSERT OR REPLACE INTO broker_incoming (client, message_id, fields, payload) VALUES (?, ?, ?, ?)',
  );
  const received = database.prepare(
    'SELECT fields, payload FROM broker_incoming WHERE client = ? AND message_id = ?',
  );
  const receivedIds = database.prepare('SELECT message_id FROM broker_incoming WHERE client = ?');
  const release = database.prepare('DELETE FROM broker_incoming WHERE client = ? AND message_id = ?');
  const releaseAll = database.prepare('DELETE FROM broker_incoming WHERE client = ?');
  return {
    receive(client: string, messageId: number, packet: PacketFields): void {
      const { fields, payload } = encodePacket(packet);
      receive.run(client, messageId, fields, payload);
    },
    received(client: string, messageId: number): PacketFields | null {
      const row = received.get(client, messageId);
      return row ? decodePacket(row) : null;
    },
    receivedIds: (client: string): number[] =>
      receivedIds.all(client).map(({ message_id: id }) => Number(id)),
    /** @returns whether there was such a message */
    release: (client: string, messageId: number): boolean => release.run(client, messageId).changes > 0,
    releaseAll(client: string): void {
      releaseAll.run(client);
    },
  };
}
export type BrokerIncomingTable = ReturnType<typeof brokerIncomingTable>;
