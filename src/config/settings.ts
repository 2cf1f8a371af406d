import type { EmbeddedBrokerSettings } from '../mqtt/embedded/settings.ts';
import type { LogOptions } from '../platform/log.ts';
import type { VariableName, VariableValues } from './environment-variables.ts';
import { assembleOdoo, type OdooSettings, odooFaults } from './odoo-settings.ts';
import { hideSecrets } from './settings-description.ts';
import { warnOfShortToken } from './token-length.ts';

/** Everything the environment, the command line and `settings:` decide, checked and by part. */
export type Settings = {
  /** The broker to connect to; null: none is named. */
  mqtt: {
    /** Scheme, host and port, without credentials. */
    url: string;
    username?: string;
    password?: string;
    clientId: string;
    /** The contents of the PEM files. */
    tls: { ca?: string; cert?: string; key?: string; insecure: boolean };
    protocolVersion: 4 | 5 | 'auto';
    keepAliveS: number;
    cleanSession: boolean;
  } | null;
  /** MQTT_CLIENT_ID: what the client ids of further brokers are made of. */
  clientId: string;
  /** The broker inside the bridge; null: it is off. */
  embedded: (EmbeddedBrokerSettings & { allowAnonymous: boolean }) | null;
  http: {
    host: string;
    port: number;
    /** undefined: one is made and kept in `dataDir`. */
    apiToken?: string;
    viewToken?: string;
    auth: 'token' | 'off';
    metricsAuth: 'token' | 'off';
    bodyBytesMax: number;
  };
  /** null: events wait in the outbox. */
  odoo: OdooSettings | null;
  delivery: {
    dialect: 'session' | 'run';
    queueMax: number;
    refusalsMax: number;
    keepDeliveredDays: number;
    keepSessionsDays: number;
  };
  /** How long is kept what devices say; 0 days: no history of attributes. */
  keep: { attributesDays: number; messagesDays: number; readingsDays: number; historyBytesMax: number };
  /** Secret of `/api/mqtt/*`; undefined: there are no such routes. */
  brokerHookToken?: string;
  configuration: { mode: 'pull' | 'push'; refreshIntervalMs: number; devicesMax: number };
  dataDir: string;
  log: LogOptions;
};

/** The text of one variable, and as which name it was found (an alias, perhaps with `_FILE`). */
export type FoundText = { text: string; foundAs: string };
export type Found = ReadonlyMap<VariableName, FoundText>;

const KEEP_ALIVE_S = 30;

/** Faults that only two variables together make, whatever each of them is worth. */
export function combinationFaults(found: Found): string[] {
  const faults: string[] = [];
  const pairs = [
    ['MQTT_CERT_FILE', 'MQTT_KEY_FILE'],
    ['MQTT_KEY_FILE', 'MQTT_CERT_FILE'],
    ['EMBEDDED_TLS_CERT_FILE', 'EMBEDDED_TLS_KEY_FILE'],
    ['EMBEDDED_TLS_KEY_FILE', 'EMBEDDED_TLS_CERT_FILE'],
    ['EMBEDDED_MQTTS_PORT', 'EMBEDDED_TLS_CERT_FILE'],
  ] as const;
  for (const [name, other] of pairs) {
    if (found.has(name) && !found.has(other)) faults.push(`${name}: needs ${other} too`);
  }
  const viewToken = found.get('BRIDGE_VIEW_TOKEN')?.text;
  if (viewToken !== undefined && viewToken === found.get('BRIDGE_API_TOKEN')?.text) {
    faults.push('BRIDGE_VIEW_TOKEN: must differ from BRIDGE_API_TOKEN');
  }
  return [...faults, ...odooFaults(found)];
}

