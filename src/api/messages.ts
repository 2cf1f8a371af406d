import { isUtf8 } from 'node:buffer';
import { topicMatches } from '../model/topic.ts';
import { isoTime } from '../platform/clock.ts';
import type { KeptMessage } from '../store/message-history.ts';
import type { ApiDeps, Server } from './deps.ts';
import { messagesPage, messagesQuery } from './device-schemas.ts';
import { faults } from './faults.ts';
import { LIMIT_DEFAULT } from './schemas.ts';

/** A filter with wildcards looks at this many messages for one page. */
const LOOKED_AT_MAX = 20_000;

function viewOf(message: KeptMessage, format: 'auto' | 'text' | 'hex') {
  const { id, link, direction, topic, qos, retain, bytes } = message;
  const payload = Buffer.from(message.payload);
  const asText = format === 'text' || (format === 'auto' && isUtf8(payload));
  return {
    id,
    at: isoTime(message.at),
    link,
    direction,
    topic,
    device_id: message.deviceId,
    qos,
    retain,
    bytes,
    payload: payload.toString(asText ? 'utf8' : 'hex'),
    payload_format: asText ? ('text' as const) : ('hex' as const),
  };
}

/** How a topic filter is searched for: a topic itself, or its literal beginning and a look at each. */
function searchOf(filter: string | undefined) {
  if (filter === undefined) return {};
  const wildcardAt = filter.search(/[+#]/);
  return wildcardAt < 0 ? { topic: filter } : { topicPrefix: filter.slice(0, wildcardAt).replace(/\/$/, '') };
}

/** `/api/messages`: what devices sent over the device API, and what they were sent. */
export function messageRoutes(app: Server, { messages }: ApiDeps): void {
  app.get('/api/messages', {
    config: { access: 'view' },
    schema: {
      summary: 'Messages of the device API, newest first',
      description: 'Page on with next_before. A page may be short when the topic filter has wildcards.',
      tags: ['messages'],
      querystring: messagesQuery,
      response: { 200: messagesPage, ...faults(401, 422, 429) },
    },
    handler: (request) => {
      const {
        topic,
        device: deviceId,
        direction,
        before: beforeId,
        limit = LIMIT_DEFAULT,
        format,
      } = request.query;
      const found: KeptMessage[] = [];
      let lookedAt = 0;
      let next: number | null = null;
      for (const message of messages.list({ ...searchOf(topic), deviceId, direction, beforeId })) {
        lookedAt += 1;
        if (topic === undefined || topicMatches(topic, message.topic)) found.push(message);
        if (found.length < limit && lookedAt < LOOKED_AT_MAX) continue;
        next = message.id;
        break;
      }
      return { messages: found.map((message) => viewOf(message, format)), next_before: next };
    },
  });
}
