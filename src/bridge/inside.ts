import type { Settings } from '../config/settings.ts';
import type { Message, OutgoingMessage, PublishResult } from '../model/message.ts';
import { EmbeddedBroker } from '../mqtt/embedded/broker.ts';
import type { Authenticate, Sender } from '../mqtt/embedded/identity.ts';
import type { Ports } from '../mqtt/embedded/listeners.ts';
import type { PipelineLink } from '../pipeline/link.ts';
import type { Database } from '../store/database.ts';
import type { Receiver } from './reception.ts';
import type { Surroundings } from './surroundings.ts';

/** What the broker inside needs besides. */
export type InsidePart = {
  database: Database;
  authenticate: Authenticate;
  /** Answers the request of a device for a token. */
  provision(payload: Buffer, address: string): object;
};

export const INSIDE = 'embedded';
/** Devices may write either form. */
const PROVISION_REQUESTS = new Set(['provision/request', '/provision/request']);
const PROVISION_RESPONSES = ['provision/response', '/provision/response'];

/** The broker inside, as a source of messages; without one in the settings nothing ever comes of it. */
export function createInside(
  { embedded: settings }: Settings,
  receiver: () => Receiver,
  surroundings: Surroundings,
  { database, authenticate, provision }: InsidePart,
) {
  const { clock } = surroundings;
  // It is there as long as we are, and hears everything itself.
  const source: PipelineLink = {
    id: INSIDE,
    general: true,
    heardAt: () => clock.steadyMs(),
    prove: () => clock.soon(() => receiver().proven(source)),
    setFilters: () => undefined,
  };
  const broker =
    settings &&
    new EmbeddedBroker({
      ...surroundings,
      settings,
      database,
      authenticate,
      onMessage: (message, sender) => {
        if (PROVISION_REQUESTS.has(message.topic)) answerProvision(message, sender);
        else receiver().receive(message, source);
      },
    });
  let ports: Ports | null = null;
  let since = clock.wallMs();

  function answerProvision({ payload, done }: Message, { address, clientKey }: Sender): void {
    const answer = Buffer.from(JSON.stringify(provision(payload, address)));
    for (const topic of PROVISION_RESPONSES) broker?.sendTo(clientKey, { topic, payload: answer, qos: 1 });
    done();
  }

  async function publish({ topic, payload, qos, retain }: OutgoingMessage): Promise<PublishResult> {
    if (!broker || ports === null) return { sent: false, reason: 'the embedded broker does not run' };
    try {
      await broker.publish({ topic, payload, qos, retain });
      return { sent: true };
    } catch (error) {
      return { sent: false, reason: (error as Error).message };
    }
  }

  return {
    exists: broker !== null,
    source,
    listening: () => ports !== null,
    port: () => ports?.mqtt ?? null,
    /** Where it is reached; null: there is none. */
    address: () =>
      settings && {
        listening: ports !== null,
        host: settings.host,
        ports: ports ?? { mqtt: settings.port, mqtts: settings.tlsPort, ws: settings.webSocketPort },
        allowAnonymous: settings.allowAnonymous,
      },
    since: () => since,
    clients: () => broker?.clients() ?? [],
    disconnect: (deviceId: string): void => broker?.disconnect(deviceId),
    async start(): Promise<void> {
      if (!broker || ports !== null) return;
      ports = await broker.start();
      since = clock.wallMs();
      receiver().linkUp(source, false);
    },
    async stop(): Promise<void> {
      if (!broker || ports === null) return;
      await broker.stop();
      receiver().linkLost(source, clock.steadyMs());
      ports = null;
      since = clock.wallMs();
    },
    /** Sends to whoever is subscribed. */
    publish,
    /** The same, and the machines of the bridge hear it too, as they do what they are sent over other brokers. */
    async publishForAll(message: OutgoingMessage): Promise<PublishResult> {
      const result = await publish(message);
      if (!result.sent) return result;
      const { topic, payload, qos } = message;
      const at = { receivedAt: clock.wallMs(), steadyAt: clock.steadyMs() };
      receiver().receive({ topic, payload, qos, ...at, retained: false, done: () => undefined }, source);
      return result;
    },
  };
}