/** Builds the settings from the values of the variables, which must be without faults. */
export function assembleSettings(
  values: VariableValues,
  found: Found,
): { settings: Settings; warnings: string[] } {
  const warnings: string[] = [];
  const mqtt = assembleMqtt(values, found, warnings);
  const embeddedOn = values.EMBEDDED_BROKER === 'on' || (values.EMBEDDED_BROKER === 'auto' && mqtt === null);
  const hookToken = values.BROKER_HOOK_TOKEN;
  warnOfShortToken('BROKER_HOOK_TOKEN', hookToken, warnings);
  const settings: Settings = {
    mqtt,
    clientId: values.MQTT_CLIENT_ID,
    embedded: embeddedOn ? assembleEmbedded(values) : null,
    http: assembleHttp(values, warnings),
    odoo: assembleOdoo(values, found, warnings),
    delivery: {
      dialect: values.EVENT_TYPES,
      queueMax: values.EVENT_QUEUE_MAX,
      refusalsMax: values.EVENT_MAX_RETRIES,
      keepDeliveredDays: values.KEEP_DELIVERED_DAYS,
      keepSessionsDays: values.KEEP_SESSIONS_DAYS,
    },
    keep: {
      attributesDays: values.KEEP_ATTRIBUTES_DAYS,
      messagesDays: values.KEEP_MESSAGES_DAYS,
      readingsDays: values.KEEP_READINGS_DAYS,
      historyBytesMax: values.HISTORY_BYTES_MAX,
    },
    ...(hookToken !== undefined && { brokerHookToken: hookToken }),
    configuration: {
      mode: configurationMode(values, found, warnings),
      refreshIntervalMs: values.CONFIG_REFRESH_INTERVAL * 1000,
      devicesMax: values.DEVICES_MAX,
    },
    dataDir: values.DATA_DIR,
    log: {
      level: values.LOG_LEVEL,
      format: values.LOG_FORMAT,
      ...(values.LOG_FILE !== undefined && { file: values.LOG_FILE }),
    },
  };
  if (!mqtt && !embeddedOn) {
    warnings.push('EMBEDDED_BROKER is off and no broker is named: no message can arrive');
  }
  if (settings.embedded?.allowAnonymous) {
    warnings.push('EMBEDDED_ALLOW_ANONYMOUS: anybody who reaches the embedded broker may use it');
  }
  return { settings: hideSecrets(settings), warnings };
}

const BROKER_PARTS = ['MQTT_BROKER', 'MQTT_PORT', 'MQTT_USE_TLS'] as const;
const TLS_PARTS = ['MQTT_CA_FILE', 'MQTT_CERT_FILE', 'MQTT_KEY_FILE', 'MQTT_TLS_INSECURE'] as const;

function assembleMqtt(values: VariableValues, found: Found, warnings: string[]): Settings['mqtt'] {
  const address = values.MQTT_URL ?? addressByParts(values);
  const unused = (names: readonly VariableName[], why: string) => {
    for (const name of names) if (found.has(name)) warnings.push(`${name} has no effect ${why}`);
  };
  if (!address) {
    unused(['MQTT_PORT', 'MQTT_USE_TLS', ...TLS_PARTS], 'without MQTT_URL or MQTT_BROKER');
    return null;
  }
  if (values.MQTT_URL) unused(BROKER_PARTS, 'because MQTT_URL is set');
  if (!address.tls) unused(TLS_PARTS, 'because the broker is reached without TLS');
  else if (values.MQTT_TLS_INSECURE) {
    warnings.push("MQTT_TLS_INSECURE: the broker's certificate is not verified");
  }
  const username = values.MQTT_USERNAME ?? address.username;
  const password = values.MQTT_PASSWORD ?? address.password;
  if (password !== undefined && username === undefined) {
    warnings.push('MQTT_PASSWORD is set without MQTT_USERNAME; MQTT 3.1.1 does not allow that');
  }
  return {
    url: address.url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    clientId: values.MQTT_CLIENT_ID,
    tls: {
      ...(values.MQTT_CA_FILE !== undefined && { ca: values.MQTT_CA_FILE }),
      ...(values.MQTT_CERT_FILE !== undefined && { cert: values.MQTT_CERT_FILE }),
      ...(values.MQTT_KEY_FILE !== undefined && { key: values.MQTT_KEY_FILE }),
      insecure: values.MQTT_TLS_INSECURE,
    },
    protocolVersion: ({ 4: 4, 5: 5, auto: 'auto' } as const)[values.MQTT_PROTOCOL_VERSION],
    keepAliveS: KEEP_ALIVE_S,
    cleanSession: false,
  };
}

