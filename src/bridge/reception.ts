import type { Settings } from '../config/settings.ts';
import type { Listening } from '../messages/requests.ts';
import type { Message, OutgoingMessage, PublishResult } from '../model/message.ts';
import type { SubscriptionState } from '../model/subscription.ts';
import { ENVIRONMENT_REMEDIES, NEUTRAL_REMEDIES } from '../mqtt/connection-fault.ts';
import type { LinkSettings, LinkStatus } from '../mqtt/link.ts';
import type { PipelineLink } from '../pipeline/link.ts';
import type { FormerFilters } from './former-filters.ts';
import { createInside, INSIDE } from './inside.ts';
import type { Late } from './late.ts';
import { NetworkBroker } from './network-broker.ts';
import type { Stores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';
import { Turns } from './turns.ts';

/** What the pipeline is told by the brokers. */
export type Receiver = {
  receive(message: Message, link: PipelineLink): void;
  linkUp(link: PipelineLink, backlog: boolean): void;
  linkLost(link: PipelineLink, steadyAt: number): void;
  proven(link: PipelineLink): void;
  addLink(link: PipelineLink): void;
  removeLink(link: PipelineLink): void;
};

export type ReceptionPart = { settings: Settings; stores: Stores; former: FormerFilters };

/** A broker besides the main ones. */
export type FurtherBroker = { id: string; enabled: boolean; settings: LinkSettings };

export const MAIN = 'main';
/** On a broker in the network each client has topics of its own: there nobody else may hear the answer either. */
const NETWORK_REQUEST = /^provision\/request\/([^/]+)$/;
const NETWORK_FILTERS = ['messages/#', 'provision/request/+'];
const NOT_IN_USE = 'this broker is not in use';
const NO_STATES: ReadonlyMap<string, SubscriptionState> = new Map();

/** The brokers messages come from: the one in the network, the one inside, and any number more. */
export function createReception(
  { settings, stores, former }: ReceptionPart,
  late: Late,
  surroundings: Surroundings,
) {
  const receiver = (): Receiver => late().pipeline;
  const provision = (payload: Buffer, address: string) =>
    late().identities.provisioning.answerBytes(payload, address);
  const inside = createInside(settings, receiver, surroundings, {
    database: stores.database,
    authenticate: (login) => late().identities.authenticate(login),
    provision,
  });
  const network = new Map<string, NetworkBroker>();
  const changes = new Turns();
  /** Since when the further brokers that are kept are not used; wall clock, ms. */
  const idleSince = new Map<string, number>();
  let running = false;

  function attach(id: string, linkSettings: LinkSettings): NetworkBroker {
    const isMain = id === MAIN;
    const hooked = isMain && settings.brokerHookToken !== undefined;
    const broker: NetworkBroker = new NetworkBroker(
      {
        id,
        general: isMain,
        settings: linkSettings,
        remedies: isMain ? ENVIRONMENT_REMEDIES : NEUTRAL_REMEDIES,
        // Its devices use the device API there, too.
        alwaysFilters: hooked ? NETWORK_FILTERS : [],
        subscriptions: () => late().messaging.subscriptions.wanted(id),
        formerFilters: former.of(id),
        rememberFilters: (filters) => former.remember(id, filters),
        onMessage(message, link) {
          const clientId = hooked && NETWORK_REQUEST.exec(message.topic)?.[1];
          if (clientId) answerOverNetwork(broker, message, clientId);
          else receiver().receive(message, link);
        },
        onUp: (link, backlog) => receiver().linkUp(link, backlog),
        onDown: (link, heardAt) => receiver().linkLost(link, heardAt),
        onProven: (link) => receiver().proven(link),
      },
      surroundings,
    );
    network.set(id, broker);
    idleSince.delete(id);
    return broker;
  }

  /** @param forGood the broker is to keep nothing for us either */
  async function detach(id: string, forGood: boolean): Promise<void> {
    const broker = network.get(id);
    network.delete(id);
    if (forGood) broker?.leave();
    if (forGood) idleSince.delete(id);
    else idleSince.set(id, surroundings.clock.wallMs());
    await broker?.stop();
    if (broker) receiver().removeLink(broker.source);
  }

  /** Such a broker does not say from where a client came; wrong keys are limited by its id, and in all. */
  function answerOverNetwork(
    broker: NetworkBroker,
    { payload, retained, done }: Message,
    clientId: string,
  ): void {
    if (!retained) {
      const answer = Buffer.from(JSON.stringify(provision(payload, `client ${clientId}`)));
      const topic = `provision/response/${clientId}`;
      void broker
        .publish({ topic, payload: answer, qos: 1, retain: false })
        .then((result) => complain(topic, result));
    }
    done();
  }

  function complain(topic: string, result: PublishResult): void {
    if (!result.sent) surroundings.log.warning('mqtt_publish_failed', { topic, message: result.reason });
  }

  const main = settings.mqtt && attach(MAIN, settings.mqtt);
  const first = main ? (inside.exists ? [main.source, inside.source] : [main.source]) : [inside.source];

  return {
    /** The links of the main brokers. */
    links: first as readonly PipelineLink[],
    /** The broker that is meant when none is named. */
    mainId: main ? MAIN : INSIDE,
    insideExists: inside.exists,
    /** @throws Error with a plain sentence when the embedded broker cannot have its port */
    async start(): Promise<void> {
      await inside.start();
      running = true;
      for (const broker of network.values()) broker.start();
    },
    /** null: the embedded broker does not listen. */
    embeddedPort: inside.port,
    embeddedAddress: inside.address,
    async stop(): Promise<void> {
      running = false;
      await Promise.all([changes.settled(), ...Array.from(network.values(), (broker) => broker.stop())]);
      await inside.stop();
    },
    /**
     * Connects to a further broker, or to a changed one anew; lets go of one that is gone or disabled.
     * @param kept how it is kept when its turn comes: of one broker there is never more than one connection
     */
    setBroker: (id: string, kept: () => FurtherBroker | null): Promise<void> =>
      changes.take(id, async () => {
        await detach(id, kept() === null);
        const broker = kept();
        if (!broker?.enabled) return;
        const attached = attach(id, broker.settings);
        receiver().addLink(attached.source);
        if (running) attached.start();
      }),
    /** What people subscribed to at a broker has changed. */
    subscribe: (brokerId: string): void => network.get(brokerId)?.subscribe(),
    states(brokerId: string): ReadonlyMap<string, SubscriptionState> {
      if (brokerId !== INSIDE) return network.get(brokerId)?.states() ?? NO_STATES;
      // The broker inside hears everything as it is.
      const state: SubscriptionState = inside.listening() ? { state: 'active' } : { state: 'waiting' };
      return new Map(
        late()
          .messaging.subscriptions.wanted(INSIDE)
          .map(({ filter }) => [filter, state]),
      );
    },
    /** Whether a message that no machine listens to came only because somebody listens for a while. */
    isPassing: (brokerId: string, topic: string): boolean => network.get(brokerId)?.isPassing(topic) ?? false,
    /** Listens to a filter for a while, besides what is configured. */
    listen(brokerId: string, filter: string): Promise<Listening> {
      // The broker inside hears everything as it is.
      if (brokerId === INSIDE) return Promise.resolve({ listening: true, release: () => undefined });
      const broker = network.get(brokerId);
      return broker?.listen(filter) ?? Promise.resolve({ listening: false, reason: NOT_IN_USE });
    },
    /** Sends a message over a broker; machines that listen there hear it too. */
    publish(brokerId: string, message: OutgoingMessage): Promise<PublishResult> {
      if (brokerId === INSIDE) return inside.publishForAll(message);
      const broker = network.get(brokerId);
      if (broker) return broker.publish(message);
      return Promise.resolve({ sent: false, reason: NOT_IN_USE });
    },
    /** Closes the connections of a device to the broker inside. */
    disconnect: inside.disconnect,
    /** Tells devices something. @returns where: at the broker inside, and at the one whose devices are ours */
    tell(packet: OutgoingMessage): string[] {
      const note = (result: PublishResult) => complain(packet.topic, result);
      const told: string[] = [];
      if (settings.brokerHookToken !== undefined && main?.status().mode === 'connected') {
        told.push(MAIN);
        void main.publish(packet).then(note);
      }
      if (inside.listening()) {
        told.push(INSIDE);
        void inside.publish(packet).then(note);
      }
      return told;
    },
    /** The clients of the broker inside. */
    clients: inside.clients,
    status() {
      return {
        link: main?.status() ?? null,
        embedded: inside.exists ? { listening: inside.listening(), since: inside.since() } : null,
        idleSince: idleSince as ReadonlyMap<string, number>,
        further: new Map<string, LinkStatus>(
          [...network].filter(([id]) => id !== MAIN).map(([id, broker]) => [id, broker.status()]),
        ),
      };
    },
  };
}
export type Reception = ReturnType<typeof createReception>;
