import { z } from 'zod';
import type { ApiDeps, Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import { healthSchema, readySchema } from './schemas.ts';

const tags = ['health'];
const security: [] = [];

/** `/health`, `/ready` and `/metrics`: for monitors, so they are never slowed down. */
export function healthRoutes(app: Server, deps: ApiDeps): void {
  app.get('/health', {
    config: { access: 'open', rateLimit: false },
    schema: {
      summary: 'How the bridge is',
      description: 'Answers 200 while the process can work; `degraded` says that something needs a look.',
      tags,
      security,
      response: { 200: healthSchema },
    },
    handler: () => deps.health(),
  });

  app.get('/ready', {
    config: { access: 'open', rateLimit: false },
    schema: {
      summary: 'Whether the bridge takes messages',
      description: '200 when MQTT is connected and the state is loaded, else 503.',
      tags,
      security,
      response: { 200: readySchema, ...faults(503) },
    },
    handler: async (_request, reply) =>
      deps.ready()
        ? reply.send({ status: 'ready' })
        : reply.code(503).send(fault('Not ready: MQTT is not connected, or the state is still being loaded')),
  });

  app.get('/metrics', {
    config: { access: 'metrics', rateLimit: false },
    schema: {
      summary: 'Metrics for Prometheus',
      description: 'Names no device. Asks for a token with METRICS_AUTH=token.',
      tags,
      security: [{}, { bearer: [] }],
      response: {
        200: { description: 'Prometheus text', content: { 'text/plain': { schema: z.string() } } },
        ...faults(401, 429),
      },
    },
    handler: async (_request, reply) => {
      const { registry } = deps.metrics;
      return reply.type(registry.contentType).send(await registry.metrics());
    },
  });
}
