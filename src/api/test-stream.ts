import assert from 'node:assert/strict';
import { get, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import cookie from '@fastify/cookie';
import Fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { LiveItem } from '../model/live.ts';
import { Feed } from '../platform/feed.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { Access, refuse } from './access.ts';
import type { Server } from './deps.ts';
import { answerError, zodValidator } from './faults.ts';
import { streamRoutes } from './stream.ts';
import { createTestApi, machine, VIEW_TOKEN } from './test-api.ts';

export const AT = '2026-01-31T10:00:00.000Z';
export const BEARER = { authorization: `Bearer ${VIEW_TOKEN}` };

/** A server with the stream alone, on a free port; time passes when it is told to. */
export async function started(t: TestContext) {
  const clock = new ManualClock();
  const faults: unknown[] = [];
  const responses: ServerResponse[] = [];
  const feed = new Feed<LiveItem>((error) => faults.push(error));
  const { deps } = createTestApi();
  const access = new Access(deps.http, clock);
  const app: Server = Fastify({ forceCloseConnections: true }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(zodValidator);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerError(deps.log));
  app.register(cookie);
  app.register(async (routes: Server) => {
    routes.addHook('onRequest', async (request, reply) => {
      responses.push(reply.raw);
      const refusal = access.check(request);
      if (refusal) return refuse(reply, refusal);
    });
    const health = () => around.health;
    streamRoutes(routes, { feed, clock, health, version: '1.2.3', log: deps.log }, access);
  });
  const around = { health: deps.health() };
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const { port } = app.server.address() as { port: number };
  return { app, clock, feed, around, access, port, responses, faults };
}
/** What a test works with. */
type Stage = Awaited<ReturnType<typeof started>>;

type Heard = { name: string; data: never };

/** What one client hears. */
export class Ear {
  readonly response: IncomingMessage;
  readonly heard: Heard[] = [];
  text = '';
  #rest = '';
  #wake = () => {};

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#read(chunk));
    response.on('error', () => {});
    response.on('close', () => this.#wake());
  }

  #read(chunk: string): void {
    this.text += chunk;
    const blocks = (this.#rest + chunk).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (name !== undefined) this.heard.push({ name, data: JSON.parse(data ?? '') as never });
    }
    this.#wake();
  }

  of(name: string): never[] {
    return this.heard.filter((one) => one.name === name).map(({ data }) => data);
  }

  /** Waits until `isSo`, looking at every piece that arrives. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.response.destroyed) throw new Error(`the stream ended after ${this.text.slice(-500)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

export function ask(port: number, query: string, headers: OutgoingHttpHeaders): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ port, path: `/api/stream${query}`, headers, agent: false }, resolve).on('error', reject);
  });
}

/** A client that has been greeted. */
export async function listen(
  { port }: Stage,
  query = '',
  headers: OutgoingHttpHeaders = BEARER,
): Promise<Ear> {
  const response = await ask(port, query, headers);
  assert.equal(response.statusCode, 200);
  const ear = new Ear(response);
  await ear.until(() => ear.of('hello').length > 0);
  return ear;
}

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
/** Waits, turn by turn, until `isSo`. */
export async function settled(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

export const reading = (device_id: string, power_w: number, more = {}): LiveItem => ({
  kind: 'reading',
  data: { device_id, at: AT, power_w, ...more },
});
export const state = (device_id: string): LiveItem => ({
  kind: 'state',
  data: { device_id, at: AT, from: 'idle', to: 'starting', machine: machine(device_id, device_id) },
});
export const event = (device_id: string): LiveItem => ({
  kind: 'event',
  data: { event_uid: 'u', event_type: 'session_started', device_id, state: 'pending', at: AT },
});
export const message = (topic: string, device_id: string | null = null, payload = 'x'): LiveItem => ({
  kind: 'message',
  topic,
  device_id,
  record: () =>
    ({ topic, device_id, payload, payload_format: 'text', bytes: Buffer.byteLength(payload) }) as never,
});
