import { inspect } from 'node:util';
import type { Settings } from './settings.ts';

const mark = (secret: string | undefined) => (secret === undefined ? 'not set' : 'set');

/** The settings as the log may show them: secrets are `set` or `not set`. */
export function describeSettings(settings: Settings): Record<string, unknown> {
  const { mqtt, http, odoo } = settings;
  return {
    mqtt: mqtt && describeMqtt(mqtt),
    embedded: settings.embedded && describeEmbedded(settings.embedded),
    http: describeHttp(http),
    odoo: odoo && describeOdoo(odoo),
    delivery: settings.delivery,
    keep: settings.keep,
    brokerHookToken: mark(settings.brokerHookToken),
    configuration: settings.configuration,
    dataDir: settings.dataDir,
    log: settings.log,
  };
}

const describeTls = (tls: NonNullable<Settings['mqtt']>['tls']) => ({
  ca: mark(tls.ca),
  cert: mark(tls.cert),
  key: mark(tls.key),
  insecure: tls.insecure,
});
const describeMqtt = (mqtt: NonNullable<Settings['mqtt']>) => ({
  ...mqtt,
  username: mqtt.username ?? null,
  password: mark(mqtt.password),
  tls: describeTls(mqtt.tls),
});
const describeEmbedded = (embedded: NonNullable<Settings['embedded']>) => ({
  ...embedded,
  tls: embedded.tls ? 'set' : 'not set',
});
const describeHttp = (http: Settings['http']) => ({
  ...http,
  apiToken: mark(http.apiToken),
  viewToken: mark(http.viewToken),
});
const describeSink = (sink: NonNullable<Settings['odoo']>['sink']) => {
  if (sink.kind === 'webhook') return { kind: sink.kind, url: mark(sink.url), secret: mark(sink.secret) };
  return sink.kind === 'jsonrpc' ? { ...sink, apiKey: mark(sink.apiKey) } : sink;
};
const describeOdoo = (odoo: NonNullable<Settings['odoo']>) => ({
  ...odoo,
  // The path of a webhook is often its secret.
  ...(odoo.sink.kind === 'webhook' && { baseUrl: new URL(odoo.baseUrl).origin }),
  apiKey: mark(odoo.apiKey),
  sink: describeSink(odoo.sink),
});

function hide<T extends object>(part: T | null, describe: (part: T) => unknown): void {
  if (!part) return;
  const shown = { value: () => describe(part) };
  Object.defineProperties(part, { toJSON: shown, [inspect.custom]: shown });
}

/** Makes the settings safe to log by accident: JSON and `inspect` show their description instead. */
export function hideSecrets(settings: Settings): Settings {
  if (settings.mqtt) hide(settings.mqtt.tls, describeTls);
  hide(settings.mqtt, describeMqtt);
  hide(settings.embedded, describeEmbedded);
  hide(settings.http, describeHttp);
  if (settings.odoo) hide(settings.odoo.sink, describeSink);
  hide(settings.odoo, describeOdoo);
  return settings;
}
