import { decodePacket, encodePacket, type PacketFields } from './broker-packets.ts';
import type { Database } from './database.ts';

/** The last wills of the embedded broker's connected clients, so that they outlive its process. */
export function brokerWillsTable(database: Database) {
  const put = database.prepare(
    'INSERT OR REPLACE INTO broker_wills (client, fields, payload) VALUES (?, ?, ?)',
  );
  const one = database.prepare('SELECT fields, payload FROM broker_wills WHERE client = ?');
  const every = database.prepare('SELECT client, fields, payload FROM broker_wills');
  const remove = database.prepare('DELETE FROM broker_wills WHERE client = ?');
  return {
    put(client: string, will: PacketFields): void {
      const { fields, payload } = encodePacket(will);
      put.run(client, fields, payload ?? '');
    },
    get(client: string): PacketFields | null {
      const row = one.get(client);
      return row ? decodePacket(row) : null;
    },
    all: (): { client: string; will: PacketFields }[] =>
      every.all().map((row) => ({ client: String(row.client), will: decodePacket(row) })),
    remove(client: string): void {
      remove.run(client);
    },
  };
}
export type BrokerWillsTable = ReturnType<typeof brokerWillsTable>;
