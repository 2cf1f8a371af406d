import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import {
  DIRECTIONS,
  type KeptMessage,
  messageRecordSchema,
  propertiesRecord,
} from '../model/message-record.ts';
import { topicFilterProblem } from '../model/topic.ts';
import { isoTime } from '../platform/clock.ts';
import { instant, limit, ordered, periodFault, whole } from './schemas.ts';

const PAYLOAD_FORMATS = ['auto', 'text', 'hex'] as const;
export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number];

export const message = messageRecordSchema
  .extend({ truncated: z.boolean().describe('payload is the beginning of a longer one') })
  .meta({ id: 'Message' });
export type MessageView = z.infer<typeof message>;

const topicFilter = z
  .string()
  .refine((filter) => topicFilterProblem(filter) === null, 'must be a topic filter')
  .optional()
  .describe('A topic filter; + and # as in MQTT');

const search = {
  topic: topicFilter,
  broker_id: z.string().min(1).max(64).optional(),
  direction: z.enum(DIRECTIONS).optional().describe('in: received; out: sent by the bridge'),
  device: z.string().min(1).max(128).optional().describe('The id of a device'),
  text: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('Part of the topic or the payload; case does not matter'),
  from: instant.optional(),
  to: instant.optional().describe('Not included'),
  before: whole(1, Number.MAX_SAFE_INTEGER).optional().describe('next_before of the page before'),
  format: z.enum(PAYLOAD_FORMATS).default('auto').describe('auto: text where it is UTF-8, else hex'),
};
export const messagesQuery = z.object({ ...search, limit }).refine(ordered, periodFault);
export const messagesFileQuery = z.object(search).refine(ordered, periodFault);
export type MessagesFileQuery = z.infer<typeof messagesFileQuery>;

export const topicsQuery = z.object({
  filter: topicFilter,
  broker_id: z.string().min(1).max(64).optional(),
  after: z.string().min(1).max(1024).optional().describe('next_after of the page before'),
  limit,
});

/** What the history is asked for. */
export function searchOf({ broker_id, device, from, to, format: _format, ...query }: MessagesFileQuery) {
  return { ...query, brokerId: broker_id, deviceId: device, fromMs: from, toMs: to };
}

/** A message of the history as the API shows it. */
export function messageView(kept: KeptMessage, format: PayloadFormat): MessageView {
  const payload = Buffer.from(kept.payload.buffer, kept.payload.byteOffset, kept.payload.byteLength);
  const truncated = payload.length < kept.bytes;
  const asText = format === 'text' || (format === 'auto' && isText(payload, truncated));
  return {
    id: kept.id,
    at: isoTime(kept.at),
    broker_id: kept.brokerId,
    direction: kept.direction,
    topic: kept.topic,
    device_id: kept.deviceId,
    qos: kept.qos,
    retain: kept.retain,
    bytes: kept.bytes,
    payload: payload.toString(asText ? 'utf8' : 'hex'),
    payload_format: asText ? 'text' : 'hex',
    truncated,
    properties: propertiesRecord(kept.properties),
  };
}

/** A cut may go through a character of up to four bytes. */
function isText(payload: Buffer, truncated: boolean): boolean {
  if (isUtf8(payload)) return true;
  return truncated && [1, 2, 3].some((cut) => isUtf8(payload.subarray(0, -cut)));
}
