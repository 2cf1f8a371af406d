import { z } from 'zod';
import type { Service, ServiceResult } from '../messages/service.ts';
import { serviceSchema } from '../model/service.ts';
import type { Server } from './deps.ts';
import { fault, faults } from './faults.ts';

export type ServiceDeps = { service: Pick<Service, 'report' | 'start' | 'stop' | 'restart'> };

const tags = ['service'];
const service = serviceSchema.meta({ id: 'Service' });
const stopBody = z
  .object({ persist: z.boolean().default(false).describe('It stays stopped when the process starts again') })
  .strict()
  .nullish();
const SUMMARIES = {
  start: 'Connect to the brokers',
  restart: 'Disconnect from the brokers and connect again',
} as const;

/** `/api/service`: the switch over all connections to brokers. */
export function serviceRoutes(app: Server, { service: switched }: ServiceDeps): void {
  /** What follows a change: the service as it is then, or why it could not be done. */
  const outcome = (result: ServiceResult) =>
    result.ok
      ? { code: 200 as const, body: switched.report() }
      : { code: 503 as const, body: fault(`The service did not start: ${result.reason}`) };

  app.get('/api/service', {
    config: { access: 'view' },
    schema: {
      summary: 'Whether messages are received and sent',
      description: 'Since when, why not, and each connection.',
      tags,
      response: { 200: service, ...faults(401, 429) },
    },
    handler: () => switched.report(),
  });

  for (const word of ['start', 'restart'] as const) {
    app.post(`/api/service/${word}`, {
      config: { access: 'change' },
      schema: {
        summary: SUMMARIES[word],
        description: 'It starts with the process again. Answers when the connections are under way.',
        tags,
        response: { 200: service, ...faults(401, 403, 429, 503) },
      },
      handler: async (_request, reply) => {
        const { code, body } = outcome(await switched[word]());
        return reply.code(code).send(body);
      },
    });
  }

  app.post('/api/service/stop', {
    config: { access: 'change' },
    schema: {
      summary: 'Disconnect from the brokers',
      description:
        'Sessions of machines stay open. It starts with the process again, unless persist says otherwise.',
      tags,
      body: stopBody,
      response: { 200: service, ...faults(400, 401, 403, 415, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      const { code, body } = outcome(await switched.stop(request.body?.persist ?? false));
      return reply.code(code).send(body);
    },
  });
}
