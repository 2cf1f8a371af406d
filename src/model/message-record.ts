import { z } from 'zod';
import type { MessageProperties } from './message.ts';

export const DIRECTIONS = ['in', 'out'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** A message of the history. `payload` is what is kept of it; `bytes` is how long it was. */
export type KeptMessage = {
  id: number;
  /** ms since the epoch */
  at: number;
  /** `embedded`, `main` or the id of a broker made in the API. */
  brokerId: string;
  direction: Direction;
  topic: string;
  deviceId: string | null;
  qos: number;
  retain: boolean;
  bytes: number;
  payload: Uint8Array;
  properties: MessageProperties | null;
};

/** What is looked for in the history; what is left out does not narrow it. */
export type MessagesQuery = {
  /** A topic filter. */
  topic?: string | undefined;
  brokerId?: string | undefined;
  direction?: Direction | undefined;
  deviceId?: string | undefined;
  /** Part of the topic or of the payload as UTF-8, in any case. */
  text?: string | undefined;
  /** ms since the epoch; from is included, to is not. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
  /** `nextBefore` of the page before. */
  before?: number | undefined;
  limit: number;
};

/** Newest first. A page may be short, even empty, and not the last one: the work for one page is bounded. */
export type MessagesPage = { messages: KeptMessage[]; nextBefore: number | null };

export type TopicsQuery = {
  /** A topic filter. */
  filter?: string | undefined;
  brokerId?: string | undefined;
  /** `nextAfter` of the page before. */
  after?: string | undefined;
  limit: number;
};

/** A topic of the history, with its newest message. */
export type KeptTopic = { topic: string; messages: number; last: KeptMessage };

/** In the order of their UTF-8 bytes. Like a page of messages, it may be short and not the last one. */
export type TopicsPage = { topics: KeptTopic[]; nextAfter: string | null };

/** MQTT 5 properties as the API shows them. */
const propertiesSchema = z
  .object({
    user_properties: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
    content_type: z.string(),
    response_topic: z.string(),
    correlation_data_hex: z.string(),
    expiry_s: z.int(),
    subscription_identifiers: z.array(z.int()),
  })
  .partial();

/** `properties` as the API shows them. */
export function propertiesRecord(
  properties: MessageProperties | null,
): z.infer<typeof propertiesSchema> | null {
  if (!properties) return null;
  const { userProperties, contentType, responseTopic, correlationDataHex, expiryS, subscriptionIdentifiers } =
    properties;
  return {
    ...(userProperties && { user_properties: userProperties }),
    ...(contentType !== undefined && { content_type: contentType }),
    ...(responseTopic !== undefined && { response_topic: responseTopic }),
    ...(correlationDataHex !== undefined && { correlation_data_hex: correlationDataHex }),
    ...(expiryS !== undefined && { expiry_s: expiryS }),
    ...(subscriptionIdentifiers && { subscription_identifiers: subscriptionIdentifiers }),
  };
}

/** A message of the history as the API shows it. */
export const messageRecordSchema = z.object({
  id: z.int(),
  at: z.iso.datetime({ precision: 3 }),
  broker_id: z.string().describe('embedded, main or the id of a broker made in the API'),
  direction: z.enum(DIRECTIONS),
  topic: z.string(),
  device_id: z.string().nullable(),
  qos: z.int(),
  retain: z.boolean(),
  bytes: z.int().describe('How long the payload was; what is kept of it may be less'),
  payload: z.string(),
  payload_format: z.enum(['text', 'hex']),
  properties: propertiesSchema.nullable().describe('MQTT 5 properties; null: none'),
});
