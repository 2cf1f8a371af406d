import type { PublishPacket } from 'aedes';
import type { ClientIdentity } from '../../model/client-identity.ts';
import type { Message } from '../../model/message.ts';
import { topicNameProblem } from '../../model/topic.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { type Connection, type Publication, senderOf } from './connection.ts';
import type { Sender } from './identity.ts';
import type { Journal } from './journal.ts';
import { UNRELEASED_MAX } from './limits.ts';
import type { SqlPersistence } from './persistence.ts';
import type { QueueBound } from './queue-bound.ts';
import type { RetainedBound } from './retained-bound.ts';
import { isProvisioning, mayPublish } from './rights.ts';

export type IntakeDeps = {
  clock: Clock;
  log: Log;
  metrics: Metrics;
  persistence: SqlPersistence;
  journal: Journal;
  retained: RetainedBound;
  queues: QueueBound;
  onMessage(message: Message, sender: Sender): void;
  /** Gives a message its place in the order of all messages. */
  nextKey(): { brokerId: string; brokerCounter: number };
  /** Distributes a message to the clients that are connected. */
  emit(publication: Publication, key: { brokerId: string; brokerCounter: number }): void;
};

/** Where Aedes sends what it only has to acknowledge: nobody may subscribe to it. */
const NOWHERE = '$taken';
const NOTHING = Buffer.alloc(0);
const WARN_EVERY_MS = 60_000;

/**
 * Takes what is published: judges it, hands it to the pipeline, stores what must be kept in the transaction
 * that comes before the acknowledgement, then distributes it. Aedes, which would acknowledge first, is
 * left with the acknowledgement alone.
 */
export class Intake {
  readonly #deps: IntakeDeps;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  /** A client published `packet`; `done` lets Aedes acknowledge it, with an error close the connection. */
  fromClient(connection: Connection, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const publication = takeOver(packet);
    const sender = senderOf(connection);
    const settle = (error: Error | null) => {
      done(error);
      connection.stream.settled();
    };
    const { incoming } = connection;
    const id = publication.qos === 2 ? (packet.messageId ?? 0) : null;
    if (id !== null) {
      const waiting = incoming.get(id);
      if (waiting === null) return settle(null);
      if (waiting) {
        waiting.push(() => settle(null));
        return;
      }
      if (incoming.size >= UNRELEASED_MAX) {
        const reason = 'too many messages of QoS 2 not released';
        this.refused('mqtt_publish_refused', connection, sender, { topic: publication.topic, reason });
        return settle(new Error(reason));
      }
      incoming.set(id, []);
    }
    this.#accept(publication, connection.identity, sender, connection, id, (stored) => {
      const waiting = id === null ? null : incoming.get(id);
      if (id !== null) incoming.set(id, null);
      // Unacknowledged, it comes again when the disk takes it.
      settle(stored || publication.qos === 0 ? null : new Error('could not be stored'));
      for (const answer of waiting ?? []) answer();
    });
  }

  /** Publishes the last will of a client that is gone. */
  will(publication: Publication, identity: ClientIdentity, sender: Sender, then: () => void): void {
    this.#accept(publication, identity, sender, null, null, then);
  }

  /** Publishes a message of the bridge's own; it does not go to the pipeline. */
  own(publication: Publication): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commit(publication, null, null, (stored) => {
        if (stored) resolve();
        else reject(new Error('the message could not be stored'));
      });
    });
  }

  #accept(
    publication: Publication,
    identity: ClientIdentity,
    sender: Sender,
    connection: Connection | null,
    incomingId: number | null,
    then: (stored: boolean) => void,
  ): void {
    const { topic, payload, qos } = publication;
    const { metrics, clock } = this.#deps;
    if (!mayPublish(identity, topic)) {
      this.refused('mqtt_publish_refused', connection, sender, {
        topic,
        reason: topicNameProblem(topic) ?? 'forbidden',
      });
      metrics.embeddedDropped.inc({ reason: 'forbidden' });
      return then(true);
    }
    metrics.mqttReceived.inc();
    this.#deps.onMessage(
      {
        topic,
        payload,
        receivedAt: clock.wallMs(),
        steadyAt: clock.steadyMs(),
        retained: false,
        qos,
        done: () => this.#commit(publication, connection, incomingId, then),
      },
      sender,
    );
  }

  /** Logs that something of a client was refused, at most once a minute for each connection. */
  refused(event: string, connection: Connection | null, { clientId, deviceId }: Sender, more: object): void {
    const now = this.#deps.clock.steadyMs();
    if (connection && now - connection.warnedAt < WARN_EVERY_MS) return;
    if (connection) connection.warnedAt = now;
    this.#deps.log.warning(event, { client_id: clientId, device_id: deviceId, ...more });
  }

  #commit(
    publication: Publication,
    connection: Connection | null,
    incomingId: number | null,
    then: (stored: boolean) => void,
  ): void {
    const { journal, persistence, nextKey, emit } = this.#deps;
    const key = nextKey();
    const hidden = isProvisioning(publication.topic);
    const writes = hidden ? [] : [...this.#retain(publication), ...this.#enqueue(publication, key)];
    if (connection && incomingId !== null && !connection.clean) {
      writes.push(() => persistence.tables.incoming.receive(connection.key, incomingId, {}));
    }
    const write = writes.length === 0 ? null : () => writes.forEach((one) => one());
    journal.commit(write, publication.qos > 0, (stored) => {
      if (!hidden && (stored || publication.qos === 0)) emit(publication, key);
      then(stored);
    });
  }

  #retain({ topic, payload, qos, retain }: Publication): (() => void)[] {
    const { retained, persistence, metrics, log } = this.#deps;
    if (!retain) return [];
    const table = persistence.tables.retained;
    if (!retained.admit(topic, payload)) {
      metrics.embeddedDropped.inc({ reason: 'retained_full' });
      log.warning('mqtt_retained_refused', { topic, bytes: payload.length });
      return [];
    }
    if (payload.length === 0) return [() => table.remove(topic)];
    return [() => table.put(topic, { cmd: 'publish', topic, qos, retain, payload })];
  }

  /** For every persistent session that wants it with an acknowledgement, whether its client is here or not. */
  #enqueue({ topic, payload, qos }: Publication, key: { brokerId: string; brokerCounter: number }) {
    const { persistence, queues, metrics } = this.#deps;
    if (qos === 0) return [];
    const wanted = new Map<string, 0 | 1 | 2>();
    for (const { clientId, qos: most } of persistence.subscribersOf(topic)) {
      wanted.set(clientId, Math.max(wanted.get(clientId) ?? 0, Math.min(qos, most)) as 0 | 1 | 2);
    }
    return Array.from(wanted, ([client, granted]) => () => {
      if (!queues.admit(client, payload.length)) {
        metrics.embeddedDropped.inc({ reason: 'queue_full' });
        return;
      }
      const packet = { cmd: 'publish', ...key, topic, qos: granted, retain: false, dup: false, payload };
      persistence.tables.outgoing.enqueue(client, key, packet);
    });
  }
}

/** What `packet` says; the packet itself is left as one that goes nowhere. */
function takeOver(packet: PublishPacket): Publication {
  const { topic, payload, qos, retain } = packet;
  packet.topic = NOWHERE;
  packet.payload = NOTHING;
  packet.retain = false;
  return { topic, payload: typeof payload === 'string' ? Buffer.from(payload) : payload, qos, retain };
}
