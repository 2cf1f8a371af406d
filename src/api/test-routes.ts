import Fastify, { type FastifyContextConfig, type FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { type Log, logTo } from '../platform/log.ts';
import type { Server } from './deps.ts';
import { answerError, zodValidator } from './faults.ts';
import { readJsonBodies } from './json-body.ts';

/** Some routes alone, as the server runs them, for tests: everybody is let in. */
export function createTestRoutes(add: (app: Server, log: Log) => void) {
  const lines: string[] = [];
  const log = logTo({ write: (line) => lines.push(line) }, 'DEBUG');
  const app: Server = Fastify({ logger: false, bodyLimit: 65_536 }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(zodValidator);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerError(log));
  readJsonBodies(app as unknown as FastifyInstance);
  /** Each route, and whom it lets in. */
  const access = new Map<string, FastifyContextConfig['access']>();
  app.addHook('onRoute', ({ method, url, config }) => {
    if (method !== 'HEAD') access.set(`${String(method)} ${url}`, config?.access);
  });
  add(app, log);

  /** The answer's status and body. */
  async function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) {
    const answer = await app.inject({ method, url, ...(payload && { payload }) });
    return { status: answer.statusCode, body: answer.json(), text: answer.body };
  }
  return { app, access, lines, call };
}
