import { Aedes, type Client } from 'aedes';
import type { Message } from '../../model/message.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { brokerIncomingTable } from '../../store/broker-incoming.ts';
import { brokerOutgoingTable } from '../../store/broker-outgoing.ts';
import { brokerRetainedTable } from '../../store/broker-retained.ts';
import { brokerSessionsTable } from '../../store/broker-sessions.ts';
import { brokerWillsTable } from '../../store/broker-wills.ts';
import type { Database } from '../../store/database.ts';
import { hookAedes } from './aedes-hooks.ts';
import { aedesView } from './aedes-view.ts';
import type { Connection } from './connection.ts';
import type { Sender } from './identity.ts';
import { Intake } from './intake.ts';
import { Journal } from './journal.ts';
import type { EmbeddedLimits } from './limits.ts';
import { LiveSubscriptions } from './live-subscriptions.ts';
import { SqlPersistence } from './persistence.ts';
import { QueueBound } from './queue-bound.ts';
import { RetainedBound } from './retained-bound.ts';
import { Sessions } from './sessions.ts';
import { Wills } from './wills.ts';

/** Aedes' heartbeat is for clusters; four of these are as much as a timer can take. */
const HEARTBEAT_MS = 2 ** 29 - 1;
const CLIENT_ID_LENGTH_MAX = 65_535;

export type CoreDeps = {
  database: Database;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  limits: EmbeddedLimits;
  onMessage(message: Message, sender: Sender): void;
  connections(): Iterable<Connection>;
  connectionOf(client: Client): Connection | undefined;
  isDirect(): boolean;
};

/** Builds what a running broker consists of behind its doors, and connects the parts. */
export async function assembleCore(deps: CoreDeps) {
  const { database, clock, log, limits, connectionOf } = deps;
  const persistence = new SqlPersistence({
    sessions: brokerSessionsTable(database),
    outgoing: brokerOutgoingTable(database),
    incoming: brokerIncomingTable(database),
    retained: brokerRetainedTable(database),
    wills: brokerWillsTable(database),
  });
  const { outgoing, retained, wills } = persistence.tables;
  const journal = new Journal({ database, clock, log });
  const live = new LiveSubscriptions();
  const aedes = (await Aedes.createBroker({
    persistence: aedesView({ persistence, database, journal, connectionOf }),
    mq: live,
    heartbeatInterval: HEARTBEAT_MS,
    maxClientsIdLength: CLIENT_ID_LENGTH_MAX,
  })) as Aedes & { counter: number };
  await persistence.setup(aedes);
  const queues = new QueueBound(
    (client) => outgoing.sizeOf(client),
    () => clock.steadyMs(),
  );
  const intake = new Intake({
    ...deps,
    persistence,
    journal,
    queues,
    retained: new RetainedBound(limits, retained.sizes()),
    nextKey: () => ({ brokerId: aedes.id, brokerCounter: ++aedes.counter }),
    emit: ({ topic, payload, qos }, key) => {
      const packet = { cmd: 'publish' as const, topic, payload, qos, retain: false, dup: false, ...key };
      aedes.publish(packet, () => undefined);
    },
  });
  hookAedes(aedes, {
    ...deps,
    live,
    intake,
    journal,
    persistence,
    onReady: (connection) => connection.stream.open(),
  });
  return {
    aedes,
    journal,
    intake,
    wills: new Wills({ clock, table: wills, journal, intake }),
    sessions: new Sessions({ clock, log, persistence, journal, queues, connections: deps.connections }),
  };
}
export type Core = Awaited<ReturnType<typeof assembleCore>>;
