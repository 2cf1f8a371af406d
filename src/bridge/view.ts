import { createApi } from '../api/api.ts';
import type { BridgeOptions, Parts } from '../bridge.ts';
import { apiToken } from '../config/api-token.ts';
import { createDiagnosis } from '../diagnosis/diagnosis.ts';
import { ENVIRONMENT_REMEDIES, NEUTRAL_REMEDIES } from '../mqtt/connection-fault.ts';
import { testConnection } from '../mqtt/connection-test.ts';
import type { Metrics } from '../platform/metrics.ts';
import { hooksOf } from './broker-hooks.ts';
import { healthReport, isMqttConnected } from './health.ts';
import { scrapedRegistry } from './housekeeping.ts';
import { createTuning } from './tuning.ts';

/** What can be seen and done from outside. */
export function createView(
  { settings, clock, random, log, recentLog, version, loopbackOnly }: BridgeOptions,
  metrics: Metrics,
  parts: Parts,
) {
  const { stores, delivery, reception, pipeline, identities, messaging } = parts;
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
    ...messaging,
    ...createTuning(stores, identities),
    testConnection(connection) {
      const remedies = connection === settings.mqtt ? ENVIRONMENT_REMEDIES : NEUTRAL_REMEDIES;
      return testConnection(connection, { clock, random, remedies });
    },
    history: stores.history,
    flows: parts.flows,
    ...parts.found,
    feed: parts.live.feed,
    delivery,
    diagnosis: createDiagnosis({
      clock,
      dataDir: settings.dataDir,
      service: () => messaging.service.report(),
      reception: () => reception.status(),
      courier: () => delivery.status(),
      counts: () => outbox.counts(),
      devices: () => identities.administration.summaries(),
      running: (deviceId) => identities.registry.get(deviceId)?.device ?? null,
      canCommit: () => pipeline.canCommit(),
      sessions,
      history: stores.history,
      discoveredTopics: () => parts.found.discovery.topics(),
      metrics,
    }),
    embeddedAddress: () => reception.embeddedAddress(),
    recentLog,
    configurationHistory: {
      list: (...page) => stores.configurations.list(...page),
      one: (id) => stores.configurations.one(id),
      current: () => devices.current(),
      digest: () => devices.digest(),
      restore: (input) => devices.apply(input, 'restore'),
    },
    clients: () => reception.clients(),
    hooks: hooksOf(settings, identities),
    sessions,
    outbox,
    wake: (lanes) => delivery.wake(lanes),
    ready: () => isMqttConnected(reception.status()),
    health: () =>
      healthReport({
        ...reception.status(),
        service: messaging.service.report(),
        ...outbox.counts(),
        version,
        uptimeMs: clock.steadyMs() - startedAt,
        courier: delivery.status(),
        canCommit: pipeline.canCommit(),
        configured: devices.counts().configured,
        ...identities.registry.counts(),
        openSessions: pipeline.openSessions(),
        lastConfigUpdate: devices.lastUpdate(),
        historyProblem: stores.history.problem(),
        notices: stores.notices,
      }),
  });
  return { api, registry, tokenHint: hint };
}
