import { Readable } from 'node:stream';
import { z } from 'zod';
import type { SessionRecord } from '../model/machine.ts';
import type { SessionCursor, SessionFilter } from '../store/sessions.ts';
import type { ApiDeps, Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import {
  LIMIT_DEFAULT,
  type SessionsFilter,
  sessionsCsvQuery,
  sessionsPage,
  sessionsQuery,
} from './schemas.ts';
import { csvPages } from './sessions-csv.ts';

const tags = ['sessions'];

/** Where the next page begins, as text that is opaque to the caller. */
function cursorText({ started_at, session_id }: SessionRecord): string {
  return Buffer.from(`${Date.parse(started_at)} ${session_id}`).toString('base64url');
}

function readCursor(text: string): SessionCursor | null {
  const [, at, sessionId] = /^(-?\d{1,16}) (\S+)$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  return at === undefined || sessionId === undefined ? null : { startedAtMs: Number(at), sessionId };
}

/** What a query asks for, in the store's words. */
export function filterOf({
  device_id: deviceId,
  from: fromMs,
  to: toMs,
  open,
  reason,
}: SessionsFilter): SessionFilter {
  return { deviceId, fromMs, toMs, open, reason };
}

/** `/api/sessions` and `/api/sessions.csv`: what the machines did, newest first. */
export function sessionRoutes(app: Server, deps: ApiDeps): void {
  app.get('/api/sessions', {
    config: { access: 'view' },
    schema: {
      summary: 'Sessions, newest first',
      description: 'Page on by sending next_cursor back as cursor.',
      tags,
      querystring: sessionsQuery,
      response: { 200: sessionsPage, ...faults(401, 422, 429) },
    },
    handler: async (request, reply) => {
      const { limit = LIMIT_DEFAULT, cursor } = request.query;
      const after = cursor === undefined ? undefined : readCursor(cursor);
      if (after === null) {
        const errors = [{ path: 'cursor', message: 'must be the next_cursor of a page before' }];
        return reply.code(422).send(fault('The request has faults', errors));
      }
      const found = deps.sessions.list(filterOf(request.query), limit + 1, after);
      const sessions = found.slice(0, limit);
      const last = sessions.at(-1);
      return reply.send({ sessions, next_cursor: last && found.length > limit ? cursorText(last) : null });
    },
  });

  app.get('/api/sessions.csv', {
    config: { access: 'view' },
    schema: {
      summary: 'Sessions as CSV',
      description:
        'RFC 4180, newest first, times with their offset in time_zone. Text that a spreadsheet would run begins with an apostrophe.',
      tags,
      querystring: sessionsCsvQuery,
      response: {
        200: { description: 'CSV', content: { 'text/csv': { schema: z.string() } } },
        ...faults(401, 422, 429),
      },
    },
    handler: async (request, reply) => {
      void reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="sessions.csv"');
      if (request.method === 'HEAD') return reply.send('');
      const pages = csvPages(deps, filterOf(request.query), request.query.time_zone);
      // The route's schema speaks of text; a stream of it is what Fastify sends piece by piece.
      return reply.send(Readable.from(pages) as unknown as string);
    },
  });
}
