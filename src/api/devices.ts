import type { DeviceSummary } from '../model/own-device.ts';
import type { ApiDeps, Server } from './deps.ts';
import { deleted, deviceDetail, devicePatchBody, newDeviceBody, tokenAnswer } from './device-schemas.ts';
import { fault, faults } from './faults.ts';
import { LIMIT_DEFAULT, machineParams, machinesPage, machinesQuery } from './schemas.ts';

const tags = ['devices'];
export const NO_DEVICE = fault('There is no device with this id');
const FAULTS = 'The device has faults; nothing was changed';

function matches(one: DeviceSummary, state: DeviceSummary['state'] | undefined, search: string): boolean {
  if (state !== undefined && one.state !== state) return false;
  return (
    search === '' ||
    one.machine_name.toLowerCase().includes(search) ||
    one.device_id.toLowerCase().includes(search)
  );
}

function readRoutes(app: Server, deps: ApiDeps): void {
  app.get('/api/devices', {
    config: { access: 'view' },
    schema: {
      summary: 'Devices, and their machines as they are right now',
      description: 'Those of the configuration in its order, then those made here.',
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
      summary: 'One device with everything that is known of it',
      description: 'By device id.',
      tags,
      params: machineParams,
      response: { 200: deviceDetail, ...faults(401, 404, 429) },
    },
    handler: async (request, reply) => {
      const found = deps.device(request.params.id);
      return found ? reply.send(found) : reply.code(404).send(NO_DEVICE);
    },
  });
}

function makeRoute(app: Server, { administration, device }: ApiDeps): void {
  app.post('/api/devices', {
    config: { access: 'change' },
    schema: {
      summary: 'Make a device',
      description: 'Without mqtt_topic it only uses the device API. It has a token at once.',
      tags,
      body: newDeviceBody,
      response: { 201: deviceDetail, ...faults(400, 401, 403, 409, 415, 422, 429) },
    },
    // The schema describes; the devices themselves judge, for every source by the same rules.
    validatorCompiler: () => (value: unknown) => ({ value: value ?? {} }),
    handler: async (request, reply) => {
      const result = administration.create(request.body as Record<string, unknown>);
      if (result.status === 'invalid') return reply.code(422).send(fault(FAULTS, result.errors));
      if (result.status !== 'created') {
        const full = 'There are as many devices as DEVICES_MAX allows';
        return reply
          .code(409)
          .send(fault(result.status === 'full' ? full : 'There is a device with this id'));
      }
      const made = device(result.deviceId);
      return made ? reply.code(201).send(made) : reply.code(409).send(NO_DEVICE);
    },
  });
}

function changeRoutes(app: Server, { administration, device }: ApiDeps): void {
  app.patch('/api/devices/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Change a device',
      description:
        'Fields as in the configuration; null takes one back. On a device of the configuration each is an override, kept until the configuration changes that field.',
      tags,
      params: machineParams,
      body: devicePatchBody,
      response: { 200: deviceDetail, ...faults(400, 401, 403, 404, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      const result = administration.patch(request.params.id, request.body);
      if (result.status === 'invalid') return reply.code(422).send(fault(FAULTS, result.errors));
      const changed = result.status === 'changed' ? device(request.params.id) : null;
      return changed ? reply.send(changed) : reply.code(404).send(NO_DEVICE);
    },
  });

  app.delete('/api/devices/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Remove a device that was made here',
      description: 'Its token ends, its attributes are forgotten; its sessions stay.',
      tags,
      params: machineParams,
      response: { 200: deleted, ...faults(401, 403, 404, 409, 429) },
    },
    handler: async (request, reply) => {
      const result = administration.remove(request.params.id);
      if (result === 'unknown') return reply.code(404).send(NO_DEVICE);
      if (result === 'removed') return reply.send({ status: 'success', message: 'The device is removed' });
      const text =
        'The configuration names this device: remove it there (in Odoo), or disable it here with {"enabled": false}';
      return reply.code(409).send(fault(text));
    },
  });
}

function tokenRoutes(app: Server, { administration }: ApiDeps): void {
  app.get('/api/devices/:id/token', {
    config: { access: 'change' },
    schema: {
      summary: 'The token of a device, to copy',
      description: 'Made when the device has none yet. 409 when it cannot be read any more: rotate it then.',
      tags,
      params: machineParams,
      response: { 200: tokenAnswer, ...faults(401, 403, 404, 409, 429) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const found = administration.copyToken(id);
      if (!found) return reply.code(404).send(NO_DEVICE);
      return found.token === null
        ? reply.code(409).send(fault('The token cannot be read: token-key is another one. Rotate it.'))
        : reply.send({ device_id: id, token: found.token });
    },
  });

  app.post('/api/devices/:id/token', {
    config: { access: 'change' },
    schema: {
      summary: 'Give a device a new token',
      description: 'The old one ends, and connections with it are closed.',
      tags,
      params: machineParams,
      response: { 200: tokenAnswer, ...faults(401, 403, 404, 429) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const made = administration.rotateToken(id);
      return made ? reply.send({ device_id: id, token: made.token }) : reply.code(404).send(NO_DEVICE);
    },
  });
}

/** `/api/devices`: the devices, wherever they come from. */
export function deviceRoutes(app: Server, deps: ApiDeps): void {
  readRoutes(app, deps);
  makeRoute(app, deps);
  changeRoutes(app, deps);
  tokenRoutes(app, deps);
}
