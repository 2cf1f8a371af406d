import type { z } from 'zod';
import { LOG_LEVELS } from '../platform/log.ts';
import {
  allowedBy,
  fieldMap,
  headerToken,
  host,
  httpUrl,
  modelName,
  mqttUrl,
  oneOf,
  plainText,
  wholeNumber,
  yesOrNo,
} from './setting-kinds.ts';

type Traits = {
  aliases?: readonly string[];
  /**
   * `NAME_FILE` may name a file that holds it. `always`: the value is never printed; `url`: only
   * when it can hold no credentials.
   */
  secret?: 'always' | 'url';
  /** It names a PEM file, read at start; its value is the file's text. */
  pem?: true;
  /** What the reference says instead of a fixed default. */
  defaultNote?: string;
};
export type Variable<T = unknown, D extends string | undefined = string | undefined> = Traits & {
  schema: z.ZodType<T, string>;
  /** As it would be written in the environment. undefined: no value. */
  default: D;
  meaning: string;
};

function optional<T>(schema: z.ZodType<T, string>, meaning: string, traits: Traits = {}) {
  return { schema, default: undefined, meaning, ...traits } satisfies Variable<T, undefined>;
}
function withDefault<T>(schema: z.ZodType<T, string>, value: string, meaning: string, traits: Traits = {}) {
  return { schema, default: value, meaning, ...traits } satisfies Variable<T, string>;
}

const path = plainText(4096, 'path');
const days = wholeNumber(1, 36_500);
const SECRET = { secret: 'always' } as const;
const PEM = { pem: true } as const;
const port = wholeNumber(0, 65_535);
const OFF = { defaultNote: 'off' } as const;
const SECRET_URL = { secret: 'url' } as const;

