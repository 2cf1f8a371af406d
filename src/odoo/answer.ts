import type { Verdict } from '../model/delivery.ts';

/** An HTTP answer, read whole. */
export type HttpAnswer = { status: number; contentType: string; retryAfter: string; body: Uint8Array };

/** 4xx that speak of the server, not of the event: an Odoo that is upgraded answers 404 for minutes. */
const AWAY_STATUSES = new Set([404, 405, 408, 425, 429]);
const KEY_ERRORS = new Set(['odoo.exceptions.AccessDenied', 'odoo.http.SessionExpiredException']);
const SESSION_EXPIRED = 100;
const NOT_FOUND = 404;

/** Who answered, where its answers are read differently. */
export type Receiver = {
  name: string;
  /** The settings to look at when it refuses the key. */
  keySettings: string;
  /** Whether any text in a 2xx is as good as JSON. */
  takesText: boolean;
};

const ODOO: Receiver = { name: 'Odoo', keySettings: 'ODOO_API_KEY', takesText: false };

type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether an answer is a page for people: then it is a proxy's, or Odoo's error page, and no answer to us. */
export function isHtml(answer: HttpAnswer): boolean {
  return (
    /html/i.test(answer.contentType) || /^\uFEFF?\s*</.test(Buffer.from(answer.body).toString('utf8', 0, 64))
  );
}

/** The same of a receiver that may answer in XML: only what says that it is HTML. */
function isHtmlByName({ contentType, body }: HttpAnswer): boolean {
  const opening = Buffer.from(body).toString('utf8', 0, 64);
  return /html/i.test(contentType) || /^\uFEFF?\s*<(!doctype )?html/i.test(opening);
}

/** The sentence for a key that Odoo does not take. */
export function keyRefused(what: number | string, { name, keySettings } = ODOO): string {
  return `${name} refused the key (${what}). Check ${keySettings}.`;
}

/** The body as JSON; undefined when it is none, or not UTF-8. */
export function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

function isBlank(body: Uint8Array): boolean {
  return body.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

/** What a JSON body says about a fault, in its own words; empty when it says nothing within three levels. */
export function messageIn(value: unknown, levels = 3): string {
  if (typeof value === 'string') return value;
  if (!isObject(value) || levels === 0) return '';
  const data = isObject(value.data) ? value.data : {};
  for (const said of [data.message, value.message, value.error, value.name]) {
    const text = messageIn(said, levels - 1);
    if (text) return text;
  }
  return '';
}

/** Odoo's `Retry-After`, in seconds or as a date, as ms from now. */
function retryAfterMs(header: string, nowMs: number): number | undefined {
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = /^[A-Z][a-z]{2},/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function away(reason: string, retryMs?: number): Verdict {
  return retryMs === undefined
    ? { status: 'away', reason }
    : { status: 'away', reason, retryAfterMs: retryMs };
}

/** A fault in JSON-RPC's form, which comes with status 200. */
function verdictOnError(error: unknown, receiver: Receiver): Verdict {
  const said = messageIn(error) || 'no message';
  if (isObject(error)) {
    const name = isObject(error.data) ? String(error.data.name ?? '') : '';
    if (error.code === SESSION_EXPIRED || KEY_ERRORS.has(name)) return away(keyRefused(said, receiver));
    if (error.code === NOT_FOUND) return away(`Odoo does not know the address (404): ${said}`);
    if (name.startsWith('psycopg2.')) return away(`Odoo's database failed: ${said}`);
  }
  return { status: 'refused', reason: `${receiver.name} answered with an error: ${said}` };
}

function verdictOnSuccess(answer: HttpAnswer, receiver: Receiver): Verdict {
  const { name, takesText } = receiver;
  if (isBlank(answer.body)) return { status: 'delivered' };
  const json = parse(answer.body);
  if (json === undefined && !takesText) {
    return away(`${name} answered ${answer.status} with something that is not JSON.`);
  }
  if (!isObject(json)) return { status: 'delivered' };
  // `null`, `false`, `""` and `0` are how hand-written controllers say that there is no error.
  if (json.error) return verdictOnError(json.error, receiver);
  const result = 'jsonrpc' in json && isObject(json.result) ? json.result : json;
  if (result.status === 'error') {
    return {
      status: 'refused',
      reason: `${name} answered with an error: ${messageIn(result) || 'no message'}`,
    };
  }
  return { status: 'delivered' };
}

/**
 * What an answer to a delivered event means; the table is in docs/delivery.md.
 * @param nowMs wall clock, for a `Retry-After` that is a date
 */
export function verdictOf(answer: HttpAnswer, nowMs: number, receiver = ODOO): Verdict {
  const { status } = answer;
  const { name } = receiver;
  const retryMs = retryAfterMs(answer.retryAfter, nowMs);
  if (status === 401 || status === 403) return away(keyRefused(status, receiver), retryMs);
  if (status >= 300 && status < 400) {
    return away(
      `${name} answered ${status}, a redirect, which is not followed. Check ODOO_BASE_URL.`,
      retryMs,
    );
  }
  if (receiver.takesText ? isHtmlByName(answer) : isHtml(answer)) {
    return away(`${name} answered ${status} with an HTML page.`, retryMs);
  }
  if (status >= 200 && status < 300) return verdictOnSuccess(answer, receiver);
  if (status === 409) return { status: 'delivered' };
  if (status >= 400 && status < 500 && !AWAY_STATUSES.has(status)) {
    const json = parse(answer.body);
    if (isObject(json) && json.status === 'duplicate') return { status: 'delivered' };
    const said =
      messageIn(json) || (json === undefined ? Buffer.from(answer.body).toString('utf8', 0, 300) : '');
    return { status: 'refused', reason: `${name} answered ${status}${said ? `: ${said}` : '.'}` };
  }
  return away(`${name} answered ${status}.`, retryMs);
}
