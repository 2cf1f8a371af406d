import { z } from 'zod';
import type { SavedMessages } from '../messages/saved-messages.ts';
import { savedMessageInputSchema, savedMessageSchema } from '../model/saved-message.ts';
import type { Server } from './deps.ts';
import { deleted } from './device-schemas.ts';
import { fault, faults } from './faults.ts';
import { judgedBehind, patchBody } from './judged-body.ts';
import { SEND_BYTES_MAX, sentAnswer, sentView } from './messages.ts';
import { machineParams } from './schemas.ts';

export type SavedMessageDeps = {
  savedMessages: Pick<SavedMessages, 'list' | 'one' | 'create' | 'update' | 'remove' | 'send'>;
};

const tags = ['messages'];
const NO_MESSAGE = fault('There is no saved message with this id');
const FAULTS = 'The message has faults; nothing was changed';

const savedMessage = savedMessageSchema.meta({ id: 'SavedMessage' });
const savedMessagesList = z.object({ saved_messages: z.array(savedMessage) });

function readRoutes(app: Server, { savedMessages }: SavedMessageDeps): void {
  app.get('/api/saved-messages', {
    config: { access: 'view' },
    schema: {
      summary: 'Messages that are kept to be sent again',
      description: 'Oldest first.',
      tags,
      response: { 200: savedMessagesList, ...faults(401, 429) },
    },
    handler: () => ({ saved_messages: savedMessages.list() }),
  });

  app.get('/api/saved-messages/:id', {
    config: { access: 'view' },
    schema: {
      summary: 'One saved message',
      description: 'As it would be sent.',
      tags,
      params: machineParams,
      response: { 200: savedMessage, ...faults(401, 404, 429) },
    },
    handler: async (request, reply) => {
      const found = savedMessages.one(request.params.id);
      return found ? reply.send(found) : reply.code(404).send(NO_MESSAGE);
    },
  });
}

function changeRoutes(app: Server, { savedMessages }: SavedMessageDeps): void {
  app.post('/api/saved-messages', {
    config: { access: 'change' },
    bodyLimit: SEND_BYTES_MAX,
    schema: {
      summary: 'Keep a message',
      description: 'A name, and the fields of POST /api/messages.',
      tags,
      body: savedMessageInputSchema,
      response: { 201: savedMessage, ...faults(400, 401, 403, 409, 413, 415, 422, 429) },
    },
    validatorCompiler: judgedBehind,
    handler: async (request, reply) => {
      const result = savedMessages.create(request.body);
      if (result.status === 'saved') return reply.code(201).send(result.message);
      if (result.status === 'invalid') return reply.code(422).send(fault(FAULTS, result.errors));
      return reply.code(409).send('message' in result ? fault(result.message) : NO_MESSAGE);
    },
  });

  app.patch('/api/saved-messages/:id', {
    config: { access: 'change' },
    bodyLimit: SEND_BYTES_MAX,
    schema: {
      summary: 'Change a saved message',
      description: 'What is left out stays; null takes a field back to its default.',
      tags,
      params: machineParams,
      body: patchBody,
      response: { 200: savedMessage, ...faults(400, 401, 403, 404, 409, 413, 415, 422, 429) },
    },
    validatorCompiler: judgedBehind,
    handler: async (request, reply) => {
      const result = savedMessages.update(request.params.id, request.body);
      if (result.status === 'saved') return reply.send(result.message);
      if (result.status === 'invalid') return reply.code(422).send(fault(FAULTS, result.errors));
      return result.status === 'unknown'
        ? reply.code(404).send(NO_MESSAGE)
        : reply.code(409).send(fault(result.message));
    },
  });

  app.delete('/api/saved-messages/:id', {
    config: { access: 'change' },
    schema: {
      summary: 'Forget a saved message',
      description: 'What was sent of it stays in the history.',
      tags,
      params: machineParams,
      response: { 200: deleted, ...faults(401, 403, 404, 429) },
    },
    handler: async (request, reply) =>
      savedMessages.remove(request.params.id)
        ? reply.send({ status: 'success', message: 'The saved message is removed' })
        : reply.code(404).send(NO_MESSAGE),
  });
}

function sendRoute(app: Server, { savedMessages }: SavedMessageDeps): void {
  app.post('/api/saved-messages/:id/send', {
    config: { access: 'change' },
    schema: {
      summary: 'Send a saved message',
      description: 'Answers as POST /api/messages does.',
      tags,
      params: machineParams,
      response: { 200: sentAnswer, ...faults(401, 403, 404, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      const result = await savedMessages.send(request.params.id);
      if (!result) return reply.code(404).send(NO_MESSAGE);
      const { code, body } = sentView(result);
      return reply.code(code).send(body);
    },
  });
}

/** `/api/saved-messages`: messages to be sent again. */
export function savedMessageRoutes(app: Server, deps: SavedMessageDeps): void {
  readRoutes(app, deps);
  changeRoutes(app, deps);
  sendRoute(app, deps);
}
