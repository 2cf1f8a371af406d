import { z } from 'zod';
import type { Brokers } from '../messages/brokers.ts';
import {
  brokerSchema,
  type ConnectionSettings,
  type ConnectionTest,
  EMBEDDED_BROKER,
  newBrokerSchema,
} from '../model/broker.ts';
import type { Server } from './deps.ts';
import { deleted } from './device-schemas.ts';
import { fault, faults } from './faults.ts';
import { judgedBehind, patchBody } from './judged-body.ts';
import { machineParams } from './schemas.ts';

export type BrokerDeps = {
  brokers: Pick<Brokers, 'list' | 'one' | 'create' | 'update' | 'remove' | 'settings' | 'testSettings'>;
  /** Connects once, with a client id of its own, and says how it went. */
  testConnection(settings: ConnectionSettings): Promise<ConnectionTest>;
};

const tags = ['brokers'];
/** Certificates of many authorities fit. */
const BODY_BYTES_MAX = 1_048_576;
const NO_BROKER = fault('There is no broker with this id');
const READ_ONLY = fault(
  'This broker is part of the environment (MQTT_URL and what belongs to it, EMBEDDED_BROKER): change it there',
);
const FAULTS = 'The broker has faults; nothing was changed';

const broker = brokerSchema.meta({ id: 'Broker' });
const brokersList = z.object({ brokers: z.array(broker) });
const testBody = newBrokerSchema.partial().extend({
  broker_id: z.string().optional().describe('What is left out is as this one has it, secrets too'),
});
const testAnswer = z.object({
  ok: z.boolean(),
  message: z.string().describe('A sentence for people'),
  reason: z.string().nullable().describe('One word, when it failed'),
  protocol_version: z.literal([4, 5]).nullable(),
  latency_ms: z.number().nullable(),
  certificate: z
    .object({ subject: z.string(), issuer: z.string(), valid_to: z.iso.datetime({ precision: 3 }) })
    .nullable()
    .describe("The broker's, when it was reached by TLS"),
});

const VERSION_NAMES = { 4: 'MQTT 3.1.1', 5: 'MQTT 5' } as const;

function testView(test: ConnectionTest): z.infer<typeof testAnswer> {
  if (!test.ok) {
    const { reason, message } = test.fault;
    return { ok: false, message, reason, protocol_version: null, latency_ms: null, certificate: null };
  }
  const { protocolVersion, latencyMs, certificate: shown } = test;
  const latency_ms = Math.round(latencyMs);
  const message = `Connected in ${latency_ms} ms with ${VERSION_NAMES[protocolVersion]}`;
  const certificate = shown && {
    subject: shown.subject,
    issuer: shown.issuer,
    valid_to: shown.validTo,
  };
  return { ok: true, message, reason: null, protocol_version: protocolVersion, latency_ms, certificate };
}

function readRoutes(app: Server, { brokers }: BrokerDeps): void {
  app.get('/api/brokers', {
    config: { access: 'view' },
    schema: {
      summary: 'Brokers, and how their connections stand',
      description:
        'The main one (of the environment), the embedded one, then those made here. Without secrets.',
      tags,
      response: { 200: brokersList, ...faults(401, 429) },
    },
    handler: () => ({ brokers: brokers.list() }),
  });

  app.get('/api/brokers/:id', {
    config: { access: 'view' },
    schema: {
      summary: 'One broker',
      description: 'Without its secrets.',
      tags,
      params: machineParams,
      response: { 200: broker, ...faults(401, 404, 429) },
    },
    handler: async (request, reply) => {
      const found = brokers.one(request.params.id);
      return found ? reply.send(found) : reply.code(404).send(NO_BROKER);
    },
  });
}

