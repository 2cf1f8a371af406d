import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';

/** The broker that the environment names, and the one inside the bridge. */
export const MAIN_BROKER = 'main';
export const EMBEDDED_BROKER = 'embedded';

/** What a connection to a network broker is made with. */
export type ConnectionSettings = {
  /** Scheme, host and port, without credentials. */
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  clientId: string;
  /** PEM texts. */
  tls: {
    ca?: string | undefined;
    cert?: string | undefined;
    key?: string | undefined;
    insecure: boolean;
  };
  protocolVersion: 4 | 5 | 'auto';
  keepAliveS: number;
  cleanSession: boolean;
};

/** A network broker that is to be connected to while it is enabled. */
export type BrokerConnection = { id: string; enabled: boolean; settings: ConnectionSettings };

/** How a broker's connection stands. */
export type BrokerState = {
  connection: 'connecting' | 'connected' | 'disconnected';
  /** ms since the epoch */
  since: number;
  lastFault: { at: number; reason: string; message: string } | null;
};

/** What one attempt to connect showed. `message` is a sentence for people. */
export type ConnectionTest =
  | {
      ok: true;
      protocolVersion: 4 | 5;
      latencyMs: number;
      /** What the broker showed; null: without TLS. `validTo` as ISO 8601. */
      certificate: { subject: string; issuer: string; validTo: string } | null;
    }
  | { ok: false; fault: { reason: string; message: string } };

const PEM_LENGTH_MAX = 262_144;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Text as MQTT carries it: well-formed and without NUL. */
export const mqttText = (lengthMax: number) =>
  z
    .string()
    .min(1, 'must not be empty; null removes it')
    .max(lengthMax)
    .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must be text without NUL');

function holdsCertificates(pem: string): boolean {
  const found = pem.match(CERTIFICATE) ?? [];
  try {
    return found.length > 0 && found.every((one) => new X509Certificate(one).subject !== null);
  } catch {
    return false;
  }
}

const certificates = z
  .string()
  .max(PEM_LENGTH_MAX)
  .refine(holdsCertificates, 'must be certificates in PEM form');

function privateKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

const tlsSchema = z
  .object({
    ca: certificates.nullable().default(null).describe('Whom to trust; null: the authorities of the system'),
    cert: certificates.nullable().default(null).describe('Client certificate'),
    key: z
      .string()
      .max(PEM_LENGTH_MAX)
      .refine((pem) => privateKey(pem) !== null, 'must be a private key in PEM form, without a passphrase')
      .nullable()
      .default(null)
      .describe('Its private key; never given back'),
    insecure: z.boolean().default(false).describe('Do not verify the broker'),
  })
  .strict()
  .superRefine(({ cert, key }, ctx) => {
    if (cert !== null && key === null)
      ctx.addIssue({ code: 'custom', path: ['key'], message: 'cert needs it' });
    if (cert === null && key !== null)
      ctx.addIssue({ code: 'custom', path: ['cert'], message: 'key needs it' });
    const secret = key === null ? null : privateKey(key);
    if (
      cert !== null &&
      secret &&
      holdsCertificates(cert) &&
      !new X509Certificate(cert).checkPrivateKey(secret)
    ) {
      ctx.addIssue({ code: 'custom', path: ['key'], message: 'does not belong to cert' });
    }
  });

