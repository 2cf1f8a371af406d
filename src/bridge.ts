import { createConfiguration, type InitialConfiguration } from './bridge/configuration.ts';
import { createDelivery } from './bridge/delivery.ts';
import { createDiscovery, type Found } from './bridge/discovery.ts';
import { createFlowsPart } from './bridge/flows.ts';
import { createFormerFilters } from './bridge/former-filters.ts';
import { createHousekeeping } from './bridge/housekeeping.ts';
import { createIdentities, type Identities, type IdentitiesOptions } from './bridge/identities.ts';
import type { Late } from './bridge/late.ts';
import { createLive } from './bridge/live.ts';
import { createMessages } from './bridge/messages.ts';
import { createMessaging, type Messaging } from './bridge/messaging.ts';
import { createPipeline } from './bridge/pipeline.ts';
import { createReception } from './bridge/reception.ts';
import { openStores, type Stores } from './bridge/stores.ts';
import type { Surroundings } from './bridge/surroundings.ts';
import { createView } from './bridge/view.ts';
import type { Settings } from './config/settings.ts';
import type { Flows } from './flows/flows.ts';
import type { Pipeline } from './pipeline.ts';
import type { Clock } from './platform/clock.ts';
import type { Log } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';
import type { RecentLog } from './platform/recent-log.ts';

export type BridgeOptions = {
  settings: Settings;
  initial: InitialConfiguration | null;
  /** Let nobody but this machine in, without a token (the demo). */
  loopbackOnly: boolean;
  version: string;
  clock: Clock;
  random: () => number;
  log: Log;
  /** The last lines of `log`. */
  recentLog: RecentLog;
};

type Told = Omit<IdentitiesOptions, 'settings' | 'stores'>;

/** Builds the parts in the order of the pipeline; those that need one another meet through functions. */
function createParts({ settings, initial }: BridgeOptions, stores: Stores, surroundings: Surroundings) {
  const { clock, log } = surroundings;
  const late: Late = () => ({ pipeline, identities, messaging, flows, found });
  const live = createLive(stores.sessions, surroundings);
  const former = createFormerFilters(stores.facts, surroundings);
  const reception = createReception({ settings, stores, former }, late, surroundings);
  const delivery = createDelivery(settings, stores.outbox, live.settled, surroundings);
  const messages = createMessages({ stores, live, reception }, late, surroundings);
  const part = { settings, stores, live, reception, delivery, messages };
  const pipeline: Pipeline = createPipeline(part, late, surroundings);
  const told: Told = {
    onChange(change) {
      pipeline.change(change);
      found.discovery.lookAgain();
    },
    machines: () => pipeline.machines(),
    disconnect: (deviceId) => reception.disconnect(deviceId),
    tell: (message) => {
      for (const brokerId of reception.tell(message)) messages.sent(message, brokerId);
    },
    isBroker: (brokerId) => messaging.brokers.has(brokerId),
    onAttributes: (news) => news.forEach((one) => flows.attribute(one)),
  };
  const identities: Identities = createIdentities({ settings, stores, ...told }, surroundings);
  const messaging: Messaging = createMessaging({ ...part, pipeline, identities }, surroundings);
  const flows: Flows = createFlowsPart({ ...part, pipeline, identities, messaging }, surroundings);
  const found: Found = createDiscovery({ ...part, pipeline, identities, messaging }, surroundings);
  const configuration = createConfiguration(
    settings,
    initial,
    stores.configurations,
    (brokerId) => messaging.brokers.has(brokerId),
    ({ configs, devices }) => identities.registry.setConfigured(configs, devices),
    surroundings,
  );
  const housekeeping = createHousekeeping({ ...stores, ...settings.delivery, ...settings.keep, clock, log });
  return { ...part, pipeline, identities, messaging, flows, found, former, configuration, housekeeping };
}
export type Parts = ReturnType<typeof createParts>;

function assemble(options: BridgeOptions) {
  const { settings, clock, random, log } = options;
  const metrics = createMetrics();
  const surroundings = { clock, random, log, metrics };
  const stores = openStores(settings, surroundings);
  try {
    const parts = createParts(options, stores, surroundings);
    return { parts, view: createView(options, metrics, parts) };
  } catch (error) {
    // The process ends only when nothing is open any more.
    void stores.close();
    throw error;
  }
}

/**
 * START HERE. Builds every part of the bridge and connects them: reception → pipeline (parse, detect, commit)
 * → outbox → delivery, with the configuration that says what to listen to and the API that shows it all.
 * @throws StoreError when DATA_DIR cannot be used
 */
export function createBridge(options: BridgeOptions) {
  const { parts, view } = assemble(options);
  const { stores, delivery, reception, pipeline, identities, messaging, flows, configuration } = parts;

  return {
    /** @throws Error with a plain sentence when a port is taken or the initial configuration has faults */
    async start(): Promise<{ httpUrl: string; embeddedPort: number | null; tokenHint: string }> {
      stores.notices.push(...(await configuration.load()));
      identities.registry.announce();
      pipeline.start();
      delivery.start();
      flows.start();
      parts.housekeeping.start();
      const { url } = await view.api.start();
      await messaging.begin();
      configuration.startPull();
      return { httpUrl: url, embeddedPort: reception.embeddedPort(), tokenHint: view.tokenHint };
    },

    /** The start read backwards: loses nothing, and ends within a few seconds whatever brokers and Odoo do. */
    async stop(): Promise<void> {
      await configuration.stop();
      parts.found.scans.stop();
      await messaging.end();
      await view.api.stop();
      pipeline.stop();
      parts.former.stop();
      await flows.stop();
      identities.stop();
      parts.housekeeping.stop();
      view.registry.stop();
      await delivery.stop();
      await stores.close();
    },
  };
}
export type Bridge = ReturnType<typeof createBridge>;