function changeRoutes(app: Server, { brokers }: BrokerDeps): void {
  app.post('/api/brokers', {
    config: { access: 'change' },
    bodyLimit: BODY_BYTES_MAX,
    schema: {
      summary: 'Make a broker',
      description:
        'It is connected to at once when the service runs. password and tls.key are never given back.',
      tags,
      body: newBrokerSchema,
      response: { 201: broker, ...faults(400, 401, 403, 409, 413, 415, 422, 429) },
    },
    validatorCompiler: judgedBehind,
    handler: async (request, reply) => {
      const result = brokers.create(request.body);
      if (result.status === 'saved') return reply.code(201).send(result.broker);
      if (result.status === 'invalid') return reply.code(422).send(fault(FAULTS, result.errors));
      return reply.code(409).send('message' in result ? fault(result.message) : READ_ONLY);
    },
  });

  app.patch('/api/brokers/:id', {
    config: { access: 'change' },
    bodyLimit: BODY_BYTES_MAX,
    schema: {
      summary: 'Change a broker',
      description:
        'What is left out stays, secrets too; null takes a field back to its default, or removes a secret. The connection is made anew.',
      tags,
      params: machineParams,
      body: patchBody,
      response: { 200: broker, ...faults(400, 401, 403, 404, 409, 413, 415, 422, 429) },
    },
    validatorCompiler: judgedBehind,
    handler: async (request, reply) => {
      const result = brokers.update(request.params.id, request.body);
      if (result.status === 'saved') return reply.send(result.broker);
      if (result.status === 'invalid') return reply.code(422).send(fault(FAULTS, result.errors));
      if (result.status === 'unknown') return reply.code(404).send(NO_BROKER);
      return reply.code(409).send('message' in result ? fault(result.message) : READ_ONLY);
    },
  });
}

function removeRoute(app: Server, { brokers }: BrokerDeps): void {
  app.delete('/api/brokers/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Remove a broker',
      description: 'With its subscriptions. 409 while devices name it.',
      tags,
      params: machineParams,
      response: { 200: deleted, ...faults(401, 403, 404, 409, 429) },
    },
    handler: async (request, reply) => {
      const result = brokers.remove(request.params.id);
      if (result.status === 'unknown') return reply.code(404).send(NO_BROKER);
      if (result.status === 'read_only') return reply.code(409).send(READ_ONLY);
      if (result.status === 'in_use') {
        const text = `Devices that name this broker: ${result.devices}. Give them another one first.`;
        return reply.code(409).send(fault(text));
      }
      const message = `The broker is removed; subscriptions that went with it: ${result.subscriptions}`;
      return reply.send({ status: 'success', message });
    },
  });
}

function testRoutes(app: Server, { brokers, testConnection }: BrokerDeps): void {
  app.post('/api/brokers/test', {
    config: { access: 'change' },
    bodyLimit: BODY_BYTES_MAX,
    schema: {
      summary: 'Try a broker before it is kept',
      description:
        'Connects once, with a client id of its own. 200 also when that fails: see ok and message.',
      tags,
      body: testBody,
      response: { 200: testAnswer, ...faults(400, 401, 403, 413, 415, 422, 429) },
    },
    validatorCompiler: judgedBehind,
    handler: async (request, reply) => {
      // Not judged yet: it may be anything.
      const { broker_id: id }: { broker_id?: unknown } = request.body;
      if (id !== undefined && !(typeof id === 'string' && brokers.one(id)?.source === 'api')) {
        const errors = [{ path: 'broker_id', message: 'must be that of a broker made here' }];
        return reply.code(422).send(fault('The broker has faults', errors));
      }
      const wanted = brokers.testSettings(request.body);
      if (!wanted.ok) return reply.code(422).send(fault('The broker has faults', wanted.errors));
      return reply.send(testView(await testConnection(wanted.settings)));
    },
  });

  app.post('/api/brokers/:id/test', {
    config: { access: 'change' },
    schema: {
      summary: 'Try a broker as it is kept',
      description:
        'Connects once, with a client id of its own, beside the connection there is. 200 also when that fails: see ok and message.',
      tags,
      params: machineParams,
      response: { 200: testAnswer, ...faults(401, 403, 404, 429) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const settings = brokers.settings(id);
      if (settings) return reply.send(testView(await testConnection(settings)));
      const found = id === EMBEDDED_BROKER ? brokers.one(id) : null;
      if (!found) return reply.code(404).send(NO_BROKER);
      const ok = found.state.connection === 'connected';
      const message = ok ? 'The embedded broker listens' : 'The embedded broker does not listen now';
      const reason = ok ? null : 'stopped';
      const protocol_version = ok ? (4 as const) : null;
      return reply.send({ ok, message, reason, protocol_version, latency_ms: null, certificate: null });
    },
  });
}

/** `/api/brokers`: where messages come from and go to. */
export function brokerRoutes(app: Server, deps: BrokerDeps): void {
  readRoutes(app, deps);
  changeRoutes(app, deps);
  removeRoute(app, deps);
  testRoutes(app, deps);
}
