import type { Broker } from '../../../src/model/broker.ts';

/** A secret that is never given back: left as it is, taken away, or a new one. */
export type SecretDraft = { change: 'keep' } | { change: 'remove' } | { change: 'set'; value: string };

/** A broker while it is written; empty texts are fields that are left to their default. */
export type BrokerDraft = {
  brokerId: string;
  name: string;
  url: string;
  username: string;
  password: SecretDraft;
  clientId: string;
  protocolVersion: Broker['protocol_version'];
  keepAliveS: string;
  cleanSession: boolean;
  ca: string;
  cert: string;
  key: SecretDraft;
  insecure: boolean;
  note: string;
  enabled: boolean;
};

export const EMPTY_BROKER: BrokerDraft = {
  brokerId: '',
  name: '',
  url: '',
  username: '',
  password: { change: 'keep' },
  clientId: '',
  protocolVersion: 'auto',
  keepAliveS: '',
  cleanSession: false,
  ca: '',
  cert: '',
  key: { change: 'keep' },
  insecure: false,
  note: '',
  enabled: true,
};

export function draftOfBroker(broker: Broker): BrokerDraft {
  return {
    ...EMPTY_BROKER,
    brokerId: broker.broker_id,
    name: broker.name,
    url: broker.url ?? '',
    username: broker.username ?? '',
    clientId: broker.client_id ?? '',
    protocolVersion: broker.protocol_version,
    keepAliveS: broker.keep_alive_s === null ? '' : String(broker.keep_alive_s),
    cleanSession: broker.clean_session ?? false,
    ca: broker.tls.ca ?? '',
    cert: broker.tls.cert ?? '',
    insecure: broker.tls.insecure,
    note: broker.note,
    enabled: broker.enabled,
  };
}

const orNull = (text: string): string | null => (text === '' ? null : text);
const secretOf = (secret: SecretDraft) => (secret.change === 'set' ? orNull(secret.value) : null);

/** Each field of the API and what the draft says about it; undefined: nothing. */
function fieldsOf(draft: BrokerDraft) {
  const { password, key } = draft;
  return {
    name: draft.name.trim(),
    url: draft.url.trim(),
    username: orNull(draft.username),
    password: password.change === 'keep' ? undefined : secretOf(password),
    client_id: orNull(draft.clientId),
    protocol_version: draft.protocolVersion,
    keep_alive_s: draft.keepAliveS === '' ? null : Number(draft.keepAliveS),
    clean_session: draft.cleanSession,
    note: draft.note,
    enabled: draft.enabled,
    tls: {
      ca: orNull(draft.ca),
      cert: orNull(draft.cert),
      key: key.change === 'keep' ? undefined : secretOf(key),
      insecure: draft.insecure,
    },
  };
}

type Fields = Record<string, unknown>;
/** Those of `fields` that are said, and are not as in `before`. */
const changed = (fields: Fields, before: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && value !== before[name]),
  );

/**
 * The body of `PATCH`: what differs from `before`. The client id that is shown may be made by the bridge; sent
 * back unchanged it would be fixed.
 */
export function patchOf(draft: BrokerDraft, before: BrokerDraft): Fields {
  const { tls, ...fields } = fieldsOf(draft);
  const { tls: tlsBefore, ...fieldsBefore } = fieldsOf(before);
  const tlsChanged = changed(tls, tlsBefore);
  return {
    ...changed(fields, fieldsBefore),
    ...(Object.keys(tlsChanged).length > 0 && { tls: tlsChanged }),
  };
}

/** The body of `POST`: name and URL always, else what is said. */
export function newBrokerOf(draft: BrokerDraft): Fields {
  const { name, url } = fieldsOf(draft);
  return {
    name,
    url,
    ...(draft.brokerId !== '' && { broker_id: draft.brokerId }),
    ...patchOf(draft, EMPTY_BROKER),
  };
}

/** Whether a URL asks for TLS. */
export const isEncrypted = (url: string): boolean => /^(mqtts|wss):/i.test(url.trim());