/** Every variable of the bridge. The reference, `--help` and the validation are made from this table. */
export const VARIABLES = {
  MQTT_URL: optional(
    mqttUrl,
    'Broker as one URL; wins over MQTT_BROKER, MQTT_PORT and MQTT_USE_TLS.',
    SECRET_URL,
  ),
  MQTT_BROKER: optional(host, 'Host of the broker. No broker named: the embedded broker is used.'),
  MQTT_PORT: optional(wholeNumber(1, 65_535), 'Port of the broker.', { defaultNote: '1883, with TLS 8883' }),
  MQTT_USE_TLS: withDefault(yesOrNo, 'false', 'Whether to connect to MQTT_BROKER with TLS.'),
  MQTT_USERNAME: optional(plainText(), 'User name at the broker; wins over the one in MQTT_URL.'),
  MQTT_PASSWORD: optional(plainText(), 'Password at the broker; wins over the one in MQTT_URL.', SECRET),
  MQTT_CLIENT_ID: withDefault(
    plainText(128),
    'iot_bridge',
    'Client id at the broker; every bridge on one broker needs its own.',
  ),
  MQTT_CA_FILE: optional(path, "PEM file with the authority that signed the broker's certificate.", PEM),
  MQTT_CERT_FILE: optional(path, 'PEM file with our client certificate; together with MQTT_KEY_FILE.', PEM),
  MQTT_KEY_FILE: optional(path, 'PEM file with the key of our client certificate.', PEM),
  MQTT_TLS_INSECURE: withDefault(
    yesOrNo,
    'false',
    "true does not verify the broker's certificate; warned of at every start.",
  ),
  MQTT_PROTOCOL_VERSION: withDefault(
    oneOf('auto', '4', '5'),
    'auto',
    '4 is MQTT 3.1.1, 5 is MQTT 5; auto tries 5 and falls back to 4.',
  ),
  EMBEDDED_BROKER: withDefault(
    oneOf('auto', 'on', 'off'),
    'auto',
    'The broker inside the bridge; auto starts it when no broker is named.',
  ),
  EMBEDDED_MQTT_HOST: withDefault(host, '0.0.0.0', 'Address the embedded broker listens on.'),
  EMBEDDED_MQTT_PORT: withDefault(
    wholeNumber(0, 65_535),
    '1883',
    'Port the embedded broker listens on; 0 takes any free one.',
  ),
  EMBEDDED_MQTTS_PORT: optional(port, 'Port for MQTT over TLS; needs a certificate.', OFF),
  EMBEDDED_WS_PORT: optional(port, 'Port for MQTT over WebSocket, without TLS.', OFF),
  EMBEDDED_TLS_CERT_FILE: optional(
    path,
    "PEM file with the embedded broker's certificate and its chain.",
    PEM,
  ),
  EMBEDDED_TLS_KEY_FILE: optional(path, 'PEM file with the key of that certificate.', PEM),
  EMBEDDED_CONNECTIONS_MAX: withDefault(
    wholeNumber(1, 1_000_000),
    '5000',
    'Most connections to the embedded broker, logged in or not.',
  ),
  EMBEDDED_CONNECTIONS_PER_ADDRESS_MAX: withDefault(
    wholeNumber(1, 1_000_000),
    '200',
    'Most connections from one address; devices behind one router share an address.',
  ),
  EMBEDDED_PACKET_BYTES_MAX: withDefault(
    wholeNumber(1024, 16_777_216),
    '65536',
    'Longest MQTT packet the embedded broker takes.',
  ),
  EMBEDDED_RETAINED_MAX: withDefault(
    wholeNumber(0, 1_000_000),
    '10000',
    'Most retained messages the embedded broker keeps; further ones are not retained.',
  ),
  EMBEDDED_RETAINED_BYTES_MAX: withDefault(
    wholeNumber(0, 1_073_741_824),
    '16777216',
    'Most bytes of retained messages, topics included.',
  ),
  EMBEDDED_ALLOW_ANONYMOUS: withDefault(
    yesOrNo,
    'false',
    'true accepts clients without a token; for a closed lab network only.',
  ),
  BRIDGE_HOST: withDefault(host, '0.0.0.0', 'Address the HTTP API listens on.'),
  BRIDGE_PORT: withDefault(
    wholeNumber(0, 65_535),
    '8080',
    'Port the HTTP API listens on; 0 takes any free one.',
  ),
  BRIDGE_API_TOKEN: optional(
    headerToken,
    'Bearer token of the API; only health, metrics, the API pages and provisioning need none.',
    {
      ...SECRET,
      defaultNote: 'made at first start, in DATA_DIR/api-token',
    },
  ),
  BRIDGE_VIEW_TOKEN: optional(
    headerToken,
    'A second token that sees everything and changes nothing.',
    SECRET,
  ),
  BRIDGE_AUTH: withDefault(
    oneOf('token', 'off'),
    'token',
    'off lets everybody in; warned of at every start.',
  ),
  METRICS_AUTH: withDefault(oneOf('token', 'off'), 'off', 'token asks for a token at /metrics too.'),
  BROKER_HOOK_TOKEN: optional(
    headerToken,
    'Secret of /api/mqtt/*, for a broker of your own. Not set: there are no such routes.',
    SECRET,
  ),
  ODOO_BASE_URL: optional(
    httpUrl,
    'Odoo; with ODOO_SINK=webhook the whole URL, query included. Not set: events wait in the outbox.',
    { ...SECRET_URL, aliases: ['ODOO_URL'] },
  ),
  ODOO_API_KEY: optional(headerToken, 'Sent to Odoo as bearer token; with ODOO_SINK=jsonrpc it logs in.', {
    ...SECRET,
    aliases: ['ODOO_TOKEN'],
  }),
  ODOO_DATABASE: optional(
    headerToken,
    'Sent to Odoo as X-Odoo-Database; with ODOO_SINK=jsonrpc it logs in there.',
  ),
  ODOO_USERNAME: optional(
    plainText(),
    'Login of the user whose key it is. Used with ODOO_SINK=jsonrpc only.',
  ),
  ODOO_SINK: withDefault(
    oneOf('rest', 'jsonrpc', 'webhook'),
    'rest',
    'How events reach Odoo: rest is our add-on, jsonrpc an Odoo without it, webhook any URL.',
  ),
  ODOO_BATCH: withDefault(
    oneOf('auto', 'off'),
    'auto',
    'auto sends several events in one request when Odoo offers it and more than one waits.',
  ),
  ODOO_MODEL: withDefault(
    modelName,
    'x_machine_session',
    'Model whose records are sessions, with ODOO_SINK=jsonrpc.',
  ),
  ODOO_FIELDS: withDefault(
    fieldMap,
    [
      'session_id=x_session_id',
      'device_id=x_device_id',
      'machine_name=x_name',
      'state=x_state',
      'started_at=x_started_at',
      'ended_at=x_ended_at',
      'duration_s=x_duration_s',
      'standby_duration_s=x_standby_duration_s',
      'working_duration_s=x_working_duration_s',
      'energy_kwh=x_energy_kwh',
      'reason=x_reason',
    ].join(','),
    'Which of its fields keeps what; session_id and ended_at are needed, what is not named is not kept.',
  ),
  WEBHOOK_SECRET: optional(
    plainText(),
    'Secret of the signature that ODOO_SINK=webhook sends with each event.',
    SECRET,
  ),
  EVENT_TYPES: withDefault(
    oneOf('session', 'run'),
    'session',
    'Names of the events: session (session_started, …) or run (run_start, run_stop).',
  ),
  CONFIG_MODE: withDefault(
    oneOf('auto', 'pull', 'push'),
    'auto',
    'pull fetches the configuration from Odoo; auto pulls when CONFIG_REFRESH_INTERVAL or ODOO_URL is set.',
  ),
  CONFIG_REFRESH_INTERVAL: withDefault(wholeNumber(1, 604_800), '300', 'Seconds between two pulls.'),
  EVENT_QUEUE_MAX: withDefault(
    wholeNumber(1, 100_000_000),
    '1000000',
    'Most events kept undelivered; above it the least important ones are dropped.',
  ),
  KEEP_DELIVERED_DAYS: withDefault(days, '30', 'Days a delivered event is kept.'),
  KEEP_SESSIONS_DAYS: withDefault(days, '3650', 'Days an ended session is kept.'),
  KEEP_ATTRIBUTES_DAYS: withDefault(
    wholeNumber(0, 36_500),
    '90',
    'Days a former value of an attribute is kept; 0 keeps the newest values only.',
  ),
  KEEP_MESSAGES_DAYS: withDefault(days, '30', 'Days a message is kept in the history.'),
  KEEP_READINGS_DAYS: withDefault(
    days,
    '90',
    'Days every reading is kept, for charts and replay; one-minute values are kept four times as long.',
  ),
  HISTORY_BYTES_MAX: withDefault(
    wholeNumber(1_048_576, 1_099_511_627_776),
    '2147483648',
    'Most bytes of messages and readings together; above it the oldest go first.',
  ),
  EVENT_MAX_RETRIES: withDefault(
    wholeNumber(1, 1_000_000),
    '10',
    'Refusals of one event by Odoo before it is parked; outages do not count.',
  ),
  DATA_DIR: withDefault(path, './data', 'Folder for everything that must survive a restart.'),
  DEVICES_MAX: withDefault(wholeNumber(1, 1_000_000), '20000', 'Most devices in a configuration.'),
  BODY_BYTES_MAX: withDefault(
    wholeNumber(1024, 1_073_741_824),
    '10485760',
    'Most bytes of a request body, a configuration file or a pulled configuration.',
  ),
  LOG_LEVEL: withDefault(oneOf(...LOG_LEVELS), 'INFO', 'Least level that is logged.'),
  LOG_FORMAT: withDefault(oneOf('json', 'text'), 'json', 'One JSON object a line, or text for people.'),
  LOG_FILE: optional(path, 'File the log is also written to.'),
};

export type VariableName = keyof typeof VARIABLES;
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];

/** The value of each variable once it is read; undefined only where the table has no default. */
export type VariableValues = {
  [N in VariableName]:
    | z.output<(typeof VARIABLES)[N]['schema']>
    | ((typeof VARIABLES)[N]['default'] extends string ? never : undefined);
};

type VariableDescription = {
  name: string;
  aliases: readonly string[];
  /** The variable that names a file with the value, for secrets. */
  fileName: string | null;
  allowed: string;
  default: string;
  meaning: string;
};

/** Every variable, for people: what the reference page and `--help` print. */
export function describeVariables(): VariableDescription[] {
  return Object.entries<Variable>(VARIABLES).map(([name, variable]) => ({
    name,
    aliases: variable.aliases ?? [],
    fileName: variable.secret ? `${name}_FILE` : null,
    allowed: allowedBy(variable.schema),
    default: variable.defaultNote ?? variable.default ?? '',
    meaning: variable.meaning,
  }));
}
