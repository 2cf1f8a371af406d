import type { Aedes, AedesPublishPacket, Client, Subscription } from 'aedes';
import { topicMatches } from '../../model/topic.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { type Connection, senderOf } from './connection.ts';
import type { Intake } from './intake.ts';
import type { Journal } from './journal.ts';
import { SUBSCRIPTIONS_MAX, UNSENT_BYTES_MAX } from './limits.ts';
import type { LiveSubscriptions } from './live-subscriptions.ts';
import type { SqlPersistence } from './persistence.ts';
import { mayReceive, maySubscribe } from './rights.ts';

export type AedesHooksDeps = {
  log: Log;
  metrics: Metrics;
  live: LiveSubscriptions;
  intake: Intake;
  journal: Journal;
  persistence: SqlPersistence;
  connectionOf(client: Client): Connection | undefined;
  /** Whether the bridge itself is sending to one connection right now. */
  isDirect(): boolean;
  /** CONNECT was answered, and what waited for the client is on its way. */
  onReady(connection: Connection): void;
};

/** Puts our judgement into every place where Aedes asks for one. */
export function hookAedes(aedes: Aedes, deps: AedesHooksDeps): void {
  const { log, intake, connectionOf } = deps;
  aedes.preConnect = (client, packet, done) => {
    const connection = connectionOf(client);
    if (!connection) return done(new Error('connection closed'), false);
    connection.client = client;
    // Sessions belong to an owner, not to whoever knows the client id. Wills are not left to Aedes.
    packet.clientId = connection.key;
    packet.clean = connection.clean;
    delete packet.will;
    done(null, true);
  };
  aedes.authenticate = (_client, _username, _password, done) => done(null, true);
  aedes.authorizePublish = (client, packet, done) => {
    const connection = client && connectionOf(client);
    if (connection) intake.fromClient(connection, packet, done);
    else done(new Error('connection closed'));
  };
  aedes.authorizeSubscribe = (client, subscription, done) =>
    authorizeSubscribe(deps, client, subscription, done);
  aedes.authorizeForward = (client, packet) => authorizeForward(deps, client, packet);
  aedes.on('unsubscribe', (filters, client) => {
    for (const filter of filters) connectionOf(client)?.filters.delete(filter);
  });
  aedes.on('clientReady', (client) => {
    const connection = connectionOf(client);
    if (connection) deps.onReady(connection);
  });
  const note = (client: Client, error: Error) => {
    if (!log.debugs) return;
    log.debug('mqtt_client_error', { client_id: connectionOf(client)?.clientId, message: error.message });
  };
  aedes.on('clientError', note);
  aedes.on('connectionError', note);
  (aedes as NodeJS.EventEmitter).on('error', (error: Error) => {
    log.error('embedded_broker_error', { message: error.message });
  });
}

function authorizeSubscribe(
  { live, intake, metrics, persistence, journal, connectionOf }: AedesHooksDeps,
  client: Client,
  subscription: Subscription,
  done: (error: Error | null, subscription?: Subscription | null) => void,
): void {
  const connection = connectionOf(client);
  if (!connection) return done(null, null);
  const { topic: filter, qos } = subscription;
  const { filters } = connection;
  const full = !filters.has(filter) && filters.size >= SUBSCRIPTIONS_MAX;
  if (!full && maySubscribe(connection.identity, filter)) {
    live.subscribing(client, qos, () => done(null, subscription));
    filters.set(filter, qos);
    doNotLower(client, filter);
    return;
  }
  metrics.embeddedDropped.inc({ reason: 'subscription' });
  const reason = full ? 'too many subscriptions' : 'forbidden';
  intake.refused('mqtt_subscribe_refused', connection, senderOf(connection), { filter, reason });
  // One that a session brought along from before its rights were taken away.
  if (!connection.clean) journal.note(() => persistence.unsubscribe(connection.key, [filter]));
  // Aedes answers 0x80 when there is no subscription.
  done(null, null);
}

/**
 * Aedes lowers a message to the QoS of the filter that equals its topic, though another filter may ask for
 * more. `LiveSubscriptions` has chosen the right one already.
 */
function doNotLower(client: Client, filter: string): void {
  const { subscriptions } = client as unknown as { subscriptions: Record<string, { qos: number }> };
  const added = subscriptions[filter];
  if (added) added.qos = 2;
}

/** Judges every delivery: live, retained and queued. */
function authorizeForward(
  { metrics, persistence, journal, connectionOf, isDirect }: AedesHooksDeps,
  client: Client,
  packet: AedesPublishPacket,
): AedesPublishPacket | null {
  const connection = connectionOf(client);
  if (!connection) return null;
  if (isDirect()) return packet;
  if (!mayReceive(connection.identity, packet.topic)) {
    const { brokerId, brokerCounter } = packet;
    if (!connection.clean) {
      journal.note(() => persistence.tables.outgoing.dropByKey(connection.key, { brokerId, brokerCounter }));
    }
    return null;
  }
  if (connection.stream.writableLength > UNSENT_BYTES_MAX) {
    metrics.embeddedDropped.inc({ reason: 'slow_client' });
    connection.stream.destroy();
    return null;
  }
  if (!packet.retain) return packet;
  let most = 0;
  for (const [filter, qos] of connection.filters) {
    if (qos > most && topicMatches(filter, packet.topic)) most = qos;
  }
  return { ...packet, qos: Math.min(packet.qos, most) as 0 | 1 | 2 };
}
