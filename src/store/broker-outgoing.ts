import { decodePacket, encodePacket, type PacketFields } from './broker-packets.ts';
import type { Database } from './database.ts';

/** How a packet on its way to a client is found again. */
export type OutgoingKey = { brokerId: string | null; brokerCounter: number | null };

/** A packet on its way to a client; `messageId` is null until it was sent. */
export type OutgoingRow = { id: number; messageId: number | null; packet: PacketFields };

const SQL = {
  enqueue:
    'INSERT INTO broker_outgoing (client, broker_id, broker_counter, fields, payload) VALUES (?, ?, ?, ?, ?)',
  all: 'SELECT id, message_id, fields, payload FROM broker_outgoing WHERE client = ? ORDER BY id',
  one: 'SELECT id, message_id, fields, payload FROM broker_outgoing WHERE client = ? AND message_id = ? ORDER BY id LIMIT 1',
  number:
    'UPDATE broker_outgoing SET message_id = ? WHERE client = ? AND broker_id = ? AND broker_counter = ?',
  replace:
    'UPDATE broker_outgoing SET fields = ?, payload = ?, broker_id = NULL, broker_counter = NULL WHERE client = ? AND message_id = ?',
  drop: 'DELETE FROM broker_outgoing WHERE id = ?',
  dropByMessage: 'DELETE FROM broker_outgoing WHERE client = ? AND message_id = ?',
  dropByKey: 'DELETE FROM broker_outgoing WHERE client = ? AND broker_id = ? AND broker_counter = ?',
  size: 'SELECT count(*) AS messages, ifnull(sum(octet_length(payload)), 0) AS bytes FROM broker_outgoing WHERE client = ?',
};

/** Messages of the embedded broker that persistent sessions have not acknowledged. */
export function brokerOutgoingTable(database: Database) {
  const enqueue = database.prepare(SQL.enqueue);
  const all = database.prepare(SQL.all);
  const one = database.prepare(SQL.one);
  const number = database.prepare(SQL.number);
  const replace = database.prepare(SQL.replace);
  const drop = database.prepare(SQL.drop);
  const dropByMessage = database.prepare(SQL.dropByMessage);
  const dropByKey = database.prepare(SQL.dropByKey);
  const size = database.prepare(SQL.size);
  type Row = { id?: unknown; message_id?: unknown; fields?: unknown; payload?: unknown };
  const outgoing = (row: Row): OutgoingRow => ({
    id: Number(row.id),
    messageId: row.message_id === null ? null : Number(row.message_id),
    packet: decodePacket(row),
  });
  return {
    enqueue(client: string, key: OutgoingKey, packet: PacketFields): void {
      const { fields, payload } = encodePacket(packet);
      enqueue.run(client, key.brokerId, key.brokerCounter, fields, payload);
    },
    /** What waits for `client`, oldest first. */
    list: (client: string): OutgoingRow[] => all.all(client).map(outgoing),
    byMessage(client: string, messageId: number): OutgoingRow | null {
      const row = one.get(client, messageId);
      return row ? outgoing(row) : null;
    },
    /** Notes the packet identifier a message is sent with. @returns whether there is such a message */
    setMessageId(client: string, { brokerId, brokerCounter }: OutgoingKey, messageId: number): boolean {
      return number.run(messageId, client, brokerId, brokerCounter).changes > 0;
    },
    /** Puts `packet` (a PUBREL) in the place of what was sent as `messageId`. @returns whether there was such */
    replace(client: string, messageId: number, packet: PacketFields): boolean {
      const { fields, payload } = encodePacket(packet);
      return replace.run(fields, payload, client, messageId).changes > 0;
    },
    drop(id: number): void {
      drop.run(id);
    },
    dropByMessage(client: string, messageId: number): void {
      dropByMessage.run(client, messageId);
    },
    dropByKey(client: string, { brokerId, brokerCounter }: OutgoingKey): void {
      dropByKey.run(client, brokerId, brokerCounter);
    },
    /** How much waits for `client`. */
    sizeOf(client: string): { messages: number; bytes: number } {
      const row = size.get(client);
      return { messages: Number(row?.messages), bytes: Number(row?.bytes) };
    },
  };
}
export type BrokerOutgoingTable = ReturnType<typeof brokerOutgoingTable>;
