import { createApi } from './api/api.ts';
import { createConfiguration, type InitialConfiguration } from './bridge/configuration.ts';
import type { DeliveryPart } from './bridge/delivery.ts';
import { createDelivery } from './bridge/delivery.ts';
import { healthReport, isMqttConnected } from './bridge/health.ts';
import { createHousekeeping, scrapedRegistry } from './bridge/housekeeping.ts';
import { createReception } from './bridge/reception.ts';
import type { Stores } from './bridge/stores.ts';
import { openStores } from './bridge/stores.ts';
import { apiToken } from './config/api-token.ts';
import type { Settings } from './config/settings.ts';
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

/**
 * START HERE. Builds every part of the bridge and connects them: reception → pipeline (parse, detect, commit)
 * → outbox → delivery, with the configuration that says what to listen to and the API that shows it all.
 * @throws StoreError when DATA_DIR cannot be used
 */
export function createBridge(options: BridgeOptions) {
  const { settings, initial, clock, random, log } = options;
  const metrics = createMetrics();
  const surroundings = { clock, random, log, metrics };

  const stores = openStores(settings.dataDir, clock.wallMs(), log);
  const delivery = createDelivery(settings, stores.outbox, surroundings);
  const reception = createReception(settings, () => pipeline, surroundings);
  const pipeline: Pipeline = new Pipeline({
    ...surroundings,
    installationId: stores.installationId,
    parserOf,
    states: stores.states,
    writer: createWriter(settings, stores, delivery),
    onCommitted: (written) => afterCommit(written, delivery, log, metrics),
    links: reception.links,
  });
  const { configurations } = stores;
  const onChange = pipeline.change.bind(pipeline);
  const configuration = createConfiguration(settings, initial, configurations, onChange, surroundings);
  const housekeeping = createHousekeeping({ ...stores, ...settings.delivery, clock, log });
  const view = createView(options, metrics, { stores, delivery, reception, pipeline, configuration });

  return {
    /** @throws Error with a plain sentence when a port is taken or the initial configuration has faults */
    async start(): Promise<{ httpUrl: string; embeddedPort: number | null; tokenHint: string }> {
      stores.notices.push(...(await configuration.load()));
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
      await configuration.stopPull();
      await reception.stop();
      pipeline.stop();
      await view.api.stop();
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

type Parts = {
  stores: Stores;
  delivery: DeliveryPart;
  reception: ReturnType<typeof createReception>;
  pipeline: Pipeline;
  configuration: ReturnType<typeof createConfiguration>;
};

/** What can be seen and done from outside. */
function createView(
  { settings, clock, log, version, loopbackOnly }: BridgeOptions,
  metrics: Metrics,
  parts: Parts,
) {
  const { stores, delivery, reception, pipeline } = parts;
  const { devices } = parts.configuration;
  const { outbox, sessions } = stores;
  const startedAt = clock.steadyMs();
  const registry = scrapedRegistry({ clock, metrics, outbox, openSessions: () => pipeline.openSessions() });
  const { token, hint } = apiToken(settings.http.apiToken, settings.dataDir);
  const api = createApi({
    clock,
    log,
    version,
    http: { ...settings.http, apiToken: token, tokenHint: hint, loopbackOnly },
    metrics: { registry },
    devices,
    machines: () => pipeline.machines(),
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
        devices: devices.counts(),
        openSessions: pipeline.openSessions(),
        lastConfigUpdate: devices.lastUpdate(),
        notices: stores.notices,
      }),
  });
  return { api, registry, tokenHint: hint };
}
