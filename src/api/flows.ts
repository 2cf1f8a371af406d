import { z } from 'zod';
import type { Flows, FlowView, SaveResult } from '../flows/flows.ts';
import {
  type FlowInput,
  flowInputSchema,
  flowPatchSchema,
  flowSampleSchema,
  flowSchema,
  flowTrialSchema,
} from '../model/flow.ts';
import { isoTime } from '../platform/clock.ts';
import type { Server } from './deps.ts';
import { fault, faults } from './faults.ts';

const tags = ['flows'];
const NO_FLOW = fault('There is no flow with this id');
const BUSY = fault('Too many flows are being tried; try again');

const flow = flowSchema.meta({ id: 'Flow' });
const flowsList = z.object({ flows: z.array(flow) });
const flowParams = z.object({ id: z.string() });
const flowTrial = flowTrialSchema.meta({ id: 'FlowTrial' });
const sampleBody = z.object({ sample: flowSampleSchema }).strict();
const trialBody = z.object({ flow: flowInputSchema, sample: flowSampleSchema }).strict();
const removed = z.object({ status: z.literal('success'), message: z.string() });

export type FlowDeps = { flows: Pick<Flows, 'list' | 'one' | 'create' | 'update' | 'remove' | 'test'> };

function inputOf({ flowId: _flowId, createdAt: _createdAt, report: _report, ...input }: FlowView): FlowInput {
  return input;
}

function viewOf(found: FlowView) {
  const { flowId, createdAt, report } = found;
  return { ...inputOf(found), flow_id: flowId, created_at: isoTime(createdAt), report };
}

function refusalOf(result: Exclude<SaveResult, { status: 'saved' }>) {
  if (result.status === 'invalid')
    return { code: 422 as const, body: fault('The flow has faults', result.problems) };
  const message =
    result.status === 'full' ? 'There are as many flows as there may be' : 'Another flow has this name';
  return { code: 409 as const, body: fault(message) };
}

function readRoutes(app: Server, { flows }: FlowDeps): void {
  app.get('/api/flows', {
    config: { access: 'view' },
    schema: {
      summary: 'Flows: small rules on messages, events and attributes',
      description: 'With how each fares. Header values of webhooks are never shown.',
      tags,
      response: { 200: flowsList, ...faults(401, 429) },
    },
    handler: () => ({ flows: flows.list().map(viewOf) }),
  });

  app.get('/api/flows/:id', {
    config: { access: 'view' },
    schema: {
      summary: 'One flow',
      description: 'Header values of webhooks are never shown.',
      tags,
      params: flowParams,
      response: { 200: flow, ...faults(401, 404, 429) },
    },
    handler: async (request, reply) => {
      const found = flows.one(request.params.id);
      return found ? reply.send(viewOf(found)) : reply.code(404).send(NO_FLOW);
    },
  });
}

function changeRoutes(app: Server, { flows }: FlowDeps): void {
  app.post('/api/flows', {
    config: { access: 'change' },
    schema: {
      summary: 'Make a flow',
      description: 'It runs at once unless enabled is false. Header values of webhooks are not given back.',
      tags,
      body: flowInputSchema,
      response: { 201: flow, ...faults(400, 401, 403, 409, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      const result = flows.create(request.body);
      if (result.status === 'saved') return reply.code(201).send(viewOf(result.flow));
      const { code, body } = refusalOf(result);
      return reply.code(code).send(body);
    },
  });

  app.put('/api/flows/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Replace what a flow says',
      description: 'A header value *** stays as it is. A suspended flow starts afresh.',
      tags,
      params: flowParams,
      body: flowInputSchema,
      response: { 200: flow, ...faults(400, 401, 403, 404, 409, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      const result = flows.update(request.params.id, request.body);
      if (!result) return reply.code(404).send(NO_FLOW);
      if (result.status === 'saved') return reply.send(viewOf(result.flow));
      const { code, body } = refusalOf(result);
      return reply.code(code).send(body);
    },
  });

  app.delete('/api/flows/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Remove a flow',
      description: 'What waits for it is dropped.',
      tags,
      params: flowParams,
      response: { 200: removed, ...faults(401, 403, 404, 429) },
    },
    handler: async (request, reply) =>
      flows.remove(request.params.id)
        ? reply.send({ status: 'success', message: 'The flow is removed' })
        : reply.code(404).send(NO_FLOW),
  });
}

function patchRoute(app: Server, { flows }: FlowDeps): void {
  app.patch('/api/flows/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Change fields of a flow',
      description: 'The others stay; null takes the condition away. A suspended flow starts afresh.',
      tags,
      params: flowParams,
      body: flowPatchSchema,
      response: { 200: flow, ...faults(400, 401, 403, 404, 409, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      const found = flows.one(request.params.id);
      if (!found) return reply.code(404).send(NO_FLOW);
      const { if: condition, ...patch } = request.body;
      const { if: before, ...input } = { ...inputOf(found), ...patch } as FlowInput;
      const after = condition === undefined ? before : condition;
      const merged = after === null || after === undefined ? input : { ...input, if: after };
      const result = flows.update(found.flowId, merged);
      if (!result) return reply.code(404).send(NO_FLOW);
      if (result.status === 'saved') return reply.send(viewOf(result.flow));
      const { code, body } = refusalOf(result);
      return reply.code(code).send(body);
    },
  });
}

function testRoutes(app: Server, { flows }: FlowDeps): void {
  app.post('/api/flows/test', {
    config: { access: 'change' },
    schema: {
      summary: 'Try a flow that need not be saved',
      description: 'What it would do with the sample; nothing is carried out.',
      tags,
      body: trialBody,
      response: { 200: flowTrial, ...faults(400, 401, 403, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      const result = await flows.test(request.body.flow, request.body.sample);
      if (!result) return reply.code(429).send(BUSY);
      if (!('problems' in result)) return reply.send(result);
      const problems = result.problems.map(({ path, message }) => ({ path: `flow.${path}`, message }));
      return reply.code(422).send(fault('The flow has faults', problems));
    },
  });

  app.post('/api/flows/:id/test', {
    config: { access: 'change' },
    schema: {
      summary: 'Try a flow',
      description: 'What it would do with the sample; nothing is carried out.',
      tags,
      params: flowParams,
      body: sampleBody,
      response: { 200: flowTrial, ...faults(400, 401, 403, 404, 415, 422, 429) },
    },
    handler: async (request, reply) => {
      const found = flows.one(request.params.id);
      if (!found) return reply.code(404).send(NO_FLOW);
      const result = await flows.test(inputOf(found), request.body.sample);
      if (!result) return reply.code(429).send(BUSY);
      if (!('problems' in result)) return reply.send(result);
      return reply.code(422).send(fault('The flow has faults', result.problems));
    },
  });
}

/** `/api/flows`: small rules on messages, events and attributes. */
export function flowRoutes(app: Server, deps: FlowDeps): void {
  readRoutes(app, deps);
  changeRoutes(app, deps);
  patchRoute(app, deps);
  testRoutes(app, deps);
}
