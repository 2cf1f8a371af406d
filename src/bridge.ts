import { createApi } from './api/api.ts';
import { createConfiguration, type InitialConfiguration } from './bridge/configuration.ts';
import type { DeliveryPart } from './bridge/delivery.ts';
import { createDelivery } from './bridge/delivery.ts';
import { createDeviceApi, hooksOf } from './bridge/device-api.ts';
import { healthReport, isMqttConnected } from './bridge/health.ts';
import { createHousekeeping, scrapedRegistry } from './bridge/housekeeping.ts';
import { createIdentities, type Identities } from './bridge/identities.ts';
import { createReception } from './bridge/reception.ts';
import type { Stores } from './bridge/stores.ts';
import { openStores } from './bridge/stores.ts';
import { apiToken } from './config/api-token.ts';
import type { Settings } from './config/settings.ts';
import type { DeviceChange } from './devices/configuration.ts';
import { encodeEvent } from './outbox/dialect.ts';
import { parserOf } from './parse/index.ts';
import { Pipeline } from './pipeline.ts';
import type { Clock } from './platform/clock.ts';
import type { Log } from './platform/log.ts';
import { createMetrics, type Metrics } from './platform/metrics.ts';
import { batchWriter, type Written } from './store/batch.ts';

export type BridgeOptions = {
  settings: Settings;
  initial: InitialConfiguration | null;
  /** Let nobody but this machine in, without a token (the demo). */
  loopbackOnly: boolean;
  version: string;
  clock: Clock;
  random: () => number;
  log: Log;
};

/** Builds the parts in the order of the pipeline; those that need one another meet through functions. */
function createParts({ settings, initial, clock, random, log }: BridgeOptions, metrics: Metrics) {
  const surroundings = { clock, random, log, metrics };
  const stores = openStores(settings.dataDir, clock.wallMs(), settings.keep.attributesDays > 0, log);
  const delivery = createDelivery(settings, stores.outbox, surroundings);
  const reception = createReception(settings, () => pipeline, surroundings, {
    ...stores,
    authenticate: (login) => identities.authenticate(login),
    provision: (payload, address) => identities.provisioning.answerBytes(payload, address),
  });
  const pipeline: Pipeline = new Pipeline({
    ...surroundings,
    installationId: stores.installationId,
    parserOf,
    states: stores.states,
    writer: createWriter(settings, stores, delivery),
    onMessage: (message, link, measured) => deviceApi.receive(message, reception.nameOf(link), measured),
    onCommitted: (written) => afterCommit(written, delivery, log, metrics),
    links: reception.links,
  });
  const deviceApi = createDeviceApi(stores, () => identities, surroundings);
  const around = {
    settings,
    stores,
    onChange: pipeline.change.bind(pipeline),
    machines: () => pipeline.machines(),
    disconnect: (deviceId: string) => reception.disconnect(deviceId),
    publish: (packet: Parameters<typeof reception.publish>[0]) => {
      if (reception.publish(packet)) deviceApi.sent(packet);
    },
  };
  const identities: Identities = createIdentities(around, surroundings);
  const { configurations } = stores;
  const onChange = ({ configs, devices }: DeviceChange) =>
    identities.registry.setConfigured(configs, devices);
  const configuration = createConfiguration(settings, initial, configurations, onChange, surroundings);
  const housekeeping = createHousekeeping({ ...stores, ...settings.delivery, ...settings.keep, clock, log });
  return { stores, delivery, reception, pipeline, deviceApi, identities, configuration, housekeeping };
}
type Parts = ReturnType<typeof createParts>;

/**
 * START HERE. Builds every part of the bridge and connects them: reception → pipeline (parse, detect, commit)
 * → outbox → delivery, with the configuration that says what to listen to and the API that shows it all.
 * @throws StoreError when DATA_DIR cannot be used
 */
export function createBridge(options: BridgeOptions) {
  const metrics = createMetrics();
  const parts = createParts(options, metrics);
  const { stores, delivery, reception, pipeline, deviceApi, identities, configuration, housekeeping } = parts;
  const view = createView(options, metrics, parts);

  return {
    /** @throws Error with a plain sentence when a port is taken or the initial configuration has faults */
    async start(): Promise<{ httpUrl: string; embeddedPort: number | null; tokenHint: string }> {
      stores.notices.push(...(await configuration.load()));
      identities.registry.announce();
      pipeline.start();
      delivery.start();
      housekeeping.start();
      const { url } = await view.api.start();
      const embeddedPort = await reception.start();
      configuration.startPull();
      return { httpUrl: url, embeddedPort, tokenHint: view.tokenHint };
    },

    /** The start read backwards: loses nothing, and ends within a few seconds whatever brokers and Odoo do. */
    async stop(): Promise<void> {
      await configuration.stop();
      await reception.stop();
      await view.api.stop();
      pipeline.stop();
      deviceApi.stop();
      identities.stop();
      housekeeping.stop();
      view.registry.stop();
      await delivery.stop();
      stores.close();
    },
  };
}
export type Bridge = ReturnType<typeof createBridge>;

function createWriter({ delivery: { dialect, queueMax } }: Settings, stores: Stores, delivery: DeliveryPart) {
  return batchWriter({
    ...stores,
    encode: (event) => encodeEvent(event, dialect),
    queueMax,
    inFlight: () => delivery.inFlightUids(),
  });
}

function afterCommit({ lanes, dropped }: Written, delivery: DeliveryPart, log: Log, metrics: Metrics): void {
  for (const { eventType, uid, deviceId } of dropped) {
    metrics.outboxDropped.inc({ type: eventType });
    log.error('event_dropped', {
      event_uid: uid,
      event_type: eventType,
      device_id: deviceId,
      reason: 'outbox full',
    });
  }
  delivery.wake(lanes);
}

/** What can be seen and done from outside. */
function createView(
  { settings, clock, log, version, loopbackOnly }: BridgeOptions,
  metrics: Metrics,
  parts: Parts,
) {
  const { stores, delivery, reception, pipeline, identities } = parts;
  const { devices } = parts.configuration;
  const { outbox, sessions } = stores;
  const startedAt = clock.steadyMs();
  const registry = scrapedRegistry({
    clock,
    metrics,
    outbox,
    openSessions: () => pipeline.openSessions(),
    isMqttConnected: () => isMqttConnected(reception.status()),
  });
  const { token, hint } = apiToken(settings.http.apiToken, settings.dataDir);
  const api = createApi({
    clock,
    log,
    version,
    http: { ...settings.http, apiToken: token, tokenHint: hint, loopbackOnly },
    metrics: { registry },
    devices,
    ...identities,
    machines: () => identities.administration.summaries(),
    device: (deviceId) => identities.administration.detail(deviceId),
    provisionedUnder: (templateId) => stores.devices.countOf(templateId),
    messages: stores.messages,
    clients: () => reception.clients(),
    hooks: hooksOf(settings, identities),
    sessions,
    outbox,
    wake: (lanes) => delivery.wake(lanes),
    ready: () => isMqttConnected(reception.status()),
    health: () =>
      healthReport({
        ...reception.status(),
        ...outbox.counts(),
        version,
        uptimeMs: clock.steadyMs() - startedAt,
        courier: delivery.status(),
        canCommit: pipeline.canCommit(),
        configured: devices.counts().configured,
        ...identities.registry.counts(),
        openSessions: pipeline.openSessions(),
        lastConfigUpdate: devices.lastUpdate(),
        notices: stores.notices,
      }),
  });
  return { api, registry, tokenHint: hint };
}
