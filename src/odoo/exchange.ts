import { Pool } from 'undici';
import type { Clock } from '../platform/clock.ts';

/** Where Odoo is and how the bridge shows who it is. */
export type OdooAddress = {
  /** May have a path of its own, such as behind a proxy. */
  baseUrl: string;
  apiKey?: string | undefined;
  /** Sent as `X-Odoo-Database`. */
  database?: string | undefined;
};

export type ExchangeOptions = OdooAddress & {
  /** Who is asked, for sentences; Odoo when left out. */
  name?: string;
  /** What no sentence may repeat; the key when left out. */
  secret?: string;
  /** For the whole exchange: connect, headers and body. */
  timeoutMs: number;
  answerBytesMax: number;
  connectionsMax: number;
  clock: Clock;
};

export type OdooRequest = {
  method: 'GET' | 'POST';
  /** Below the base, such as `/ows/iot/event`. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** When this answer may be longer than others. */
  answerBytesMax?: number;
  signal?: AbortSignal;
};

/** What came back: an answer of any status, or the sentence that says why none did. */
export type OdooAnswer =
  | { ok: true; status: number; contentType: string; retryAfter: string; batchMax: string; body: Buffer }
  | { ok: false; reason: string };

const USER_AGENT = 'odoo-iot-bridge';
const REASON_CHARACTERS_MAX = 300;

const REASON_OF_CODE: Record<string, string> = {
  ECONNREFUSED: 'refused the connection',
  ENOTFOUND: 'was not found: the name is unknown',
  EAI_AGAIN: 'was not found: the name server did not answer',
  ECONNRESET: 'dropped the connection',
  EPIPE: 'dropped the connection',
  UND_ERR_SOCKET: 'dropped the connection',
  EHOSTUNREACH: 'cannot be reached: no route to it',
  ENETUNREACH: 'cannot be reached: no network',
  UND_ERR_CONNECT_TIMEOUT: 'did not accept the connection in time',
  ETIMEDOUT: 'did not accept the connection in time',
};

/** Exchanges requests and answers with one Odoo over kept connections; no redirect is ever followed. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #pool: Pool;
  readonly #basePath: string;
  /** `Odoo (host)`. */
  readonly #who: string;
  readonly #headers: Record<string, string>;
  #closed: Promise<void> | null = null;

  /** @throws TypeError when `baseUrl` is no URL */
  constructor(options: ExchangeOptions) {
    const base = new URL(options.baseUrl);
    this.#options = options;
    this.#who = `${options.name ?? 'Odoo'} (${base.host})`;
    this.#basePath = base.pathname.replace(/\/+$/, '');
    this.#headers = {
      'user-agent': USER_AGENT,
      accept: 'application/json',
      ...(options.apiKey ? { authorization: `Bearer ${options.apiKey}` } : {}),
      ...(options.database ? { 'x-odoo-database': options.database } : {}),
    };
    // The one deadline of an exchange is ours; undici's own are off, so that they do not end it earlier.
    this.#pool = new Pool(base.origin, {
      connections: options.connectionsMax,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: options.timeoutMs },
    });
  }

  /** Sends one request; never throws. */
  async send(request: OdooRequest): Promise<OdooAnswer> {
    const { clock, timeoutMs } = this.#options;
    const controller = new AbortController();
    const abort = () => controller.abort();
    let late = false;
    const cancel = clock.after(timeoutMs, () => {
      late = true;
      abort();
    });
    request.signal?.addEventListener('abort', abort, { once: true });
    if (request.signal?.aborted) abort();
    try {
      return await this.#exchange(request, controller.signal);
    } catch (error) {
      const reason = late
        ? `${this.#who} did not answer within ${timeoutMs / 1000} s.`
        : this.#reasonOf(error);
      return { ok: false, reason: this.sentence(reason) };
    } finally {
      cancel();
      request.signal?.removeEventListener('abort', abort);
    }
  }

  /** `text` fit for log and console: one line, cut, and without the key, should Odoo have repeated it. */
  sentence(text: string): string {
    const { secret = this.#options.apiKey } = this.#options;
    const safe = secret ? text.replaceAll(secret, '***') : text;
    const line = safe.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
    if (line.length <= REASON_CHARACTERS_MAX) return line.toWellFormed();
    return `${line.slice(0, REASON_CHARACTERS_MAX - 1).toWellFormed()}…`;
  }

  /** Ends the requests that are out, now. */
  abort(): Promise<void> {
    this.#closed ??= this.#pool.destroy();
    return this.#closed;
  }

  /** Ends when the requests that are out have ended. */
  close(): Promise<void> {
    this.#closed ??= this.#pool.close();
    return this.#closed;
  }

  async #exchange(request: OdooRequest, signal: AbortSignal): Promise<OdooAnswer> {
    const { answerBytesMax = this.#options.answerBytesMax } = request;
    const { statusCode, headers, body } = await this.#pool.request({
      method: request.method,
      path: this.#basePath + request.path,
      headers: { ...this.#headers, ...request.headers },
      body: request.body ?? null,
      signal,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // Leaving the loop destroys the rest of the answer together with its connection.
      if (bytes > answerBytesMax) {
        const reason = `${this.#who} answered ${statusCode} with more than ${answerBytesMax} bytes.`;
        return { ok: false, reason: this.sentence(reason) };
      }
      chunks.push(chunk);
    }
    return {
      ok: true,
      status: statusCode,
      contentType: String(headers['content-type'] ?? ''),
      retryAfter: String(headers['retry-after'] ?? ''),
      batchMax: String(headers['x-iot-batch-max'] ?? ''),
      body: Buffer.concat(chunks),
    };
  }

  #reasonOf(error: unknown): string {
    const { code: anyCode, name, message } = error as Error & { code?: unknown };
    // An aborted request carries a DOMException, whose code is a number.
    const code = typeof anyCode === 'string' ? anyCode : '';
    const known = REASON_OF_CODE[code];
    if (known) return `${this.#who} ${known}.`;
    if (/CERT|SELF_SIGNED|TLS|SSL|UNABLE_TO/.test(code)) {
      return `The certificate of ${this.#who} cannot be trusted: ${message} (${code}).`;
    }
    if (name === 'HTTPParserError') return `${this.#who} answered something that is not HTTP.`;
    return `${this.#who} could not be asked: ${message}${code ? ` (${code})` : ''}.`;
  }
}
