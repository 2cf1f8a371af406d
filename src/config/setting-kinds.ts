import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { type FieldMap, SESSION_KEYS } from '../odoo/session-record.ts';

/**
 * The kinds of values a setting can have. Each is a Zod schema from text to value; its messages are the
 * end of a sentence that begins with the value (`"70000" is out of range (1 to 65535)`), and `allowed`
 * in its metadata is what the reference prints.
 */
type Kind<T> = z.ZodType<T, string>;

const TEXT_LENGTH_MAX = 4096;
const YES = ['true', '1', 'yes', 'on'];
const NO = ['false', '0', 'no', 'off'];

/** Builds a kind from a function that gives the value, or the problem. */
function kind<T>(allowed: string, read: (text: string) => { value: T } | { problem: string }): Kind<T> {
  return z
    .string()
    .transform((text, ctx) => {
      const outcome = read(text);
      if ('value' in outcome) return outcome.value;
      ctx.addIssue({ code: 'custom', message: outcome.problem });
      return z.NEVER;
    })
    .meta({ allowed });
}

/** What a kind allows, for people. */
export function allowedBy(schema: z.ZodType): string {
  return String(schema.meta()?.allowed);
}

/** A whole number in decimal digits. */
export function wholeNumber(min: number, max: number): Kind<number> {
  return kind(`${min} to ${max}`, (text) => {
    if (!/^[+-]?\d+$/.test(text)) return { problem: `is not a whole number (${min} to ${max})` };
    const value = Number(text);
    return value >= min && value <= max ? { value } : { problem: `is out of range (${min} to ${max})` };
  });
}

/** One word of a list, in any case; the value is the word as the list spells it. */
export function oneOf<const W extends string>(...words: W[]): Kind<W> {
  return kind(words.join(', '), (text) => {
    const value = words.find((word) => word.toLowerCase() === text.toLowerCase());
    return value === undefined ? { problem: `is not one of ${words.join(', ')}` } : { value };
  });
}

export const yesOrNo: Kind<boolean> = kind('true, false', (text) => {
  const word = text.toLowerCase();
  if (YES.includes(word)) return { value: true };
  if (NO.includes(word)) return { value: false };
  return { problem: `is not one of ${[...YES, ...NO].join(', ')}` };
});

/** Any text without control characters. */
export function plainText(lengthMax = TEXT_LENGTH_MAX, what = 'text'): Kind<string> {
  return kind(`${what}, up to ${lengthMax} characters`, (value) => {
    if (value.length > lengthMax) return { problem: `is longer than ${lengthMax} characters` };
    if (/\p{Cc}/u.test(value)) return { problem: 'holds a control character' };
    return { value };
  });
}

/** A token that is sent in an HTTP header. */
export const headerToken: Kind<string> = kind('printable ASCII without spaces', (value) => {
  if (value.length > TEXT_LENGTH_MAX) return { problem: `is longer than ${TEXT_LENGTH_MAX} characters` };
  return /^[\x21-\x7e]+$/.test(value)
    ? { value }
    : { problem: 'holds a character that cannot be sent in a header (printable ASCII without spaces only)' };
});

/** A host name or address, without scheme and port. An IPv6 address may stand in brackets; they are taken off. */
export const host: Kind<string> = kind('host name or address', (value) => {
  const bare = value.replace(/^\[(.*)\]$/, '$1');
  if (isIPv6(bare)) return { value: bare };
  if (value.includes('://')) return { problem: 'is a URL; here the bare host name is wanted' };
  if (/^[\w.-]+:\d+$/.test(value)) return { problem: 'holds a port; give the port in its own variable' };
  return /^[\w.-]{1,253}$/.test(value) ? { value } : { problem: 'is not a host name or address' };
});

/** A URL with one of `schemes`, a host and no fragment. */
function parseUrl(value: string, schemes: readonly string[]): URL | string {
  const forms = schemes.map((scheme) => `${scheme}://`).join(', ');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase();
  if (!scheme || !schemes.includes(scheme)) return `does not begin with ${forms}`;
  if (!URL.canParse(value)) return 'is not a URL (host and port must be valid, special characters %-encoded)';
  const url = new URL(value);
  if (url.hostname === '') return 'names no host';
  if (url.port === '0') return 'has port 0';
  if (url.hash !== '') return 'has a fragment; in a password write # as %23';
  return url;
}

const MQTT_SCHEMES = ['mqtt', 'mqtts', 'ws', 'wss'] as const;
type MqttUrl = { url: string; tls: boolean; username?: string; password?: string };

/** The address of a broker; user name and password are taken out of it. */
export const mqttUrl: Kind<MqttUrl> = kind('mqtt://, mqtts://, ws:// or wss:// URL', (value) => {
  const url = parseUrl(value, MQTT_SCHEMES);
  if (typeof url === 'string') return { problem: url };
  const webSocket = url.protocol.startsWith('ws');
  if (!webSocket && (url.search !== '' || !['', '/'].includes(url.pathname))) {
    return { problem: 'has a path; only ws:// and wss:// have one' };
  }
  const tls = url.protocol === 'mqtts:' || url.protocol === 'wss:';
  const standardPort = tls ? 8883 : 1883;
  const address = webSocket
    ? `${url.protocol}//${url.host}${url.pathname}${url.search}`
    : `${url.protocol}//${url.hostname}:${url.port || standardPort}`;
  try {
    return {
      value: {
        url: address,
        tls,
        ...(url.username && { username: decodeURIComponent(url.username) }),
        ...(url.password && { password: decodeURIComponent(url.password) }),
      },
    };
  } catch {
    return { problem: 'has a user name or password that is not %-encoded properly' };
  }
});

/** The address of an HTTP service: as it was written, and as a base that paths are added to. */
type HttpUrl = { exact: string; base: string };
export const httpUrl: Kind<HttpUrl> = kind('http:// or https:// URL', (value) => {
  const url = parseUrl(value, ['http', 'https']);
  if (typeof url === 'string') return { problem: url };
  if (url.username || url.password) return { problem: 'holds a user name or password; use ODOO_API_KEY' };
  const base = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return { value: { exact: value, base } };
});

/** The technical name of a model of Odoo. */
export const modelName: Kind<string> = kind('model name, such as x_machine_session', (value) =>
  /^[a-z][a-z0-9_.]{0,127}$/.test(value) ? { value } : { problem: 'is not the technical name of a model' },
);

const KEYS_NEEDED = ['session_id', 'ended_at'] as const;

/** `key=field,…`: in which field of a record of Odoo each thing that is known of a session is kept. */
export const fieldMap: Kind<FieldMap> = kind(`key=field, …; keys: ${SESSION_KEYS.join(', ')}`, (text) => {
  const fields: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const [key = '', field = '', ...more] = pair.split('=').map((part) => part.trim());
    if (!/^[a-z_][a-z0-9_]*$/.test(field) || more.length > 0 || field === 'id') {
      return { problem: `has ${JSON.stringify(pair.trim())}, which is not of the form key=field` };
    }
    if (!SESSION_KEYS.some((known) => known === key)) {
      return { problem: `names ${JSON.stringify(key)}, which no session has (${SESSION_KEYS.join(', ')})` };
    }
    if (key in fields) return { problem: `names ${key} twice` };
    if (Object.values(fields).includes(field)) return { problem: `uses the field ${field} twice` };
    fields[key] = field;
  }
  const { session_id, ended_at } = fields;
  if (session_id === undefined || ended_at === undefined) {
    return { problem: `must have a field for ${KEYS_NEEDED.join(' and for ')}` };
  }
  return { value: { ...fields, session_id, ended_at } };
});
