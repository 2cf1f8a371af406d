import type { ApiDeps, Server } from './deps.ts';
import {
  attributeHistory,
  attributeHistoryQuery,
  attributeParams,
  attributesBody,
  attributesList,
} from './device-schemas.ts';
import { NO_DEVICE } from './devices.ts';
import { fault, faults } from './faults.ts';
import { LIMIT_DEFAULT, machineParams } from './schemas.ts';

const tags = ['attributes'];

/** `/api/devices/{id}/attributes`: what a device says about itself, and what it is told. */
export function attributeRoutes(app: Server, { administration }: ApiDeps): void {
  app.get('/api/devices/:id/attributes', {
    config: { access: 'view' },
    schema: {
      summary: 'The attributes of a device',
      description: 'scope device: sent by it. scope server: set here.',
      tags,
      params: machineParams,
      response: { 200: attributesList, ...faults(401, 404, 429) },
    },
    handler: async (request, reply) => {
      const attributes = administration.attributes(request.params.id);
      return attributes ? reply.send({ attributes }) : reply.code(404).send(NO_DEVICE);
    },
  });

  app.put('/api/devices/:id/attributes', {
    config: { access: 'change' },
    schema: {
      summary: 'Set attributes for a device',
      description:
        'Keys that are left out stay; null deletes one. The device is told on messages/{device_id}/attribute/server.',
      tags,
      params: machineParams,
      body: attributesBody,
      response: { 200: attributesList, ...faults(400, 401, 403, 404, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const result = administration.setAttributes(id, request.body);
      if (result.status === 'invalid') {
        return reply.code(422).send(fault('The attributes have faults; nothing was changed', result.errors));
      }
      const attributes = administration.attributes(id);
      return attributes ? reply.send({ attributes }) : reply.code(404).send(NO_DEVICE);
    },
  });

  app.get('/api/devices/:id/attributes/:key/history', {
    config: { access: 'view' },
    schema: {
      summary: 'Former values of an attribute, newest first',
      description: 'A value of null says that it was deleted.',
      tags,
      params: attributeParams,
      querystring: attributeHistoryQuery,
      response: { 200: attributeHistory, ...faults(401, 404, 422, 429) },
    },
    handler: async (request, reply) => {
      const { id, key } = request.params;
      const { scope, limit = LIMIT_DEFAULT } = request.query;
      const values = administration.pastAttributes(id, key, scope, limit);
      return values ? reply.send({ key, values }) : reply.code(404).send(NO_DEVICE);
    },
  });
}
