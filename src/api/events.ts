import { isoTime } from '../platform/clock.ts';
import type { OutboxEntry } from '../store/outbox-entries.ts';
import type { ApiDeps, Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import {
  type EventRecord,
  event,
  eventParams,
  eventsPage,
  eventsQuery,
  LIMIT_DEFAULT,
  retryAnswer,
} from './schemas.ts';

const tags = ['events'];

const timeOrNull = (ms: number | null) => (ms === null ? null : isoTime(ms));

function eventOf(entry: OutboxEntry): EventRecord {
  return {
    seq: entry.seq,
    event_uid: entry.uid,
    device_id: entry.deviceId,
    event_type: entry.eventType,
    ts: isoTime(entry.ts),
    state: entry.state,
    attempts: entry.attempts,
    refusals: entry.refusals,
    next_attempt_at: timeOrNull(entry.nextAttemptAt),
    last_error: entry.lastError,
    created_at: isoTime(entry.createdAt),
    settled_at: timeOrNull(entry.settledAt),
    body: JSON.parse(entry.body),
  };
}

function readRoutes(app: Server, { outbox }: ApiDeps): void {
  app.get('/api/events', {
    config: { access: 'view' },
    schema: {
      summary: 'Events for Odoo, newest first',
      description: 'Waiting (pending), set aside (parked) and delivered ones. Page on with next_before.',
      tags,
      querystring: eventsQuery,
      response: { 200: eventsPage, ...faults(401, 422, 429) },
    },
    handler: (request) => {
      const { state, device_id: deviceId, before: beforeSeq, limit = LIMIT_DEFAULT } = request.query;
      const found = outbox.list({
        limit,
        ...(state !== undefined && { state }),
        ...(deviceId !== undefined && { deviceId }),
        ...(beforeSeq !== undefined && { beforeSeq }),
      });
      const last = found.at(-1);
      return { events: found.map(eventOf), next_before: last && found.length === limit ? last.seq : null };
    },
  });

  app.get('/api/events/:uid', {
    config: { access: 'view' },
    schema: {
      summary: 'One event',
      description: 'By event_uid. Delivered events are kept for a while only.',
      tags,
      params: eventParams,
      response: { 200: event, ...faults(401, 404, 429) },
    },
    handler: async (request, reply) => {
      const entry = outbox.one(request.params.uid);
      return entry ? reply.send(eventOf(entry)) : reply.code(404).send(fault('There is no such event'));
    },
  });
}

function retryRoutes(app: Server, { outbox, wake, clock }: ApiDeps): void {
  app.post('/api/events/retry', {
    config: { access: 'change' },
    schema: {
      summary: 'Send all parked events again',
      description: 'Each goes alone: it keeps no order with others.',
      tags,
      response: { 200: retryAnswer, ...faults(401, 403, 429) },
    },
    handler: async () => {
      let events = 0;
      for (const lanes of outbox.retryAllParked()) {
        events += lanes.length;
        wake(lanes);
        await new Promise<void>((resolve) => clock.soon(resolve));
      }
      return { status: 'success' as const, message: `Events that wait again: ${events}`, events };
    },
  });

  app.post('/api/events/:uid/retry', {
    config: { access: 'change' },
    schema: {
      summary: 'Send one parked event again',
      description: '409 when it is not parked. It goes alone: it keeps no order with others.',
      tags,
      params: eventParams,
      response: { 200: retryAnswer, ...faults(401, 403, 404, 409, 429) },
    },
    handler: async (request, reply) => {
      const { uid } = request.params;
      const lane = outbox.retry(uid);
      if (lane !== null) {
        wake([lane]);
        return reply.send({ status: 'success', message: 'The event waits again', events: 1 });
      }
      const entry = outbox.one(uid);
      return entry
        ? reply.code(409).send(fault(`The event is ${entry.state}; only parked ones are sent again`))
        : reply.code(404).send(fault('There is no such event'));
    },
  });
}

/** `/api/events`: what Odoo was told, is about to be told, and refused. */
export function eventRoutes(app: Server, deps: ApiDeps): void {
  readRoutes(app, deps);
  retryRoutes(app, deps);
}
