import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type FieldType,
  OdooException,
  RecordModel,
  type Right,
  type StoredRecord,
  type WriteFailure,
} from './stand-in-records.ts';

export type JsonRpcOdooOptions = {
  database: string;
  username: string;
  apiKey: string;
  /** The one manual model that it has, and its fields. */
  model: string;
  fields: Readonly<Record<string, FieldType>>;
};

/** What happens to a call instead of an honest answer. drop-after: it is carried out, and the answer is lost. */
export type CallFault = 'ok' | 'drop-before' | 'drop-after' | { status: number; body?: string };
/** Chooses the fault of a call by its number, from 0, and its method, such as `authenticate` or `load`. */
export type CallFaults = (index: number, method: string) => CallFault;

export type JsonRpcOdoo = {
  url: string;
  /** The methods that were called, in order. */
  calls: readonly string[];
  /** By external id. */
  records(): ReadonlyMap<string, StoredRecord>;
  set(faults: CallFaults): void;
  setRights(rights: Record<Right, boolean>): void;
  /** `load` writes nothing and says this; null: it writes again. */
  failWrites(failure: WriteFailure | null): void;
  /** As if the user had made a new key. */
  setApiKey(apiKey: string): void;
  close(): Promise<void>;
};

type Call = { service?: string; method?: string; args?: unknown[] };
type Keywords = { context?: { tz?: string } };

const UID = 6;

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

class Server {
  readonly calls: string[] = [];
  readonly model: RecordModel;
  readonly #options: JsonRpcOdooOptions;
  apiKey: string;
  faults: CallFaults = () => 'ok';

  constructor(options: JsonRpcOdooOptions) {
    this.#options = options;
    this.apiKey = options.apiKey;
    this.model = new RecordModel(options.model, options.fields);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request);
    if (request.method !== 'POST' || request.url !== '/jsonrpc') {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html><h1>Not Found</h1>');
      return;
    }
    const { params } = JSON.parse(text) as { params: Call };
    const method = String(params.service === 'object' ? params.args?.[4] : params.method);
    const fault = this.faults(this.calls.length, method);
    this.calls.push(method);
    if (typeof fault === 'object') {
      response.writeHead(fault.status, { 'content-type': 'application/json' }).end(fault.body ?? '');
      return;
    }
    const answer = fault === 'drop-before' ? null : this.#answer(params);
    if (fault !== 'ok') response.socket?.destroy();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  }

  #answer(call: Call): object {
    try {
      const result = call.service === 'common' ? this.#authenticate(call) : this.#execute(call);
      return { jsonrpc: '2.0', id: 1, result };
    } catch (error) {
      if (!(error instanceof OdooException)) throw error;
      const data = { name: error.name, message: error.message, debug: 'Traceback…' };
      return { jsonrpc: '2.0', id: 1, error: { code: 200, message: 'Odoo Server Error', data } };
    }
  }

  #authenticate({ args = [] }: Call): number | false {
    const [database, username, apiKey] = args;
    if (database !== this.#options.database) {
      throw new OdooException('psycopg2.OperationalError', `database "${database}" does not exist\n`);
    }
    return username === this.#options.username && apiKey === this.apiKey ? UID : false;
  }

  #execute({ args = [] }: Call): unknown {
    const [database, uid, apiKey, model, method, positional, keywords = {}] = args;
    if (database !== this.#options.database || uid !== UID || apiKey !== this.apiKey) {
      throw new OdooException('odoo.exceptions.AccessDenied', 'Access Denied');
    }
    if (model !== this.#options.model) {
      throw new OdooException('odoo.exceptions.UserError', `Object ${model} doesn't exist`);
    }
    const [first, second] = positional as [unknown, unknown];
    switch (method) {
      case 'search_read':
        return this.model.searchRead(first as [string, string, unknown][], second as string[]);
      case 'load':
        return this.model.load(first as string[], second as string[][], (keywords as Keywords).context?.tz);
      case 'has_access':
        return this.model.rights[second as Right];
      default:
        throw new OdooException('builtins.AttributeError', `no method ${method}`);
    }
  }
}

/**
 * Starts an HTTP server that stands in for an Odoo 18 without our add-on: `POST /jsonrpc` with `common.authenticate`
 * and, of one manual model, `search_read`, `load` and `has_access`.
 */
export async function startJsonRpcOdoo(options: JsonRpcOdooOptions): Promise<JsonRpcOdoo> {
  const odoo = new Server(options);
  const server = createServer({ noDelay: true }, (request, response) => void odoo.handle(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls: odoo.calls,
    records: () => odoo.model.records(),
    set: (faults) => {
      odoo.faults = faults;
    },
    setRights: (rights) => {
      odoo.model.rights = rights;
    },
    failWrites: (failure) => {
      odoo.model.writeFailure = failure;
    },
    setApiKey: (apiKey) => {
      odoo.apiKey = apiKey;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
