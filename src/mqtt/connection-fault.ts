/** Why a connection to a broker failed, as a word for metrics and a sentence with the remedy for people. */
export type ConnectionFault = { reason: string; message: string };

/** What to do about a fault, in the words of whoever made the settings. */
export type Remedies = { address: string; login: string; clientId: string; ownClientId: string; ca: string };

/** For brokers that people set up in the API. */
export const NEUTRAL_REMEDIES: Remedies = {
  address: 'check the URL',
  login: 'check user name and password',
  clientId: 'check the client id',
  ownClientId: 'give each bridge its own client id',
  ca: "give the authority's certificate",
};

/** For the broker of the environment. */
export const ENVIRONMENT_REMEDIES: Remedies = {
  address: 'check MQTT_BROKER or MQTT_URL',
  login: 'check MQTT_USERNAME and MQTT_PASSWORD',
  clientId: 'check MQTT_CLIENT_ID',
  ownClientId: 'give each bridge its own MQTT_CLIENT_ID',
  ca: 'set MQTT_CA_FILE',
};

export const STALLED: ConnectionFault = {
  reason: 'stalled',
  message: 'the broker does not answer any more',
};

export const CLOSED: ConnectionFault = { reason: 'closed', message: 'the broker closed the connection' };

/** Two clients take the connection from each other for ever. */
export const clash = (remedies: Remedies): ConnectionFault => ({
  reason: 'client_id_clash',
  message: `another client with the same client id takes the connection; ${remedies.ownClientId}`,
});

/** A fault whose sentence may end with a remedy. */
type Known = { reason: string; message: string; remedy?: keyof Remedies };

const CUT: Known = { reason: 'closed', message: 'the connection was cut' };
const BY_SYSTEM_CODE: Record<string, Known> = {
  ENOTFOUND: { reason: 'name_not_found', message: 'the host name is not known', remedy: 'address' },
  EAI_AGAIN: { reason: 'name_not_found', message: 'the name server does not answer; check the network' },
  ECONNREFUSED: {
    reason: 'refused',
    message: 'nothing listens there; check host and port, and that the broker runs',
  },
  EHOSTUNREACH: { reason: 'unreachable', message: 'the host cannot be reached; check the network' },
  ENETUNREACH: { reason: 'unreachable', message: 'the network cannot be reached; check the network' },
  ETIMEDOUT: { reason: 'timed_out', message: 'no answer; check the address and firewalls between' },
  ECONNRESET: CUT,
  EPIPE: CUT,
};

const VERSION: Known = {
  reason: 'protocol_version',
  message: 'the broker does not speak this version of MQTT',
};
const CLIENT_ID: Known = {
  reason: 'client_id',
  message: 'the broker refuses the client id',
  remedy: 'clientId',
};
const UNAVAILABLE: Known = { reason: 'unavailable', message: 'the broker says it is not available' };
const WRONG_LOGIN: Known = {
  reason: 'login',
  message: 'user name or password is wrong',
  remedy: 'login',
};
const NOT_LET_IN: Known = {
  reason: 'login',
  message: 'the broker does not let this user in',
  remedy: 'login',
};

/** CONNACK codes of MQTT 3.1.1 (1 to 5) and MQTT 5 (128 and above) that a person can do something about. */
const BY_CONNACK: Record<number, Known> = {
  1: VERSION,
  132: VERSION,
  2: CLIENT_ID,
  133: CLIENT_ID,
  3: UNAVAILABLE,
  136: UNAVAILABLE,
  137: { reason: 'unavailable', message: 'the broker is busy' },
  4: WRONG_LOGIN,
  134: WRONG_LOGIN,
  5: NOT_LET_IN,
  135: NOT_LET_IN,
  138: { reason: 'login', message: 'the broker has banned this client' },
  151: { reason: 'unavailable', message: 'a quota of the broker is used up' },
  156: { reason: 'unavailable', message: 'the broker sends us to another server' },
  157: { reason: 'unavailable', message: 'the broker has moved to another server' },
  159: { reason: 'unavailable', message: 'the broker takes no more connections for now' },
};

const TLS_CODE = /CERT|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|EPROTO/;
const NO_TLS = /wrong version number|packet length too long|unknown protocol|http request/i;
const NO_CERTIFICATE = /certificate required|handshake failure/i;
const BAD_CERTIFICATE = /alert (unknown ca|bad certificate|certificate (unknown|expired|revoked))/i;

/** Whether the other side answered to TLS with something else. */
export function isNoTls(error: unknown): boolean {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' && NO_TLS.test(message);
}

function worded({ reason, message, remedy }: Known, remedies: Remedies): ConnectionFault {
  return { reason, message: remedy ? `${message}; ${remedies[remedy]}` : message };
}

function tlsFault(code: string, text: string, remedies: Remedies): ConnectionFault {
  const fault = (message: string): ConnectionFault => ({ reason: 'tls', message });
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return fault(`the broker's certificate is for another name (${text})`);
  }
  if (code === 'CERT_HAS_EXPIRED') return fault("the broker's certificate has expired");
  if (code === 'CERT_NOT_YET_VALID') {
    return fault("the broker's certificate is not valid yet; check the clocks");
  }
  if (/SELF_SIGNED|UNABLE_TO/.test(code)) {
    return fault(`the broker's certificate is not signed by a known authority; ${remedies.ca} (${code})`);
  }
  if (NO_TLS.test(text)) return fault('no TLS is spoken there; check the port, or connect without TLS');
  const why = NO_CERTIFICATE.test(text)
    ? ': the broker wants a client certificate'
    : BAD_CERTIFICATE.test(text)
      ? ': the broker does not accept our client certificate'
      : '';
  return fault(`TLS could not be agreed${why}; check the port and the certificates (${code || text})`);
}

/** Classifies what Node and MQTT.js report. Never contains credentials. */
export function connectionFault(error: unknown, remedies: Remedies): ConnectionFault {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'number') {
    const known = BY_CONNACK[code];
    if (known) return worded(known, remedies);
    return { reason: 'broker', message: `the broker refused the connection (code ${code})` };
  }
  const text = typeof message === 'string' ? message : '';
  if (typeof code === 'string') {
    const known = BY_SYSTEM_CODE[code];
    if (known) return worded(known, remedies);
    if (TLS_CODE.test(code)) return tlsFault(code, text, remedies);
  }
  if (/keepalive timeout/i.test(text)) return STALLED;
  if (/connack timeout/i.test(text)) {
    return {
      reason: 'timed_out',
      message: 'connected, but no MQTT answer; is this an MQTT port, with or without TLS?',
    };
  }
  return { reason: 'other', message: text.slice(0, 200) || 'unknown fault' };
}
