import { isoTime } from '../platform/clock.ts';
import type { ApiDeps, Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import { appliedSchema, configurationSchema } from './schemas.ts';

const PUSHES_PER_MINUTE_MAX = 120;
const tags = ['configuration'];

/** `/config`: the devices, as Odoo pushes them. */
export function configurationRoutes(app: Server, deps: ApiDeps): void {
  app.post('/config', {
    bodyLimit: deps.http.bodyBytesMax,
    config: { access: 'change', rateLimit: { max: PUSHES_PER_MINUTE_MAX } },
    schema: {
      summary: 'Replace the configuration',
      description:
        'All or nothing: with one fault nothing changes and 422 lists every fault. The answer comes after the configuration is on disk.',
      tags,
      body: configurationSchema,
      response: { 200: appliedSchema, ...faults(400, 401, 403, 413, 415, 422, 429, 503) },
    },
    // The schema describes; the devices themselves judge, for every source by the same rules.
    validatorCompiler: () => (value: unknown) => ({ value }),
    handler: async (request, reply) => {
      const body: unknown = request.body;
      if (body === undefined || body === null) {
        return reply.code(400).send(fault('The body is empty; it must be a JSON object with `devices`'));
      }
      const result = await deps.devices.apply(body, 'push');
      if (result.status === 'invalid') {
        return reply
          .code(422)
          .send(fault('The configuration has faults; nothing was changed', result.errors));
      }
      if (result.status === 'failed') {
        const text = `The configuration could not be stored (${result.reason}); the one before stays in force`;
        return reply.code(503).send(fault(text));
      }
      return reply.send({
        status: 'success',
        message: 'Configuration applied',
        devices_configured: result.devicesConfigured,
        timestamp: isoTime(result.appliedAt),
        added: result.added,
        updated: result.updated,
        removed: result.removed,
        warnings: result.warnings,
      });
    },
  });

  app.get('/config', {
    config: { access: 'view' },
    schema: {
      summary: 'The configuration in force',
      description: 'In the shape of the push, defaults filled in.',
      tags,
      response: { 200: configurationSchema, ...faults(401, 429) },
    },
    handler: () => deps.devices.current(),
  });
}
