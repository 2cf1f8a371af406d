import type { StoredSubscription } from '../model/subscription.ts';
import type { Database, Row } from './database.ts';

type Body = Omit<StoredSubscription, 'subscriptionId' | 'brokerId' | 'topic' | 'createdAt'>;

function subscriptionOf(row: Row): StoredSubscription {
  return {
    ...(JSON.parse(String(row.body)) as Body),
    subscriptionId: String(row.subscription_id),
    brokerId: String(row.broker_id),
    topic: String(row.filter),
    createdAt: Number(row.created_at),
  };
}

/** The subscriptions that people made. */
export function subscriptionsTable(database: Database) {
  const upsert = database.prepare(
    `INSERT INTO subscriptions (subscription_id, broker_id, filter, body, created_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (subscription_id) DO UPDATE SET broker_id = excluded.broker_id, filter = excluded.filter,
     body = excluded.body`,
  );
  const remove = database.prepare('DELETE FROM subscriptions WHERE subscription_id = ?');
  const removeOf = database.prepare('DELETE FROM subscriptions WHERE broker_id = ?');
  const all = database.prepare('SELECT * FROM subscriptions ORDER BY created_at, subscription_id');
  const ofBroker = database.prepare(
    'SELECT * FROM subscriptions WHERE broker_id = ? ORDER BY created_at, subscription_id',
  );
  const one = database.prepare('SELECT * FROM subscriptions WHERE subscription_id = ?');
  const byFilter = database.prepare('SELECT * FROM subscriptions WHERE broker_id = ? AND filter = ?');
  const countOf = database.prepare('SELECT count(*) AS count FROM subscriptions WHERE broker_id = ?');
  const first = (row: Row | undefined) => (row ? subscriptionOf(row) : null);
  return {
    /** Keeps a subscription, new or known. */
    save({ subscriptionId, brokerId, topic, createdAt, ...body }: StoredSubscription): void {
      upsert.run(subscriptionId, brokerId, topic, JSON.stringify(body), createdAt);
    },
    remove: (subscriptionId: string): boolean => remove.run(subscriptionId).changes > 0,
    /** Removes those of a broker; how many there were. */
    removeOf: (brokerId: string): number => removeOf.run(brokerId).changes,
    /** All of them, or those of one broker, oldest first. */
    list: (brokerId?: string): StoredSubscription[] =>
      (brokerId === undefined ? all.all() : ofBroker.all(brokerId)).map(subscriptionOf),
    one: (subscriptionId: string): StoredSubscription | null => first(one.get(subscriptionId)),
    byFilter: (brokerId: string, filter: string): StoredSubscription | null =>
      first(byFilter.get(brokerId, filter)),
    countOf: (brokerId: string): number => Number(countOf.get(brokerId)?.count),
  };
}
export type SubscriptionsTable = ReturnType<typeof subscriptionsTable>;
