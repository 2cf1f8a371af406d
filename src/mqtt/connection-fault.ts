/** Why a connection to a broker failed, as a word for metrics and a sentence with the remedy for people. */
export type ConnectionFault = { reason: string; message: string };

export const STALLED: ConnectionFault = {
  reason: 'stalled',
  message: 'the broker does not answer any more',
};

/** Two clients take the connection from each other for ever. */
export const CLASH: ConnectionFault = {
  reason: 'client_id_clash',
  message:
    'another client with the same client id takes the connection; give each bridge its own MQTT_CLIENT_ID',
};

const BY_SYSTEM_CODE: Record<string, ConnectionFault> = {
  ENOTFOUND: {
    reason: 'name_not_found',
    message: 'the host name is not known; check MQTT_BROKER or MQTT_URL',
  },
  EAI_AGAIN: { reason: 'name_not_found', message: 'the name server does not answer; check the network' },
  ECONNREFUSED: {
    reason: 'refused',
    message: 'nothing listens there; check host and port, and that the broker runs',
  },
  EHOSTUNREACH: { reason: 'unreachable', message: 'the host cannot be reached; check the network' },
  ENETUNREACH: { reason: 'unreachable', message: 'the network cannot be reached; check the network' },
  ETIMEDOUT: { reason: 'timed_out', message: 'no answer; check the address and firewalls between' },
  ECONNRESET: { reason: 'closed', message: 'the connection was cut' },
  EPIPE: { reason: 'closed', message: 'the connection was cut' },
};

/** CONNACK codes of MQTT 3.1.1 (1 to 5) and MQTT 5 (128 and above) that a person can do something about. */
const BY_CONNACK: Record<number, ConnectionFault> = {
  1: { reason: 'protocol_version', message: 'the broker does not speak this version of MQTT' },
  132: { reason: 'protocol_version', message: 'the broker does not speak this version of MQTT' },
  2: { reason: 'client_id', message: 'the broker refuses the client id; check MQTT_CLIENT_ID' },
  133: { reason: 'client_id', message: 'the broker refuses the client id; check MQTT_CLIENT_ID' },
  3: { reason: 'unavailable', message: 'the broker says it is not available' },
  136: { reason: 'unavailable', message: 'the broker says it is not available' },
  137: { reason: 'unavailable', message: 'the broker is busy' },
  4: { reason: 'login', message: 'user name or password is wrong; check MQTT_USERNAME and MQTT_PASSWORD' },
  134: { reason: 'login', message: 'user name or password is wrong; check MQTT_USERNAME and MQTT_PASSWORD' },
  5: {
    reason: 'login',
    message: 'the broker does not let this user in; check MQTT_USERNAME and MQTT_PASSWORD',
  },
  135: {
    reason: 'login',
    message: 'the broker does not let this user in; check MQTT_USERNAME and MQTT_PASSWORD',
  },
  138: { reason: 'login', message: 'the broker has banned this client' },
};

const TLS_CODE = /CERT|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|EPROTO/;

function tlsFault(code: string, text: string): ConnectionFault {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return { reason: 'tls', message: `the broker's certificate is for another name (${text})` };
  }
  if (code === 'CERT_HAS_EXPIRED') return { reason: 'tls', message: "the broker's certificate has expired" };
  if (/SELF_SIGNED|UNABLE_TO/.test(code)) {
    return {
      reason: 'tls',
      message: `the broker's certificate is not signed by a known authority; set MQTT_CA_FILE (${code})`,
    };
  }
  return {
    reason: 'tls',
    message: `TLS could not be agreed; check the port and the certificates (${code || text})`,
  };
}

/** Classifies what Node and MQTT.js report. Never contains credentials. */
export function connectionFault(error: unknown): ConnectionFault {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'number') {
    const known = BY_CONNACK[code];
    if (known) return known;
    return { reason: 'broker', message: `the broker refused the connection (code ${code})` };
  }
  const text = typeof message === 'string' ? message : '';
  if (typeof code === 'string') {
    const known = BY_SYSTEM_CODE[code];
    if (known) return known;
    if (TLS_CODE.test(code)) return tlsFault(code, text);
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
