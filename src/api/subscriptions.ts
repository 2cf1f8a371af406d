import { z } from 'zod';
import type { Subscriptions } from '../messages/subscriptions.ts';
import { subscriptionInputSchema, subscriptionSchema } from '../model/subscription.ts';
import type { Server } from './deps.ts';
import { deleted } from './device-schemas.ts';
import { fault, faults } from './faults.ts';
import { judgedBehind, patchBody } from './judged-body.ts';
import { machineParams } from './schemas.ts';

export type SubscriptionDeps = {
  subscriptions: Pick<Subscriptions, 'list' | 'one' | 'create' | 'update' | 'remove'>;
};

const tags = ['subscriptions'];
const NO_SUBSCRIPTION = fault('There is no subscription with this id');
const FAULTS = 'The subscription has faults; nothing was changed';

const subscription = subscriptionSchema.meta({ id: 'Subscription' });
const subscriptionsList = z.object({ subscriptions: z.array(subscription) });
const subscriptionsQuery = z.object({ broker_id: z.string().min(1).max(64).optional() });

function readRoutes(app: Server, { subscriptions }: SubscriptionDeps): void {
  app.get('/api/subscriptions', {
    config: { access: 'view' },
    schema: {
      summary: 'What is listened to besides the machines, and how the brokers take it',
      description: 'Oldest first.',
      tags,
      querystring: subscriptionsQuery,
      response: { 200: subscriptionsList, ...faults(401, 422, 429) },
    },
    handler: (request) => ({ subscriptions: subscriptions.list(request.query.broker_id) }),
  });

  app.get('/api/subscriptions/:id', {
    config: { access: 'view' },
    schema: {
      summary: 'One subscription',
      description: 'With the reason when the broker refused it.',
      tags,
      params: machineParams,
      response: { 200: subscription, ...faults(401, 404, 429) },
    },
    handler: async (request, reply) => {
      const found = subscriptions.one(request.params.id);
      return found ? reply.send(found) : reply.code(404).send(NO_SUBSCRIPTION);
    },
  });
}

function changeRoutes(app: Server, { subscriptions }: SubscriptionDeps): void {
  app.post('/api/subscriptions', {
    config: { access: 'change' },
    schema: {
      summary: 'Listen to a topic filter',
      description: 'Its messages are in the history. A message that several filters match comes once.',
      tags,
      body: subscriptionInputSchema,
      response: { 201: subscription, ...faults(400, 401, 403, 409, 415, 422, 429) },
    },
    validatorCompiler: judgedBehind,
    handler: async (request, reply) => {
      const result = subscriptions.create(request.body);
      if (result.status === 'saved') return reply.code(201).send(result.subscription);
      if (result.status === 'invalid') return reply.code(422).send(fault(FAULTS, result.errors));
      return reply.code(409).send('message' in result ? fault(result.message) : NO_SUBSCRIPTION);
    },
  });

  app.patch('/api/subscriptions/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Change a subscription',
      description: 'What is left out stays; null takes a field back to its default.',
      tags,
      params: machineParams,
      body: patchBody,
      response: { 200: subscription, ...faults(400, 401, 403, 404, 409, 415, 422, 429) },
    },
    validatorCompiler: judgedBehind,
    handler: async (request, reply) => {
      const result = subscriptions.update(request.params.id, request.body);
      if (result.status === 'saved') return reply.send(result.subscription);
      if (result.status === 'invalid') return reply.code(422).send(fault(FAULTS, result.errors));
      return 'message' in result
        ? reply.code(409).send(fault(result.message))
        : reply.code(404).send(NO_SUBSCRIPTION);
    },
  });

  app.delete('/api/subscriptions/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Listen no more',
      description: 'Machines on its topics are heard as before; its messages stay in the history.',
      tags,
      params: machineParams,
      response: { 200: deleted, ...faults(401, 403, 404, 429) },
    },
    handler: async (request, reply) =>
      subscriptions.remove(request.params.id)
        ? reply.send({ status: 'success', message: 'The subscription is removed' })
        : reply.code(404).send(NO_SUBSCRIPTION),
  });
}

/** `/api/subscriptions`: what people want to hear. */
export function subscriptionRoutes(app: Server, deps: SubscriptionDeps): void {
  readRoutes(app, deps);
  changeRoutes(app, deps);
}
