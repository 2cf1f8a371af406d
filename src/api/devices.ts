import type { Machine } from '../model/machine.ts';
import type { ApiDeps, Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import { LIMIT_DEFAULT, machine, machineParams, machinesPage, machinesQuery } from './schemas.ts';

const tags = ['devices'];

function matches(one: Machine, state: Machine['state'] | undefined, search: string): boolean {
  if (state !== undefined && one.state !== state) return false;
  return (
    search === '' ||
    one.machine_name.toLowerCase().includes(search) ||
    one.device_id.toLowerCase().includes(search)
  );
}

/** `/api/devices`: the machines as they are right now. */
export function deviceRoutes(app: Server, deps: ApiDeps): void {
  app.get('/api/devices', {
    config: { access: 'view' },
    schema: {
      summary: 'Machines as they are right now',
      description: 'In the order of the configuration.',
      tags,
      querystring: machinesQuery,
      response: { 200: machinesPage, ...faults(401, 422, 429) },
    },
    handler: (request) => {
      const { state, search = '', limit = LIMIT_DEFAULT, offset = 0 } = request.query;
      const wanted = search.toLowerCase();
      const found = deps.machines().filter((one) => matches(one, state, wanted));
      return { devices: found.slice(offset, offset + limit), total: found.length, limit, offset };
    },
  });

  app.get('/api/devices/:id', {
    config: { access: 'view' },
    schema: {
      summary: 'One machine as it is right now',
      description: 'By device id.',
      tags,
      params: machineParams,
      response: { 200: machine, ...faults(401, 404, 429) },
    },
    handler: async (request, reply) => {
      const found = deps.machines().find((one) => one.device_id === request.params.id);
      return found ? reply.send(found) : reply.code(404).send(fault('There is no device with this id'));
    },
  });
}