/** Scheme, host and port in one form, so that equal brokers have equal URLs; or the problem. */
function readUrl(text: string): { url: string } | { problem: string } {
  if (!/^(mqtts?|wss?):\/\//i.test(text))
    return { problem: 'must begin with mqtt://, mqtts://, ws:// or wss://' };
  if (!URL.canParse(text)) return { problem: 'must be a URL with a host, such as mqtt://broker.local:1883' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return { problem: 'must not hold a user name or password; give them in username and password' };
  }
  if (url.hostname === '') return { problem: 'names no host' };
  if (url.port === '0') return { problem: 'has port 0' };
  if (url.hash !== '') return { problem: 'must not have a fragment (#)' };
  const host = url.hostname.toLowerCase();
  if (url.protocol.startsWith('ws'))
    return { url: `${url.protocol}//${url.host}${url.pathname}${url.search}` };
  if (url.search !== '' || !['', '/'].includes(url.pathname)) {
    return { problem: 'has a path; only ws:// and wss:// have one' };
  }
  return { url: `${url.protocol}//${host}:${url.port || (url.protocol === 'mqtts:' ? 8883 : 1883)}` };
}

const brokerUrl = z
  .string()
  .max(2048)
  .transform((text, ctx) => {
    const outcome = readUrl(text);
    if ('url' in outcome) return outcome.url;
    ctx.addIssue({ code: 'custom', message: outcome.problem });
    return z.NEVER;
  })
  .describe('mqtt://, mqtts://, ws:// or wss://, without user name and password');

const protocolVersion = z.literal([4, 5, 'auto']);
const brokerFields = z
  .object({
    name: z.string().trim().min(1).max(128),
    url: brokerUrl,
    username: mqttText(1024).nullable().default(null),
    password: mqttText(1024).nullable().default(null).describe('Never given back'),
    client_id: mqttText(256).nullable().default(null).describe('null: made of MQTT_CLIENT_ID and the id'),
    protocol_version: protocolVersion.default('auto').describe('4: MQTT 3.1.1; 5: MQTT 5; auto: 5, else 4'),
    keep_alive_s: z.int().min(5).max(3600).default(30),
    clean_session: z.boolean().default(false).describe('The broker keeps nothing while we are away'),
    tls: tlsSchema.prefault({}),
    note: z.string().max(4000).default(''),
    enabled: z.boolean().default(true).describe('Connected whenever the service runs'),
  })
  .strict();

/** What a person says about a broker. */
export const brokerInputSchema = brokerFields.superRefine(({ username, password }, ctx) => {
  if (password !== null && username === null) {
    ctx.addIssue({ code: 'custom', path: ['username'], message: 'password needs it' });
  }
});
export type BrokerInput = z.infer<typeof brokerInputSchema>;

/** What is kept of it in the open; the password and the key are sealed. */
export type BrokerConfig = Omit<BrokerInput, 'password' | 'tls'> & { tls: Omit<BrokerInput['tls'], 'key'> };

/** Ids are chosen once: they stand in topics of devices, subscriptions and the history. */
export const brokerIdSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,63}$/,
    'must be 1 to 64 of a–z, 0–9, - and _, and begin with a letter or digit',
  )
  .refine((id) => id !== MAIN_BROKER && id !== EMBEDDED_BROKER, 'is the id of a broker of the environment');

/** A broker to be made, as the API describes it. */
export const newBrokerSchema = brokerFields.extend({
  broker_id: brokerIdSchema.optional().describe('Made from the name when left out'),
});

const time = z.iso.datetime({ precision: 3 });
export const connectionStateSchema = z.object({
  connection: z.enum(['connecting', 'connected', 'disconnected']),
  since: time,
  last_fault: z.object({ at: time, reason: z.string(), message: z.string() }).nullable(),
});
export type ConnectionState = z.infer<typeof connectionStateSchema>;

/** A broker as the API shows it; null is what the embedded broker has no use for. */
export const brokerSchema = z.object({
  broker_id: z.string(),
  source: z.enum(['environment', 'api', 'embedded']).describe('Only those of api can be changed here'),
  name: z.string(),
  url: z.string().nullable(),
  username: z.string().nullable(),
  has_password: z.boolean(),
  client_id: z.string().nullable(),
  protocol_version: protocolVersion,
  keep_alive_s: z.int().nullable(),
  clean_session: z.boolean().nullable(),
  tls: z.object({
    ca: z.string().nullable(),
    cert: z.string().nullable(),
    has_key: z.boolean(),
    insecure: z.boolean(),
  }),
  note: z.string(),
  enabled: z.boolean(),
  state: connectionStateSchema,
  devices: z.int().describe('Devices that are heard there'),
  subscriptions: z.int(),
  warnings: z.array(z.string()).describe('What a person should know about its settings'),
  created_at: time.nullable(),
});
export type Broker = z.infer<typeof brokerSchema>;
