import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LIVE_KINDS, type LiveKind } from '../model/live.ts';
import { topicFilterProblem } from '../model/topic.ts';
import type { Access } from './access.ts';
import type { Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import type { Sink, Wants } from './stream-client.ts';
import { type StreamDeps, StreamHub } from './stream-hub.ts';

const DEVICES_MAX = 500;
const FULL_RETRY_S = 5;
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // A proxy that compresses or gathers would hold back what is to be live.
  'cache-control': 'no-cache, no-store, no-transform',
  'x-accel-buffering': 'no',
};

const isKind = (word: string): word is LiveKind => (LIVE_KINDS as readonly string[]).includes(word);
const deviceId = z.string().min(1).max(128);

const streamQuery = z.object({
  kinds: z
    .string()
    .transform((text) => text.split(','))
    .refine((words) => words.every(isKind), `must be some of ${LIVE_KINDS.join(',')}`)
    .optional()
    .describe(`Some of ${LIVE_KINDS.join(',')}; all when left out`),
  device_id: z
    .union([deviceId.transform((id) => [id]), z.array(deviceId).max(DEVICES_MAX)])
    .optional()
    .describe(`About this device only; may be repeated, at most ${DEVICES_MAX} times`),
  topic: z
    .string()
    .refine((filter) => topicFilterProblem(filter) === null, 'must be a topic filter')
    .optional()
    .describe('Messages whose topic matches this filter only'),
});

function wantsOf({ kinds, device_id, topic }: z.output<typeof streamQuery>): Wants {
  return {
    kinds: new Set<LiveKind>(kinds?.filter(isKind) ?? LIVE_KINDS),
    devices: device_id ? new Set(device_id) : null,
    topic: topic ?? null,
  };
}

/** The response as a place to write to; it may break off at any time. */
function sinkOf({ raw }: FastifyReply): Sink {
  return {
    write: (text) => raw.write(text),
    end: () => void raw.end(),
    destroy: () => void raw.destroy(),
  };
}

/** Takes the response out of Fastify's hands and keeps it open. */
function open(hub: StreamHub, request: FastifyRequest, reply: FastifyReply, wants: Wants, access: Access) {
  const { raw } = reply;
  reply.hijack();
  raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...HEADERS });
  // Whoever hangs up while something is written causes an error; close says all that matters.
  raw.on('error', () => {});
  const client = hub.add(sinkOf(reply), wants, () => access.check(request) === null);
  raw.on('drain', () => client.drained());
  raw.on('close', () => client.remove());
}

/** `/api/stream`: what happens, as it happens (server-sent events). */
export function streamRoutes(app: Server, deps: StreamDeps, access: Access): void {
  const hub = new StreamHub(deps);
  app.addHook('preClose', async () => hub.stop());

  app.get('/api/stream', {
    config: { access: 'view' },
    schema: {
      summary: 'What happens, as it happens',
      description:
        'Server-sent events: hello first, then reading (a list, four times a second), state, session, event, message, health, and lost when the client was too slow. After hello, fetch what is shown anew: nothing is repeated.',
      tags: ['stream'],
      querystring: streamQuery,
      response: {
        200: { description: 'Server-sent events', content: { 'text/event-stream': { schema: z.string() } } },
        ...faults(401, 422, 429, 503),
      },
    },
    handler: async (request, reply) => {
      if (request.method === 'HEAD') return reply.headers(HEADERS).send('');
      if (hub.isFull) {
        void reply.header('retry-after', String(FULL_RETRY_S));
        return reply.code(503).send(fault('Too many listen already; close some pages of the console'));
      }
      open(hub, request, reply, wantsOf(request.query), access);
      return reply;
    },
  });
}
