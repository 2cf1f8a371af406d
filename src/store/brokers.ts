import type { BrokerConfig } from '../model/broker.ts';
import type { Database, Row } from './database.ts';

/** A broker that was made over the API. `sealed`: its secrets, encrypted; null: it has none. */
export type StoredBroker = {
  brokerId: string;
  config: BrokerConfig;
  sealed: Uint8Array | null;
  /** ms since the epoch */
  createdAt: number;
};

function brokerOf(row: Row): StoredBroker {
  return {
    brokerId: String(row.broker_id),
    config: JSON.parse(String(row.body)) as BrokerConfig,
    sealed: row.sealed as Uint8Array | null,
    createdAt: Number(row.created_at),
  };
}

/** The brokers besides the one of the environment. */
export function brokersTable(database: Database) {
  const upsert = database.prepare(
    `INSERT INTO brokers (broker_id, name, body, sealed, created_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (broker_id) DO UPDATE SET name = excluded.name, body = excluded.body, sealed = excluded.sealed`,
  );
  const remove = database.prepare('DELETE FROM brokers WHERE broker_id = ?');
  const all = database.prepare('SELECT * FROM brokers ORDER BY created_at, broker_id');
  const one = database.prepare('SELECT * FROM brokers WHERE broker_id = ?');
  return {
    /** Keeps a broker, new or known. */
    save({ brokerId, config, sealed, createdAt }: StoredBroker): void {
      upsert.run(brokerId, config.name, JSON.stringify(config), sealed, createdAt);
    },
    remove: (brokerId: string): boolean => remove.run(brokerId).changes > 0,
    /** All of them, oldest first. */
    list: (): StoredBroker[] => all.all().map(brokerOf),
    one(brokerId: string): StoredBroker | null {
      const row = one.get(brokerId);
      return row ? brokerOf(row) : null;
    },
  };
}
export type BrokersTable = ReturnType<typeof brokersTable>;
