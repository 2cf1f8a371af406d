import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Publisher, SendResult } from '../messages/publisher.ts';
import type {
  KeptTopic,
  MessagesPage,
  MessagesQuery,
  TopicsPage,
  TopicsQuery,
} from '../model/message-record.ts';
import { messageBodySchema } from '../model/saved-message.ts';
import { isoTime } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import { answered } from './history-answer.ts';
import { judgedBehind } from './judged-body.ts';
import {
  message,
  messagesFileQuery,
  messagesQuery,
  messageView,
  searchOf,
  topicsQuery,
} from './message-view.ts';
import { CSV, FILE_ROWS_MAX, JSON_LINES, messagesFile } from './messages-files.ts';
import { LIMIT_DEFAULT } from './schemas.ts';

export type MessageDeps = {
  history: {
    messages(query: MessagesQuery): Promise<MessagesPage>;
    topics(query: TopicsQuery): Promise<TopicsPage>;
  };
  publisher: Pick<Publisher, 'send'>;
  log: Log;
};

const tags = ['messages'];
/** A payload of 256 KiB as JSON escapes it. */
export const SEND_BYTES_MAX = 2_097_152;

const messagesPage = z.object({
  messages: z.array(message),
  next_before: z.int().nullable().describe('null: this was the last page'),
});
const topicsPage = z.object({
  topics: z.array(z.object({ topic: z.string(), messages: z.int(), last: message })),
  next_after: z.string().nullable().describe('null: this was the last page'),
});
export const sentAnswer = z.object({
  status: z.literal('success'),
  message: z.string(),
  id: z.int().nullable().describe('In the history; null: it is not kept there'),
  at: z.iso.datetime({ precision: 3 }),
  broker_id: z.string(),
  topic: z.string(),
  note: z.string().nullable().describe('What else the broker told, such as that nobody listens'),
});

/** Why a message was not sent, and what that is in HTTP; or the answer to one that was. */
export function sentView(result: SendResult) {
  if (result.status === 'invalid') {
    return { code: 422 as const, body: fault('The message has faults; nothing was sent', result.errors) };
  }
  if (result.status === 'not_sent') {
    return { code: 503 as const, body: fault(`The message was not sent: ${result.reason}`) };
  }
  const { brokerId: broker_id, topic, id, at, note } = result;
  const head = { status: 'success' as const, message: 'The broker has the message' };
  return { code: 200 as const, body: { ...head, id, at: isoTime(at), broker_id, topic, note } };
}

function topicView({ topic, messages, last }: KeptTopic) {
  return { topic, messages, last: messageView(last, 'auto') };
}

function readRoutes(app: Server, { history }: MessageDeps): void {
  app.get('/api/messages', {
    config: { access: 'view' },
    schema: {
      summary: 'Messages that were received and sent, newest first',
      description:
        'Page on with next_before until it is null: a page of a narrow search may be short, even empty.',
      tags,
      querystring: messagesQuery,
      response: { 200: messagesPage, ...faults(401, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      const { limit = LIMIT_DEFAULT, ...query } = request.query;
      const answer = await answered(history.messages({ ...searchOf(query), limit }));
      if ('refusal' in answer) return reply.code(503).send(answer.refusal);
      const messages = answer.value.messages.map((one) => messageView(one, query.format));
      return reply.send({ messages, next_before: answer.value.nextBefore });
    },
  });

  app.get('/api/topics', {
    config: { access: 'view' },
    schema: {
      summary: 'The topics of the history, each with its newest message',
      description: 'In their order. Page on with next_after until it is null.',
      tags,
      querystring: topicsQuery,
      response: { 200: topicsPage, ...faults(401, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      const { limit = LIMIT_DEFAULT, broker_id: brokerId, ...query } = request.query;
      const answer = await answered(history.topics({ ...query, brokerId, limit }));
      if ('refusal' in answer) return reply.code(503).send(answer.refusal);
      return reply.send({ topics: answer.value.topics.map(topicView), next_after: answer.value.nextAfter });
    },
  });
}

const FILES = [
  { name: 'messages.jsonl', type: 'application/jsonl', form: JSON_LINES, what: 'JSON lines: a message each' },
  { name: 'messages.csv', type: 'text/csv', form: CSV, what: 'CSV: RFC 4180' },
] as const;

/** `pieces` from its beginning, of which `first` was taken already. */
async function* resumed(first: IteratorResult<string>, pieces: AsyncGenerator<string>) {
  if (first.done) return;
  yield first.value;
  yield* pieces;
}

function fileRoutes(app: Server, { history, log }: MessageDeps): void {
  for (const { name, type, form, what } of FILES) {
    app.get(`/api/${name}`, {
      config: { access: 'view' },
      schema: {
        summary: `Messages as ${what}`,
        description: `Newest first, at most ${FILE_ROWS_MAX}: go on with the last id as before. Text that a spreadsheet would run begins with an apostrophe in CSV.`,
        tags,
        querystring: messagesFileQuery,
        response: {
          200: { description: what, content: { [type]: { schema: z.string() } } },
          ...faults(401, 422, 429, 503),
        },
      },
      handler: async (request, reply) => {
        const head = { 'content-disposition': `attachment; filename="${name}"` };
        if (request.method === 'HEAD') return reply.type(`${type}; charset=utf-8`).headers(head).send('');
        const pieces = messagesFile({ history, log }, request.query, form);
        // The first page is waited for: as long as nothing is out, a fault can still be told.
        const first = await answered(pieces.next());
        if ('refusal' in first) return reply.code(503).send(first.refusal);
        void reply.type(`${type}; charset=utf-8`).headers(head);
        // Byte mode, so that what waits for a slow reader is counted in bytes, not in pieces.
        const file = Readable.from(resumed(first.value, pieces), { objectMode: false });
        return reply.send(file as unknown as string);
      },
    });
  }
}

function sendRoute(app: Server, { publisher }: MessageDeps): void {
  app.post('/api/messages', {
    config: { access: 'change' },
    bodyLimit: SEND_BYTES_MAX,
    schema: {
      summary: 'Send a message',
      description:
        '200 only when the broker confirmed it (QoS 0: it is on the wire); 503 with the reason when not.',
      tags,
      body: messageBodySchema,
      response: { 200: sentAnswer, ...faults(400, 401, 403, 413, 415, 422, 429, 503) },
    },
    validatorCompiler: judgedBehind,
    handler: async (request, reply) => {
      const { code, body } = sentView(await publisher.send(request.body));
      return reply.code(code).send(body);
    },
  });
}

/** `/api/messages`: what was received and sent, and sending; `/api/topics`: the topics there are. */
export function messageRoutes(app: Server, deps: MessageDeps): void {
  readRoutes(app, deps);
  fileRoutes(app, deps);
  sendRoute(app, deps);
}
