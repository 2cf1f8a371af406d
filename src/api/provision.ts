import { z } from 'zod';
import {
  type ProvisionError,
  provisionFailureSchema,
  provisionSuccessSchema,
} from '../model/provisioning.ts';
import type { ApiDeps, Server } from './deps.ts';
import { deleted, devicesList } from './device-schemas.ts';
import { NO_DEVICE } from './devices.ts';
import { faults } from './faults.ts';
import { machineParams } from './schemas.ts';

const tags = ['provisioning'];
const STATUS = {
  INVALID_REQUEST: 400,
  INVALID_KEY: 401,
  DISABLED: 403,
  NAME_TAKEN: 409,
  ALREADY_PROVISIONED: 409,
  RATE_LIMITED: 429,
} as const satisfies Record<ProvisionError, number>;

function askRoute(app: Server, { provisioning }: ApiDeps): void {
  const failure = provisionFailureSchema;
  app.post('/api/provision', {
    config: { access: 'open' },
    schema: {
      summary: 'Ask for a device id and a token',
      description:
        'As over MQTT: device_name, provision_key, provision_secret, and device_key if the device has one. ThingsBoard field names are accepted.',
      tags,
      security: [],
      body: z.record(z.string(), z.unknown()),
      response: {
        200: provisionSuccessSchema,
        400: failure,
        401: failure,
        403: failure,
        409: failure,
        429: failure,
        ...faults(413, 415),
      },
    },
    // What is wrong with a request is told in the form devices know.
    validatorCompiler: () => (value: unknown) => ({ value }),
    handler: async (request, reply) => {
      const answer = provisioning.answer(request.body, request.ip);
      return answer.status === 'SUCCESS' ? reply.send(answer) : reply.code(STATUS[answer.error]).send(answer);
    },
  });
}

function approvalRoutes(app: Server, { administration }: ApiDeps): void {
  app.get('/api/approvals', {
    config: { access: 'view' },
    schema: {
      summary: 'Devices that wait for approval',
      description: 'They were provisioned under a template that asks for it, and cannot connect yet.',
      tags,
      response: { 200: devicesList, ...faults(401, 429) },
    },
    handler: () => {
      const devices = administration.waiting();
      return { devices, total: devices.length };
    },
  });

  for (const [word, approval, message] of [
    ['approve', 'approved', 'The device may connect'],
    ['reject', 'rejected', 'The device may not connect'],
  ] as const) {
    app.post(`/api/approvals/:id/${word}`, {
      config: { access: 'change' },
      schema: {
        summary: `${word === 'approve' ? 'Let a provisioned device in' : 'Keep a provisioned device out'}`,
        description: 'It can be changed later by the other one.',
        tags,
        params: machineParams,
        response: { 200: deleted, ...faults(401, 403, 404, 429) },
      },
      handler: async (request, reply) =>
        administration.decide(request.params.id, approval)
          ? reply.send({ status: 'success', message })
          : reply.code(404).send(NO_DEVICE),
    });
  }
}

/** `/api/provision`: a device asks for an identity; `/api/approvals`: a person lets it in. */
export function provisionRoutes(app: Server, deps: ApiDeps): void {
  askRoute(app, deps);
  approvalRoutes(app, deps);
}
