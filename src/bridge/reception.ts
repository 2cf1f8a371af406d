import type { Settings } from '../config/settings.ts';
import type { Message } from '../model/message.ts';
import { EmbeddedBroker } from '../mqtt/embedded/broker.ts';
import type { Authenticate, Sender } from '../mqtt/embedded/identity.ts';
import { Link, type LinkStatus } from '../mqtt/link.ts';
import type { PipelineLink } from '../pipeline/link.ts';
import type { Database } from '../store/database.ts';
import type { Surroundings } from './surroundings.ts';

/** What the pipeline is told by the brokers. */
export type Receiver = {
  receive(message: Message, link: PipelineLink): void;
  linkUp(link: PipelineLink, backlog: boolean): void;
  linkLost(link: PipelineLink, steadyAt: number): void;
  proven(link: PipelineLink): void;
};

/** What the broker inside needs besides. */
export type EmbeddedPart = {
  database: Database;
  authenticate: Authenticate;
  /** Answers the request of a device for a token. */
  provision(payload: Buffer, address: string): object;
};

/** Devices may write either form. */
const PROVISION_REQUESTS = new Set(['provision/request', '/provision/request']);
/** On a broker in the network each client has topics of its own: there nobody else may hear the answer either. */
const NETWORK_REQUEST = /^provision\/request\/([^/]+)$/;
const NETWORK_FILTERS = ['messages/#', 'provision/request/+'];
const PROVISION_RESPONSES = ['provision/response', '/provision/response'];

/** The brokers messages come from: one in the network, the one inside, or both. */
export function createReception(
  settings: Settings,
  receiver: () => Receiver,
  surroundings: Surroundings,
  { database, authenticate, provision }: EmbeddedPart,
) {
  const { clock, log } = surroundings;
  const link: Link | null =
    settings.mqtt &&
    new Link({
      ...surroundings,
      settings: settings.mqtt,
      // Its devices use the device API there, too.
      alwaysFilters: settings.brokerHookToken === undefined ? [] : NETWORK_FILTERS,
      onMessage(message) {
        const clientId = settings.brokerHookToken && NETWORK_REQUEST.exec(message.topic)?.[1];
        if (clientId) answerOverNetwork(message, clientId);
        else receiver().receive(message, link as Link);
      },
      onUp: (sessionPresent) => receiver().linkUp(link as Link, sessionPresent),
      onDown: (heardAt) => receiver().linkLost(link as Link, heardAt),
      onProven: () => receiver().proven(link as Link),
    });
  // The broker inside is there as long as we are, and hears everything itself.
  const inside: PipelineLink = {
    heardAt: () => clock.steadyMs(),
    prove: () => clock.soon(() => receiver().proven(inside)),
    setFilters: () => undefined,
  };
  const embedded =
    settings.embedded &&
    new EmbeddedBroker({
      ...surroundings,
      settings: settings.embedded,
      database,
      authenticate,
      onMessage: (message, sender) => {
        if (PROVISION_REQUESTS.has(message.topic)) answerProvision(message, sender);
        else receiver().receive(message, inside);
      },
    });
  let embeddedPort: number | null = null;
  const links: readonly [PipelineLink, ...PipelineLink[]] = link
    ? embedded
      ? [link, inside]
      : [link]
    : [inside];

  function answerProvision({ payload, done }: Message, { address, clientKey }: Sender): void {
    const answer = Buffer.from(JSON.stringify(provision(payload, address)));
    for (const topic of PROVISION_RESPONSES) embedded?.sendTo(clientKey, { topic, payload: answer, qos: 1 });
    done();
  }

  /** Such a broker does not say from where a client came; wrong keys are limited by its id, and in all. */
  function answerOverNetwork({ payload, retained, done }: Message, clientId: string): void {
    if (!retained) {
      const answer = Buffer.from(JSON.stringify(provision(payload, `client ${clientId}`)));
      link?.publish(`provision/response/${clientId}`, answer);
    }
    done();
  }

  return {
    links,
    /** @returns the port of the embedded broker, null without one */
    async start(): Promise<number | null> {
      if (embedded) {
        embeddedPort = (await embedded.start()).mqtt;
        receiver().linkUp(inside, false);
      }
      link?.start();
      return embeddedPort;
    },
    async stop(): Promise<void> {
      await link?.stop();
      if (!embedded) return;
      await embedded.stop();
      if (embeddedPort !== null) receiver().linkLost(inside, clock.steadyMs());
      embeddedPort = null;
    },
    /** What a link is called in the message history. */
    nameOf: (of: PipelineLink) => (of === inside ? 'embedded' : 'network'),
    /** Closes the connections of a device to the broker inside. */
    disconnect: (deviceId: string): void => embedded?.disconnect(deviceId),
    /** Sends to whoever is subscribed at the broker inside, and at the one whose devices are ours; false: to nobody. */
    publish(packet: { topic: string; payload: Buffer; qos: 0 | 1; retain: boolean }): boolean {
      const { topic, payload } = packet;
      const outside = settings.brokerHookToken !== undefined && (link?.publish(topic, payload) ?? false);
      if (embeddedPort === null || !embedded) return outside;
      embedded.publish(packet).catch((error: Error) => {
        log.error('mqtt_publish_failed', { topic, message: error.message });
      });
      return true;
    },
    /** The clients of the broker inside. */
    clients: () => embedded?.clients() ?? [],
    status(): { link: LinkStatus | null; embedded: { listening: boolean } | null } {
      return { link: link?.status() ?? null, embedded: embedded && { listening: embeddedPort !== null } };
    },
  };
}
