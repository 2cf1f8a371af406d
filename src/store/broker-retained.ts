import { decodePacket, encodePacket, type PacketFields } from './broker-packets.ts';
import type { Database } from './database.ts';

/** The retained messages of the embedded broker, one a topic. */
export function brokerRetainedTable(database: Database) {
  const put = database.prepare(
    'INSERT INTO broker_retained (topic, fields, payload) VALUES (?, ?, ?) ON CONFLICT (topic) DO UPDATE SET fields = excluded.fields, payload = excluded.payload',
  );
  const remove = database.prepare('DELETE FROM broker_retained WHERE topic = ?');
  const sizes = database.prepare(
    'SELECT topic, octet_length(topic) + octet_length(payload) AS bytes FROM broker_retained',
  );
  const one = database.prepare('SELECT topic, fields, payload FROM broker_retained WHERE topic = ?');
  // "0" is the character behind "/": this is every topic that begins with the prefix and a slash.
  const below = database.prepare(
    "SELECT topic, fields, payload FROM broker_retained WHERE topic = ?1 OR (topic > ?1 || '/' AND topic < ?1 || '0')",
  );
  const all = database.prepare('SELECT topic, fields, payload FROM broker_retained');
  return {
    put(topic: string, packet: PacketFields & { payload: string | Buffer }): void {
      const { fields } = encodePacket(packet);
      put.run(topic, fields, packet.payload);
    },
    remove(topic: string): void {
      remove.run(topic);
    },
    /** How much each topic takes, itself included. */
    sizes: () => sizes.all().map(({ topic, bytes }) => ({ topic: String(topic), bytes: Number(bytes) })),
    /** Messages that may match `filter`: those below its literal beginning. */
    *candidates(filter: string): Generator<{ topic: string; packet: PacketFields }> {
      const levels = filter.split('/');
      const wild = levels.findIndex((level) => level === '+' || level === '#');
      const prefix = (wild < 0 ? levels : levels.slice(0, wild)).join('/');
      const rows = wild < 0 ? one.all(filter) : wild === 0 ? all.all() : below.all(prefix);
      for (const row of rows) yield { topic: String(row.topic), packet: decodePacket(row) };
    },
  };
}
export type BrokerRetainedTable = ReturnType<typeof brokerRetainedTable>;
