import type { Database } from './database.ts';

/** A subscription of a persistent session; `options` is JSON. */
export type StoredSubscription = { client: string; filter: string; options: string };

/** The persistent sessions of the embedded broker: who has one, since when unseen, and what it subscribed to. */
export function brokerSessionsTable(database: Database) {
  const touch = database.prepare(
    'INSERT INTO broker_sessions (client, owner, seen_at) VALUES (?, ?, ?) ON CONFLICT (client) DO UPDATE SET seen_at = excluded.seen_at',
  );
  const all = database.prepare('SELECT client, filter, options FROM broker_subscriptions ORDER BY rowid');
  const add = database.prepare(
    'INSERT INTO broker_subscriptions (client, filter, options) VALUES (?, ?, ?) ON CONFLICT (client, filter) DO UPDATE SET options = excluded.options',
  );
  const remove = database.prepare('DELETE FROM broker_subscriptions WHERE client = ? AND filter = ?');
  const unseen = database.prepare('SELECT client FROM broker_sessions WHERE seen_at < ?');
  const excess = database.prepare(
    'SELECT client FROM broker_sessions ORDER BY seen_at DESC LIMIT -1 OFFSET ?',
  );
  const excessOfOwner = database.prepare(
    'SELECT client FROM broker_sessions WHERE owner = ? ORDER BY seen_at DESC LIMIT -1 OFFSET ?',
  );
  const drops = ['broker_sessions', 'broker_subscriptions', 'broker_outgoing', 'broker_incoming'].map(
    (table) => database.prepare(`DELETE FROM ${table} WHERE client = ?`),
  );
  const clients = (rows: { client?: unknown }[]) => rows.map(({ client }) => String(client));
  return {
    touch(client: string, owner: string, seenAt: number): void {
      touch.run(client, owner, seenAt);
    },
    subscriptions: () => all.all() as StoredSubscription[],
    addSubscription({ client, filter, options }: StoredSubscription): void {
      add.run(client, filter, options);
    },
    removeSubscription(client: string, filter: string): void {
      remove.run(client, filter);
    },
    /** Sessions last seen before `seenAt`. */
    unseenSince: (seenAt: number): string[] => clients(unseen.all(seenAt)),
    /** What is beyond the `keep` sessions that were seen last; with `owner`, of its sessions. */
    excess: (keep: number, owner?: string): string[] =>
      clients(owner === undefined ? excess.all(keep) : excessOfOwner.all(owner, keep)),
    /** Forgets the session with all that belongs to it; a will belongs to the connection. */
    drop(client: string): void {
      for (const statement of drops) statement.run(client);
    },
  };
}
export type BrokerSessionsTable = ReturnType<typeof brokerSessionsTable>;
