import { z } from 'zod';
import type { ApiDeps, Server } from './deps.ts';
import { faults } from './faults.ts';

const clientSchema = z.object({
  client_id: z.string(),
  device_id: z.string().nullable().describe('null: not a device of this bridge'),
  address: z.string(),
  connected_since: z.iso.datetime({ precision: 3 }),
  protocol: z.enum(['mqtt', 'mqtts', 'ws']),
  subscriptions: z.array(z.string()),
});
const clientsPage = z.object({ clients: z.array(clientSchema), total: z.int() });
const clientsQuery = z.object({ device_id: z.string().max(128).optional() });

const CLIENTS_MAX = 500;

/** `/api/clients`: who is connected to the embedded broker. */
export function clientRoutes(app: Server, { clients }: ApiDeps): void {
  app.get('/api/clients', {
    config: { access: 'view' },
    schema: {
      summary: 'Clients connected to the embedded broker',
      description: `At most ${CLIENTS_MAX}; total counts all that match.`,
      tags: ['devices'],
      querystring: clientsQuery,
      response: { 200: clientsPage, ...faults(401, 422, 429) },
    },
    handler: ({ query }) => {
      const found = clients().filter(
        ({ device_id }) => query.device_id === undefined || device_id === query.device_id,
      );
      return { clients: found.slice(0, CLIENTS_MAX), total: found.length };
    },
  });
}
