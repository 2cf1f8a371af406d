import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { DeviceRequests } from '../messages/device-requests.ts';
import { deviceRequestSchema } from '../model/device-request.ts';
import type { Server } from './deps.ts';
import { NO_DEVICE } from './devices.ts';
import { fault, faults } from './faults.ts';
import { judgedBehind } from './judged-body.ts';
import { SEND_BYTES_MAX } from './messages.ts';
import { machineParams } from './schemas.ts';

export type DeviceRequestDeps = { deviceRequests: Pick<DeviceRequests, 'ask'> };

const answer = z.object({
  answered: z.literal(true),
  topic: z.string().describe('Where the answer came'),
  payload: z.string(),
  payload_format: z.enum(['text', 'hex']),
  latency_ms: z.number(),
});

/** `/api/devices/{id}/request`: asks a device and waits for its answer. */
export function deviceRequestRoutes(app: Server, { deviceRequests }: DeviceRequestDeps): void {
  app.post('/api/devices/:id/request', {
    config: { access: 'change' },
    bodyLimit: SEND_BYTES_MAX,
    schema: {
      summary: 'Ask a device and wait for its answer',
      description:
        'method: for its power; rpc: over the device API; shelly, tasmota: in the words of its family; topic: any message. 409 when the device cannot be asked so, 503 when the question was not sent, 504 when nothing answered in time.',
      tags: ['devices'],
      params: machineParams,
      body: deviceRequestSchema,
      response: { 200: answer, ...faults(400, 401, 403, 404, 409, 413, 415, 422, 429, 503, 504) },
    },
    validatorCompiler: judgedBehind,
    handler: async (request, reply) => {
      const result = await deviceRequests.ask(request.params.id, request.body);
      switch (result.status) {
        case 'answered': {
          const { topic, payload, latencyMs: latency_ms } = result;
          const payload_format = isUtf8(payload) ? ('text' as const) : ('hex' as const);
          const text = payload.toString(payload_format === 'text' ? 'utf8' : 'hex');
          return reply.send({ answered: true as const, topic, payload: text, payload_format, latency_ms });
        }
        case 'unknown':
          return reply.code(404).send(NO_DEVICE);
        case 'invalid':
          return reply.code(422).send(fault('The request has faults; nothing was sent', result.errors));
        case 'impossible':
          return reply.code(409).send(fault(result.reason));
        case 'not_sent':
          return reply.code(503).send(fault(`The question was not sent: ${result.reason}`));
        case 'timed_out': {
          const text = `Nothing answered within ${result.timeoutS} s. Is the device online, and does it listen to ${result.topic}?`;
          return reply.code(504).send(fault(text));
        }
      }
    },
  });
}
