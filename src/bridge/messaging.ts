import type { Settings } from '../config/settings.ts';
import { seal, unseal } from '../devices/secret-seal.ts';
import { Brokers } from '../messages/brokers.ts';
import { DeviceRequests } from '../messages/device-requests.ts';
import { Publisher } from '../messages/publisher.ts';
import { Requests } from '../messages/requests.ts';
import { SavedMessages } from '../messages/saved-messages.ts';
import { Service } from '../messages/service.ts';
import { Subscriptions } from '../messages/subscriptions.ts';
import type { BrokerState } from '../model/broker.ts';
import type { OutgoingMessage, PublishResult } from '../model/message.ts';
import type { LinkStatus } from '../mqtt/link.ts';
import type { Pipeline } from '../pipeline.ts';
import { commandFor, statusCommand } from './device-commands.ts';
import type { Identities } from './identities.ts';
import { INSIDE } from './inside.ts';
import type { Messages } from './messages.ts';
import { MAIN, type Reception } from './reception.ts';
import type { Stores } from './stores.ts';
import type { Surroundings } from './surroundings.ts';

export type MessagingPart = {
  settings: Settings;
  stores: Stores;
  reception: Reception;
  pipeline: Pipeline;
  identities: Identities;
  messages: Messages;
};

const STOPPED_FACT = 'service_stopped';
/** Numbers of questions begin anew with each second, so that a late answer is not taken for another's. */
const QUESTIONS_PER_SECOND = 1000;
const QUESTION_NUMBERS = 2 ** 31;

function stateOfLink({ mode, since, lastFault }: LinkStatus): BrokerState {
  return {
    connection: mode === 'waiting' || mode === 'stopped' ? 'disconnected' : mode,
    since,
    lastFault,
  };
}

/** Brokers, subscriptions, messages and the switch over all of it. */
export function createMessaging(
  { settings, stores, reception, pipeline, identities, messages }: MessagingPart,
  surroundings: Surroundings,
) {
  const { clock, log } = surroundings;
  const { facts, database } = stores;
  const { registry } = identities;
  const startedAt = clock.wallMs();

  function state(brokerId: string): BrokerState {
    const { link, embedded, further, idleSince } = reception.status();
    if (brokerId === INSIDE) {
      const connection = embedded?.listening ? 'connected' : 'disconnected';
      return { connection, since: embedded?.since ?? startedAt, lastFault: null };
    }
    const status = brokerId === MAIN ? link : further.get(brokerId);
    if (status) return stateOfLink(status);
    return { connection: 'disconnected', since: idleSince.get(brokerId) ?? startedAt, lastFault: null };
  }

  /** A device that runs. */
  const device = (deviceId: string) => registry.get(deviceId)?.device ?? null;

  /** Over which broker a device is spoken to; null: there is no such device. */
  function brokerOf(deviceId: string): string | null {
    const entry = registry.get(deviceId);
    if (!entry) return null;
    if (entry.config.broker !== undefined) return entry.config.broker;
    const isInside = reception.clients().some(({ device_id }) => device_id === deviceId);
    return isInside ? INSIDE : pipeline.brokerOf(deviceId) || reception.mainId;
  }

  async function publish(
    brokerId: string,
    message: OutgoingMessage,
  ): Promise<PublishResult & { id?: number | null }> {
    if (service.isStopped()) return { sent: false, reason: 'The service is stopped: start it first.' };
    const result = await reception.publish(brokerId, message);
    return result.sent ? { ...result, id: messages.sent(message, brokerId) } : result;
  }

  const brokers = new Brokers({
    table: stores.brokers,
    subscriptions: stores.subscriptions,
    database,
    seal: (text, about) => seal(identities.sealKey, text, about),
    unseal: (sealed, about) => unseal(identities.sealKey, sealed, about),
    main: settings.mqtt,
    embedded: reception.insideExists,
    clientIdBase: settings.clientId,
    state,
    devicesOf: (brokerId) =>
      registry.list().filter(({ config }) => (config.broker ?? reception.mainId) === brokerId).length,
    onChange: (brokerId) => void connect(brokerId),
    clock,
  });
  const subscriptions = new Subscriptions({
    table: stores.subscriptions,
    brokers,
    states: (brokerId) => reception.states(brokerId),
    onChange: (brokerId) => reception.subscribe(brokerId),
    clock,
  });
  const publisher = new Publisher({ brokers, subscriptions: stores.subscriptions, publish, clock });
  const requests = new Requests({
    publish,
    listen: (brokerId, filter) => reception.listen(brokerId, filter),
    clock,
  });
  const service = new Service({
    startReception: () => reception.start(),
    stopReception: () => reception.stop(),
    persisted: {
      get: () => facts.get(STOPPED_FACT) || null,
      set: (reason) => facts.set(STOPPED_FACT, reason ?? ''),
    },
    brokers: () => brokers.list(),
    clock,
    log,
  });

  function connect(brokerId: string): Promise<void> {
    const kept = () => brokers.connections().find(({ id }) => id === brokerId) ?? null;
    return reception.setBroker(brokerId, kept).catch((error: Error) => {
      log.error('broker_not_changed', { broker_id: brokerId, message: error.message });
    });
  }

  return {
    brokers,
    subscriptions,
    publisher,
    requests,
    service,
    publish,
    savedMessages: new SavedMessages({ table: stores.savedMessages, publisher, clock }),
    deviceRequests: new DeviceRequests({
      requests,
      brokerOf,
      probe: (deviceId) => {
        const found = device(deviceId);
        return found && statusCommand(found);
      },
      commandFor: (deviceId, ask) => {
        const found = device(deviceId);
        return found ? commandFor(found, ask) : { problem: 'The device does not run.' };
      },
      firstId: (Math.floor(startedAt / 1000) * QUESTIONS_PER_SECOND) % QUESTION_NUMBERS,
    }),
    /**
     * Connects to every broker, unless the service was stopped for good.
     * @throws Error with a plain sentence when a port is taken
     */
    async begin(): Promise<void> {
      const further = brokers.connections().filter(({ id }) => id !== MAIN);
      await Promise.all(further.map(({ id }) => connect(id)));
      const result = await service.begin();
      if (!result.ok) throw new Error(result.reason);
    },
    async end(): Promise<void> {
      requests.end();
      await service.end();
    },
  };
}
export type Messaging = ReturnType<typeof createMessaging>;
