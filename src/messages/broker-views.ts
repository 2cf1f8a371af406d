import {
  type Broker,
  type BrokerState,
  type ConnectionSettings,
  type ConnectionState,
  EMBEDDED_BROKER,
  MAIN_BROKER,
} from '../model/broker.ts';
import { isoTime } from '../platform/clock.ts';
import type { StoredBroker } from '../store/brokers.ts';

/** What is sealed of a broker. */
export type Secrets = { password: string | null; key: string | null };
type Facts = { state: BrokerState; devices: number; subscriptions: number };

/** What people call the brokers that nobody has to name. */
export const NAMES = { [MAIN_BROKER]: 'Main broker', [EMBEDDED_BROKER]: 'Embedded broker' } as const;

const UNREADABLE = 'Its password and key cannot be read: token-key is another one. Enter them again.';
const UNVERIFIED = 'The certificate of the broker is not verified.';
const TLS_UNUSED = 'tls has no effect: the url asks for no TLS.';

const isEncrypted = (url: string) => /^(mqtts|wss):/.test(url);

function stateView({ connection, since, lastFault }: BrokerState): ConnectionState {
  return {
    connection,
    since: isoTime(since),
    last_fault: lastFault && { ...lastFault, at: isoTime(lastFault.at) },
  };
}

const factsView = ({ state, devices, subscriptions }: Facts) => ({
  state: stateView(state),
  devices,
  subscriptions,
});

function tlsWarnings(url: string, tls: Omit<ConnectionSettings['tls'], 'key'>): string[] {
  if (isEncrypted(url)) return tls.insecure ? [UNVERIFIED] : [];
  return tls.insecure || tls.ca || tls.cert ? [TLS_UNUSED] : [];
}

/** The broker of the environment as the API shows it. */
export function mainView(settings: ConnectionSettings, facts: Facts): Broker {
  const { url, username, password, clientId, protocolVersion, keepAliveS, cleanSession, tls } = settings;
  return {
    broker_id: MAIN_BROKER,
    source: 'environment',
    name: NAMES[MAIN_BROKER],
    url,
    username: username ?? null,
    has_password: password !== undefined,
    client_id: clientId,
    protocol_version: protocolVersion,
    keep_alive_s: keepAliveS,
    clean_session: cleanSession,
    tls: {
      ca: tls.ca ?? null,
      cert: tls.cert ?? null,
      has_key: tls.key !== undefined,
      insecure: tls.insecure,
    },
    note: '',
    enabled: true,
    ...factsView(facts),
    warnings: tlsWarnings(url, tls),
    created_at: null,
  };
}

/** The broker inside the bridge as the API shows it. */
export function embeddedView(facts: Facts): Broker {
  return {
    broker_id: EMBEDDED_BROKER,
    source: 'embedded',
    name: NAMES[EMBEDDED_BROKER],
    url: null,
    username: null,
    has_password: false,
    client_id: null,
    protocol_version: 4,
    keep_alive_s: null,
    clean_session: null,
    tls: { ca: null, cert: null, has_key: false, insecure: false },
    note: '',
    enabled: true,
    ...factsView(facts),
    warnings: [],
    created_at: null,
  };
}

/** A broker that was made over the API as it shows it. @param secrets null: they cannot be read */
export function storedView(
  { brokerId, config, createdAt }: StoredBroker,
  secrets: Secrets | null,
  clientIdBase: string,
  facts: Facts,
): Broker {
  const { ca, cert, insecure } = config.tls;
  const hasPassword = secrets !== null && secrets.password !== null;
  const hasKey = secrets !== null && secrets.key !== null;
  return {
    ...config,
    broker_id: brokerId,
    source: 'api',
    has_password: hasPassword,
    client_id: config.client_id ?? `${clientIdBase}_${brokerId}`,
    tls: { ca, cert, has_key: hasKey, insecure },
    ...factsView(facts),
    warnings: [
      ...(secrets === null ? [UNREADABLE] : []),
      ...tlsWarnings(config.url, { insecure, ca: ca ?? undefined, cert: cert ?? undefined }),
    ],
    created_at: isoTime(createdAt),
  };
}

/** What a broker that was made over the API is connected with. */
export function settingsOf(
  { brokerId, config }: Pick<StoredBroker, 'brokerId' | 'config'>,
  { password, key }: Secrets,
  clientIdBase: string,
): ConnectionSettings {
  const { ca, cert, insecure } = config.tls;
  return {
    url: config.url,
    ...(config.username !== null && { username: config.username }),
    ...(password !== null && { password }),
    clientId: config.client_id ?? `${clientIdBase}_${brokerId}`,
    tls: {
      ...(ca !== null && { ca }),
      ...(cert !== null && { cert }),
      ...(key !== null && { key }),
      insecure,
    },
    protocolVersion: config.protocol_version,
    keepAliveS: config.keep_alive_s,
    cleanSession: config.clean_session,
  };
}
