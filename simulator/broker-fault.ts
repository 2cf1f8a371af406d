/** CONNACK codes of MQTT 3.1.1 (1–5) and MQTT 5 (128 and above), as far as a user can do something about them. */
const LOGIN_CODES = new Set([4, 5, 134, 135, 140]);
const WRONG_VERSION_CODES = new Set([1, 132]);

const SOCKET_REASONS: Record<string, string> = {
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found (name service did not answer)',
  ECONNREFUSED: 'connection refused: nobody listens there',
  ECONNRESET: 'connection reset (TLS on the one side only?)',
  EHOSTUNREACH: 'host cannot be reached',
  ENETUNREACH: 'network cannot be reached',
  ETIMEDOUT: 'no answer',
};
const TLS_CODE = /^(ERR_SSL|ERR_TLS|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH)/;

/** The code of an error: a word from Node, a number from MQTT. An error for many addresses has it inside. */
function codeOf(error: Error): string | number | undefined {
  if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number'))
    return error.code;
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return codeOf(error.errors[0]);
  return undefined;
}

/** Whether the broker does not speak the MQTT version we tried. */
export function isWrongVersion(error: Error): boolean {
  const code = codeOf(error);
  return typeof code === 'number' && WRONG_VERSION_CODES.has(code);
}

/** Why a connection or a publish failed, in words for the person at the terminal. */
export function faultReason(error: Error): string {
  const code = codeOf(error);
  if (typeof code === 'number') {
    if (error.message.startsWith('Connection refused') && LOGIN_CODES.has(code)) {
      return 'login refused: user name or password is wrong, or the broker does not let this client in';
    }
    return `${error.message} (code ${code})`;
  }
  if (code && SOCKET_REASONS[code]) return SOCKET_REASONS[code];
  if (code && TLS_CODE.test(code)) return `TLS: ${error.message} (${code})`;
  if (error.message === 'connack timeout') return 'no answer from the broker within 10 s';
  return error.message || String(code ?? error.name);
}
