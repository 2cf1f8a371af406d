import { z } from 'zod';
import type { Discovery } from '../devices/discovery.ts';
import type { DiscoveryScans } from '../devices/discovery-scans.ts';
import { discoveredSchema, scanSchema } from '../model/discovery.ts';
import { topicFilterProblem } from '../model/topic.ts';
import type { Server } from './deps.ts';
import { deleted } from './device-schemas.ts';
import { fault, faults } from './faults.ts';
import { LIMIT_DEFAULT, limit } from './schemas.ts';

const tags = ['discovery'];
const SECONDS_DEFAULT = 60;

export type DiscoveryDeps = {
  discovery: Pick<Discovery, 'list' | 'dismiss'>;
  scans: Pick<DiscoveryScans, 'list' | 'start'>;
};

const discoveryQuery = z.object({
  search: z.string().max(256).optional().describe('Part of a name, topic, family or model'),
  limit,
});
const discoveryPage = z.object({
  found: z.array(discoveredSchema.meta({ id: 'Discovered' })),
  total: z.int().describe('Meters that match'),
  scans: z.array(scanSchema.meta({ id: 'Scan' })).describe('Searches that run now'),
});
const scanBody = z
  .object({
    broker_id: z.string().min(1).max(128).optional().describe('The main one when left out'),
    seconds: z.number().min(5).max(600).default(SECONDS_DEFAULT),
    filter: z
      .string()
      .superRefine((filter, ctx) => {
        const dollar = filter.startsWith('$') ? 'must not begin with $' : null;
        const message = topicFilterProblem(filter) ?? dollar;
        if (message) ctx.addIssue({ code: 'custom', message });
      })
      .optional()
      .describe('Listened to in place of the usual topics; # for everything'),
  })
  .strict();
const scanAnswer = scanSchema.extend({ status: z.literal('success'), message: z.string() });

function listRoutes(app: Server, { discovery, scans }: DiscoveryDeps): void {
  app.get('/api/discovery', {
    config: { access: 'view' },
    schema: {
      summary: 'Meters that were heard and are not configured, the newest first',
      description:
        'Each with a configuration that POST /api/devices takes as it stands. Kept in memory, at most 2000. Names are what the devices call themselves: text, never markup.',
      tags,
      querystring: discoveryQuery,
      response: { 200: discoveryPage, ...faults(401, 422, 429) },
    },
    handler: ({ query: { search, limit: count = LIMIT_DEFAULT } }) => ({
      ...discovery.list({ search, limit: count }),
      scans: scans.list(),
    }),
  });

  app.delete('/api/discovery/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Hide a meter until the bridge restarts',
      description: 'It is not listed again, however often it speaks.',
      tags,
      params: z.object({ id: z.string() }),
      response: { 200: deleted, ...faults(401, 403, 404, 429) },
    },
    handler: async (request, reply) =>
      discovery.dismiss(request.params.id)
        ? reply.send({ status: 'success', message: 'The meter is hidden' })
        : reply.code(404).send(fault('There is no meter with this id')),
  });
}

function scanRoute(app: Server, { scans }: DiscoveryDeps): void {
  app.post('/api/discovery/scan', {
    config: { access: 'change' },
    schema: {
      summary: 'Search for meters on a broker',
      description:
        'Listens for a while where meters of the known families speak, and asks Shelly Gen1 devices for their names. GET /api/discovery shows what is found.',
      tags,
      body: scanBody,
      response: { 200: scanAnswer, ...faults(400, 401, 403, 404, 415, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      const { broker_id: brokerId, seconds, filter } = request.body;
      const result = await scans.start({ brokerId, seconds, filter });
      if (result.status === 'scanning') {
        return reply.send({ status: 'success', message: 'The search runs', ...result.scan });
      }
      return result.status === 'unknown'
        ? reply.code(404).send(fault('There is no such broker'))
        : reply.code(503).send(fault(`The search could not be started: ${result.reason}`));
    },
  });
}

/** `/api/discovery`: what speaks on the brokers and is no device yet. */
export function discoveryRoutes(app: Server, deps: DiscoveryDeps): void {
  listRoutes(app, deps);
  scanRoute(app, deps);
}
