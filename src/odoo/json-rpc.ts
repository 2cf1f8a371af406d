import type { Verdict } from '../model/delivery.ts';
import type { Clock } from '../platform/clock.ts';
import { isObject, keyRefused, messageIn, parse, type Receiver, verdictOf } from './answer.ts';
import type { Exchange } from './exchange.ts';

export type Login = { database: string; username: string; apiKey: string };

/** What a call gave: its result, Odoo's own exception, or a verdict when Odoo could not be asked. */
export type CallResult =
  | { status: 'done'; result: unknown }
  | { status: 'exception'; name: string; message: string }
  | Exclude<Verdict, { status: 'delivered' }>;

const PATH = '/jsonrpc';
const ACCESS_DENIED = 'odoo.exceptions.AccessDenied';
const RECEIVER: Receiver = {
  name: 'Odoo',
  keySettings: 'ODOO_USERNAME, ODOO_API_KEY and ODOO_DATABASE',
  takesText: false,
};

/** Calls methods of an Odoo's models by JSON-RPC, as one user. */
export class JsonRpc {
  readonly #exchange: Exchange;
  readonly #login: Login;
  readonly #clock: Clock;
  #uid: number | null = null;

  constructor(exchange: Exchange, login: Login, clock: Clock) {
    this.#exchange = exchange;
    this.#login = login;
    this.#clock = clock;
  }

  /** Calls `model.method(*args, **options)`; logs in before the first call. Never throws. */
  async execute(model: string, method: string, args: unknown[], options: object = {}): Promise<CallResult> {
    const { database, apiKey } = this.#login;
    const uid = this.#uid ?? (await this.#authenticate());
    if (typeof uid !== 'number') return uid;
    const answer = await this.#call('object', 'execute_kw', [
      database,
      uid,
      apiKey,
      model,
      method,
      args,
      options,
    ]);
    if (answer.status !== 'exception' || answer.name !== ACCESS_DENIED) return answer;
    // The key was withdrawn, or the user is another one after a restore.
    this.#uid = null;
    return this.#keyRefused();
  }

  async #authenticate(): Promise<number | CallResult> {
    const { database, username, apiKey } = this.#login;
    const answer = await this.#call('common', 'authenticate', [database, username, apiKey, {}]);
    if (answer.status === 'exception') {
      return {
        status: 'away',
        reason: `Odoo could not check the key: ${answer.message.trim()}. Check ODOO_DATABASE.`,
      };
    }
    if (answer.status !== 'done') return answer;
    if (typeof answer.result !== 'number') return this.#keyRefused();
    this.#uid = answer.result;
    return answer.result;
  }

  #keyRefused(): CallResult {
    return { status: 'away', reason: keyRefused(this.#login.username, RECEIVER) };
  }

  async #call(service: string, method: string, args: unknown[]): Promise<CallResult> {
    const request = { jsonrpc: '2.0', id: 1, method: 'call', params: { service, method, args } };
    const answer = await this.#exchange.send({
      method: 'POST',
      path: PATH,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(request)),
    });
    if (!answer.ok) return { status: 'away', reason: answer.reason };
    const json = answer.status === 200 ? parse(answer.body) : undefined;
    if (isObject(json) && 'result' in json) return { status: 'done', result: json.result };
    if (isObject(json) && isObject(json.error)) {
      const data = isObject(json.error.data) ? json.error.data : {};
      return { status: 'exception', name: String(data.name), message: messageIn(json.error) || 'no message' };
    }
    const verdict = verdictOf(answer, this.#clock.wallMs(), RECEIVER);
    if (verdict.status !== 'delivered') return verdict;
    return { status: 'away', reason: 'Odoo answered with something that is not JSON-RPC.' };
  }
}
