import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { judgeBatch } from './stand-in-batch.ts';
import { EventBook, isEvent, type ReceivedEvent } from './stand-in-book.ts';
import { always, type Fault, type FaultScript } from './stand-in-faults.ts';

/** One request, kept as evidence. */
export type ReceivedRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The body as JSON; undefined when it is empty or no JSON. */
  parsed: unknown;
  /** Of the answer; null while, or because, there is none. */
  status: number | null;
  /** When its body was complete, ms since the epoch by the clock that was handed in. */
  at: number;
};

export type StandInOptions = {
  /** 0, the default: a free one. */
  port?: number;
  host?: string;
  faults?: FaultScript;
  /** Asked for as `Authorization: Bearer …` on every route; missing: everybody may. */
  apiKey?: string;
  /** What `GET /ows/iot/config` answers; `{ devices: [] }` when left out. */
  configuration?: unknown;
  /** Most events of `POST /ows/iot/events`, offered with each event that is taken; missing: there is no such route. */
  batchMax?: number;
  /** Wall clock, ms since the epoch. */
  now: () => number;
};

export type StandInOdoo = {
  /** `http://127.0.0.1:12345`: a base URL without a slash at the end. */
  url: string;
  /** In order of arrival; the oldest are forgotten above 200 000. */
  received: readonly ReceivedRequest[];
  /** Every event once, in order of first acceptance; the oldest are forgotten above 1 000 000. */
  events(): ReceivedEvent[];
  /** How many accepted requests carried an event that was stored already. */
  repeats(): number;
  /** Resolves as soon as `count` different events are stored; rejects when the stand-in is closed before. */
  eventsReach(count: number): Promise<void>;
  set(faults: FaultScript): void;
  /** As `batchMax` from now on; undefined: the route is gone. */
  setBatchMax(batchMax: number | undefined): void;
  setConfiguration(configuration: unknown): void;
  /** Ends at once, hanging and delayed requests included. */
  close(): Promise<void>;
};

type Answer = { status: number; body: string; contentType: string; headers?: Record<string, string> };

type Give = (answer: Answer) => void;

const REQUESTS_KEPT_MAX = 200_000;
const BODY_BYTES_MAX = 1024 * 1024;
/** Longer than any pause of a sender, so that no request meets a socket that is being closed. */
const KEEP_ALIVE_MS = 60_000;

const json = (status: number, body: unknown): Answer => ({
  status,
  body: JSON.stringify(body),
  contentType: 'application/json',
});
const html = (status: number, title: string): Answer => ({
  status,
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  contentType: 'text/html; charset=utf-8',
});
const refusal = (status: number, message: string) => json(status, { status: 'error', message });
const jsonRpcError = {
  jsonrpc: '2.0',
  id: null,
  error: {
    code: 200,
    message: 'Odoo Server Error',
    data: { name: 'odoo.exceptions.ValidationError', message: 'stand-in' },
  },
};

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Reads a whole body; `too_large` above BODY_BYTES_MAX, `broken_off` when the sender left in the middle. */
function readBody(request: IncomingMessage): Promise<Buffer | 'too_large' | 'broken_off'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
    });
    request.on('end', () => resolve(bytes <= BODY_BYTES_MAX ? Buffer.concat(chunks, bytes) : 'too_large'));
    request.on('error', () => resolve('broken_off'));
  });
}

class StandIn {
  readonly received: ReceivedRequest[] = [];
  readonly book = new EventBook();
  readonly #apiKey: string | undefined;
  readonly #now: () => number;
  readonly #delays = new Set<NodeJS.Timeout>();
  faults: FaultScript;
  configuration: unknown;
  batchMax: number | undefined;
  #eventsMet = 0;

