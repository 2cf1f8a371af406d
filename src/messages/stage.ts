import type { BrokerState, ConnectionSettings } from '../model/broker.ts';
import type { OutgoingMessage, PublishResult } from '../model/message.ts';
import type { SubscriptionState } from '../model/subscription.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { brokersTable } from '../store/brokers.ts';
import { openMemoryDatabase } from '../store/database.ts';
import { savedMessagesTable } from '../store/saved-messages.ts';
import { subscriptionsTable } from '../store/subscriptions.ts';
import { Brokers } from './brokers.ts';
import { Publisher } from './publisher.ts';
import { SavedMessages } from './saved-messages.ts';
import { Subscriptions } from './subscriptions.ts';

export const MAIN: ConnectionSettings = {
  url: 'mqtt://broker.local:1883',
  username: 'bridge',
  password: 'main-secret',
  clientId: 'iot_bridge',
  tls: { insecure: false },
  protocolVersion: 'auto',
  keepAliveS: 30,
  cleanSession: false,
};

/** For tests: brokers, subscriptions and messages over a database in memory; what stands around can be set. */
export function createStage(more: { main?: ConnectionSettings | null; embedded?: boolean } = {}) {
  const database = openMemoryDatabase();
  const clock = new ManualClock();
  const around = {
    /** What seals; another one cannot open what this one sealed. */
    sealKey: 'key-1',
    devicesOf: new Map<string, number>(),
    state: { connection: 'connected', since: clock.wallMs(), lastFault: null } as BrokerState,
    states: new Map<string, SubscriptionState>(),
    changed: [] as string[],
    published: [] as { brokerId: string; message: OutgoingMessage }[],
    result: { sent: true, id: 7 } as PublishResult & { id?: number | null },
  };
  const tables = {
    brokers: brokersTable(database),
    subscriptions: subscriptionsTable(database),
    savedMessages: savedMessagesTable(database),
  };
  const brokers = new Brokers({
    table: tables.brokers,
    subscriptions: tables.subscriptions,
    database,
    seal: (text, about) => Buffer.from([around.sealKey, about, text].join('\n')).map((byte) => byte ^ 0x5a),
    unseal(sealed, about) {
      const [key, name, ...text] = Buffer.from(sealed.map((byte) => byte ^ 0x5a))
        .toString()
        .split('\n');
      return key === around.sealKey && name === about ? text.join('\n') : null;
    },
    main: more.main === undefined ? MAIN : more.main,
    embedded: more.embedded ?? true,
    clientIdBase: 'iot_bridge',
    state: () => around.state,
    devicesOf: (brokerId) => around.devicesOf.get(brokerId) ?? 0,
    onChange: (brokerId) => around.changed.push(`broker ${brokerId}`),
    clock,
  });
  const subscriptions = new Subscriptions({
    table: tables.subscriptions,
    brokers,
    states: () => around.states,
    onChange: (brokerId) => around.changed.push(`subscriptions ${brokerId}`),
    clock,
  });
  const publisher = new Publisher({
    brokers,
    subscriptions: tables.subscriptions,
    publish: async (brokerId, message) => {
      around.published.push({ brokerId, message });
      return around.result;
    },
    clock,
  });
  const savedMessages = new SavedMessages({ table: tables.savedMessages, publisher, clock });
  return { database, clock, around, tables, brokers, subscriptions, publisher, savedMessages };
}
