import type { Delivery, Verdict } from '../model/delivery.ts';
import type { Clock } from '../platform/clock.ts';
import { isObject, messageIn } from './answer.ts';
import { Exchange } from './exchange.ts';
import { type CallResult, JsonRpc, type Login } from './json-rpc.ts';
import { type FieldMap, type KnownRecord, rowFor, type SessionEvent, sessionOf } from './session-record.ts';

export type JsonRpcSinkOptions = Login & {
  baseUrl: string;
  /** The model whose records are sessions. */
  model: string;
  fields: FieldMap;
  timeoutMs?: number;
  clock: Clock;
};

const DELIVERED: Verdict = { status: 'delivered' };
const ANSWER_BYTES_MAX = 1_048_576;
const CONNECTIONS_MAX = 8;
/** Without it Odoo takes times for those of the user's time zone. */
const CONTEXT = { context: { tz: 'UTC' } };

/**
 * Keeps sessions as records of a model of an Odoo without our add-on, one record each by an external id. Events that
 * are not of a session count as delivered. `deliver` never throws; its reasons are one sentence without the key.
 * @throws TypeError when `baseUrl` is no URL
 */
export function createJsonRpcSink(options: JsonRpcSinkOptions) {
  const { baseUrl, apiKey, timeoutMs = 30_000, clock } = options;
  const exchange = new Exchange({
    baseUrl,
    secret: apiKey,
    timeoutMs,
    answerBytesMax: ANSWER_BYTES_MAX,
    connectionsMax: CONNECTIONS_MAX,
    clock,
  });
  const records = new SessionRecords(new JsonRpc(exchange, options, clock), options);
  return {
    async deliver(delivery: Delivery): Promise<Verdict> {
      const session = sessionOf(delivery);
      if (!session) return DELIVERED;
      const verdict = await records.bring(session);
      if (verdict.status === 'delivered') return verdict;
      return { ...verdict, reason: exchange.sentence(verdict.reason) };
    },
    close: () => exchange.close(),
    /** Ends the requests that are out; their verdict is `away`. */
    abort: () => exchange.abort(),
  };
}

/** What PostgreSQL says of the values, in the first line. */
const SAYS_VALUES =
  /^[^\n]*(violates|too long for type|out of range|field overflow|invalid (input syntax|byte sequence))/;
/** In any language psycopg2's errors end with a line break, also quoted by Odoo, unless the connection is gone. */
const BY_DATABASE = /\n\W*$|^(connection|cursor) already closed$/;

/**
 * Whether a message of `load` is of a database that failed, such as by a full disk or a serialization failure: `load`
 * catches these too and gives their text alone. What it found wrong in a value names the field.
 */
function isDatabaseFailure(message: unknown): boolean {
  if (!isObject(message) || 'field' in message) return false;
  const text = messageIn(message);
  return BY_DATABASE.test(text) && !SAYS_VALUES.test(text);
}

const databaseFailed = (said: string): Verdict => ({
  status: 'away',
  reason: `Odoo's database failed: ${said}`,
});

/** The records of sessions in Odoo. */
class SessionRecords {
  readonly #rpc: JsonRpc;
  readonly #options: Pick<JsonRpcSinkOptions, 'model' | 'fields' | 'username'>;

  constructor(rpc: JsonRpc, options: JsonRpcSinkOptions) {
    this.#rpc = rpc;
    this.#options = options;
  }

  /** Brings the record of the session up to date with the event. */
  async bring(session: SessionEvent): Promise<Verdict> {
    const { model, fields } = this.#options;
    const read = await this.#read(session.sessionId);
    if ('status' in read) return read;
    const needed = rowFor(session, fields, read.known);
    if (!needed) return DELIVERED;
    const loaded = await this.#rpc.execute(model, 'load', [needed.columns, [needed.row]], CONTEXT);
    if (loaded.status !== 'done') return this.#verdictOn(loaded);
    const { ids, messages } = isObject(loaded.result) ? loaded.result : {};
    if (Array.isArray(ids) && ids.length === 1) return DELIVERED;
    return this.#notLoaded(Array.isArray(messages) ? messages : []);
  }

  async #read(sessionId: string): Promise<{ known: KnownRecord | null } | Verdict> {
    const { model, fields } = this.#options;
    const wanted = [fields.ended_at, ...(fields.duration_s ? [fields.duration_s] : [])];
    const domain = [[fields.session_id, '=', sessionId]];
    const found = await this.#rpc.execute(model, 'search_read', [domain, wanted], {
      limit: 1,
      // An archived record is there too.
      context: { active_test: false },
    });
    if (found.status === 'exception') {
      // It asks for nothing but the model and its fields, so it is not the event that is at fault.
      const verdict = this.#verdictOn(found);
      return verdict.status === 'refused' ? { ...verdict, status: 'away' } : verdict;
    }
    if (found.status !== 'done') return found;
    const record: unknown = Array.isArray(found.result) ? found.result[0] : undefined;
    if (!isObject(record)) return { known: null };
    const duration = fields.duration_s ? record[fields.duration_s] : null;
    return {
      known: {
        isClosed: Boolean(record[fields.ended_at]),
        durationS: typeof duration === 'number' ? duration : null,
      },
    };
  }

  /** `load` wrote nothing. A missing right is among its messages, told in words only: so it is asked for. */
  async #notLoaded(messages: unknown[]): Promise<Verdict> {
    const { model } = this.#options;
    for (const right of ['create', 'write']) {
      const may = await this.#rpc.execute(model, 'has_access', [[], right]);
      if (may.status === 'done' && may.result === false) return this.#noRight();
    }
    const first = messages.find((message) => isObject(message) && message.type === 'error');
    if (isDatabaseFailure(first)) return databaseFailed(messageIn(first));
    return { status: 'refused', reason: `Odoo did not take the record: ${messageIn(first) || 'no message'}` };
  }

  #noRight(): Verdict {
    const { model, username } = this.#options;
    const rights = 'Give a group of that user the rights to read, create and write there.';
    return { status: 'away', reason: `${username} may not keep records of ${model} in Odoo. ${rights}` };
  }

  #verdictOn(result: Exclude<CallResult, { status: 'done' }>): Verdict {
    if (result.status !== 'exception') return result;
    const { name, message } = result;
    const { model } = this.#options;
    const away = (reason: string): Verdict => ({ status: 'away', reason });
    if (name === 'odoo.exceptions.AccessError') return this.#noRight();
    if (/^Object .* doesn't exist/.test(message)) {
      return away(`Odoo has no model ${model}. Make it, or name another one in ODOO_MODEL.`);
    }
    if (/^Invalid field\b/.test(message)) {
      return away(`A field is missing in ${model}: ${message}. Make it, or change ODOO_FIELDS.`);
    }
    if (name.startsWith('psycopg2.')) return databaseFailed(message);
    return { status: 'refused', reason: `Odoo answered with an error: ${message}` };
  }
}