  constructor(options: StandInOptions) {
    this.#apiKey = options.apiKey;
    this.#now = options.now;
    this.faults = options.faults ?? always('ok');
    this.configuration = options.configuration ?? { devices: [] };
    this.batchMax = options.batchMax;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === 'broken_off') return;
    const record: ReceivedRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: body === 'too_large' ? Buffer.alloc(0) : body,
      parsed: body === 'too_large' ? undefined : parseJson(body),
      status: null,
      at: this.#now(),
    };
    this.received.push(record);
    if (this.received.length > REQUESTS_KEPT_MAX) this.received.splice(0, REQUESTS_KEPT_MAX / 10);

    const path = record.path.split('?', 1)[0];
    const give = (answer: Answer) => this.#give(response, record, answer);
    if (body === 'too_large') give(refusal(413, 'body too large'));
    else if (path === '/ows/iot/event') this.#event(record, response, give);
    else if (path === '/ows/iot/events' && this.batchMax) this.#batch(record, this.batchMax, response, give);
    else if (path === '/ows/iot/config') give(this.#config(record));
    else give(html(404, 'Not Found'));
  }

  stop(): void {
    for (const timer of this.#delays) clearTimeout(timer);
    this.book.close();
  }

  #give(response: ServerResponse, record: ReceivedRequest, answer: Answer): void {
    record.status = answer.status;
    response.writeHead(answer.status, {
      ...(answer.body === '' ? {} : { 'content-type': answer.contentType }),
      'content-length': Buffer.byteLength(answer.body),
      ...answer.headers,
    });
    response.end(answer.body);
  }

  #mayEnter(record: ReceivedRequest): boolean {
    return this.#apiKey === undefined || record.headers.authorization === `Bearer ${this.#apiKey}`;
  }

  #config(record: ReceivedRequest): Answer {
    if (record.method !== 'GET') return html(405, 'Method Not Allowed');
    return this.#mayEnter(record) ? json(200, this.configuration) : refusal(401, 'wrong API key');
  }

  #accept(record: ReceivedRequest): Answer {
    if (!this.#mayEnter(record)) return refusal(401, 'wrong API key');
    if (record.parsed === undefined) return refusal(400, 'not JSON');
    if (!isEvent(record.parsed)) return refusal(400, 'event_uid is missing');
    const status = this.book.accept(record.parsed);
    const answer = json(200, { status, event_uid: record.parsed.event_uid });
    return this.batchMax ? { ...answer, headers: { 'x-iot-batch-max': String(this.batchMax) } } : answer;
  }

  #event(record: ReceivedRequest, response: ServerResponse, give: Give): void {
    if (record.method !== 'POST') return give(html(405, 'Method Not Allowed'));
    const fault = this.faults(this.#eventsMet++, record.parsed);
    this.#answer(fault, () => this.#accept(record), response, give);
  }

  #batch(record: ReceivedRequest, eventsMax: number, response: ServerResponse, give: Give): void {
    if (record.method !== 'POST') return give(html(405, 'Method Not Allowed'));
    if (!this.#mayEnter(record)) return give(refusal(401, 'wrong API key'));
    const faultOf = (event: ReceivedEvent) => this.faults(this.#eventsMet++, event);
    const judged = judgeBatch(record.parsed, eventsMax, faultOf, this.book);
    if ('refusal' in judged) return give(refusal(400, judged.refusal));
    if ('results' in judged) return give(json(200, { status: 'ok', results: judged.results() }));
    const all = judgeBatch(record.parsed, eventsMax, () => 'ok', this.book);
    const accept = () => json(200, { status: 'ok', results: 'results' in all ? all.results() : [] });
    this.#answer(judged.fault, accept, response, give);
  }

  /** Answers as the fault says. @param accept stores what came and gives the honest answer */
  #answer(fault: Fault, accept: () => Answer, response: ServerResponse, give: Give): void {
    if (typeof fault === 'object') return this.#misbehave(fault, accept, give);
    switch (fault) {
      case 'ok':
        return give(accept());
      case 'hang':
        return;
      case 'drop-before':
        response.socket?.destroy();
        return;
      case 'drop-after':
        accept();
        response.socket?.destroy();
        return;
      case 'html':
        return give(html(200, 'Odoo'));
      case 'jsonrpc-error':
        return give(json(200, jsonRpcError));
    }
  }

  #misbehave(fault: Extract<Fault, object>, accept: () => Answer, give: Give): void {
    if ('delayMs' in fault) {
      const timer = setTimeout(() => {
        this.#delays.delete(timer);
        give(accept());
      }, fault.delayMs);
      this.#delays.add(timer);
      return;
    }
    const { status, body = '', contentType = 'application/json', headers } = fault;
    const success = status >= 200 && status < 300 && body === '';
    if (fault.stored ?? success) accept();
    give({ status, body, contentType, ...(headers ? { headers } : {}) });
  }
}

/**
 * Starts an HTTP server that stands in for Odoo with our add-on: `POST /ows/iot/event` stores each
 * `event_uid` once, `POST /ows/iot/events` several at a time if it is to,
 * `GET /ows/iot/config` gives the configuration, anything else is 404 in HTML.
 * It answers honestly unless the fault script says otherwise. Rejects when the port is taken.
 */
export async function startStandInOdoo(options: StandInOptions): Promise<StandInOdoo> {
  const host = options.host ?? '127.0.0.1';
  const standIn = new StandIn(options);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    void standIn.handle(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    received: standIn.received,
    events: () => standIn.book.list(),
    repeats: () => standIn.book.repeats,
    eventsReach: (count) => standIn.book.reach(count),
    set: (faults) => {
      standIn.faults = faults;
    },
    setBatchMax: (batchMax) => {
      standIn.batchMax = batchMax;
    },
    setConfiguration: (configuration) => {
      standIn.configuration = configuration;
    },
    close: () =>
      new Promise((resolve) => {
        standIn.stop();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