function assembleEmbedded(values: VariableValues): NonNullable<Settings['embedded']> {
  const { EMBEDDED_TLS_CERT_FILE: cert, EMBEDDED_TLS_KEY_FILE: key } = values;
  return {
    host: values.EMBEDDED_MQTT_HOST,
    port: values.EMBEDDED_MQTT_PORT,
    tlsPort: values.EMBEDDED_MQTTS_PORT ?? null,
    webSocketPort: values.EMBEDDED_WS_PORT ?? null,
    tls: cert !== undefined && key !== undefined ? { cert, key } : null,
    allowAnonymous: values.EMBEDDED_ALLOW_ANONYMOUS,
    limits: {
      connectionsMax: values.EMBEDDED_CONNECTIONS_MAX,
      connectionsPerAddressMax: values.EMBEDDED_CONNECTIONS_PER_ADDRESS_MAX,
      packetBytesMax: values.EMBEDDED_PACKET_BYTES_MAX,
      retainedMax: values.EMBEDDED_RETAINED_MAX,
      retainedBytesMax: values.EMBEDDED_RETAINED_BYTES_MAX,
    },
  };
}

function addressByParts(values: VariableValues): VariableValues['MQTT_URL'] {
  const { MQTT_BROKER: host, MQTT_USE_TLS: tls } = values;
  if (host === undefined) return undefined;
  const port = values.MQTT_PORT ?? (tls ? 8883 : 1883);
  return { url: `${tls ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`, tls };
}

function assembleHttp(values: VariableValues, warnings: string[]): Settings['http'] {
  const { BRIDGE_API_TOKEN: apiToken, BRIDGE_VIEW_TOKEN: viewToken } = values;
  if (values.BRIDGE_AUTH === 'off') {
    warnings.push('BRIDGE_AUTH is off: anybody who reaches the API may use it');
  }
  warnOfShortToken('BRIDGE_API_TOKEN', apiToken, warnings);
  warnOfShortToken('BRIDGE_VIEW_TOKEN', viewToken, warnings);
  return {
    host: values.BRIDGE_HOST,
    port: values.BRIDGE_PORT,
    ...(apiToken !== undefined && { apiToken }),
    ...(viewToken !== undefined && { viewToken }),
    auth: values.BRIDGE_AUTH,
    metricsAuth: values.METRICS_AUTH,
    bodyBytesMax: values.BODY_BYTES_MAX,
  };
}

function configurationMode(values: VariableValues, found: Found, warnings: string[]): 'pull' | 'push' {
  const mode = values.CONFIG_MODE;
  // The configuration comes from our add-on, which the other sinks do without.
  const withOdoo = values.ODOO_BASE_URL !== undefined && values.ODOO_SINK === 'rest';
  if (mode !== 'auto') return mode;
  const intervalGiven = found.has('CONFIG_REFRESH_INTERVAL');
  if (intervalGiven && !withOdoo) {
    warnings.push('CONFIG_REFRESH_INTERVAL has no effect without ODOO_BASE_URL and ODOO_SINK=rest');
  }
  // The pull document calls it ODOO_URL: who sets that expects the bridge to fetch its configuration.
  const pullDocument = found.get('ODOO_BASE_URL')?.foundAs.startsWith('ODOO_URL') ?? false;
  return withOdoo && (intervalGiven || pullDocument) ? 'pull' : 'push';
}
