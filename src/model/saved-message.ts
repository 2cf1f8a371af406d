import { z } from 'zod';
import { mqttText } from './broker.ts';
import { topicNameProblem } from './topic.ts';

/** Longest payload that people send, bytes. */
export const SENT_PAYLOAD_BYTES_MAX = 262_144;
const USER_PROPERTIES_MAX = 100;
/** MQTT counts seconds in 32 bits. */
const EXPIRY_S_MAX = 4_294_967_295;

/** A topic that people may send to. */
export const sendTopicSchema = z.string().superRefine((topic, ctx) => {
  const problem = topic.startsWith('$')
    ? 'must not begin with $: such topics belong to the broker'
    : topicNameProblem(topic);
  if (problem) ctx.addIssue({ code: 'custom', message: problem });
});

const userProperty = z.string().max(4096);

/** A message as people write it: where to, what, and how. */
export const messageBodySchema = z
  .object({
    broker_id: z
      .string()
      .min(1)
      .max(64)
      .nullable()
      .default(null)
      .describe("null: the subscription's, else the main one, else the embedded"),
    subscription_id: z
      .string()
      .min(1)
      .max(64)
      .nullable()
      .default(null)
      .describe('Send to the topic of this one'),
    topic: sendTopicSchema
      .nullable()
      .default(null)
      .describe('Needed without subscription_id, and when its filter has wildcards'),
    payload: z
      .union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())])
      .default('')
      .describe('Text; an object or a list is written as JSON'),
    payload_format: z
      .enum(['text', 'json', 'hex', 'base64'])
      .default('text')
      .describe('json: checked before it is sent; hex, base64: the bytes are sent'),
    qos: z.literal([0, 1, 2]).default(0),
    retain: z.boolean().default(false),
    user_properties: z
      .record(z.string().max(1024), z.union([userProperty, z.array(userProperty).max(USER_PROPERTIES_MAX)]))
      .refine((all) => Object.keys(all).length <= USER_PROPERTIES_MAX, `at most ${USER_PROPERTIES_MAX}`)
      .nullable()
      .default(null)
      .describe('MQTT 5'),
    content_type: mqttText(1024).nullable().default(null).describe('MQTT 5'),
    response_topic: sendTopicSchema.nullable().default(null).describe('MQTT 5'),
    correlation_data_hex: z
      .string()
      .regex(/^([0-9a-f]{2}){1,1024}$/i, 'must be 1 to 1024 bytes as hex')
      .nullable()
      .default(null)
      .describe('MQTT 5'),
    expiry_s: z
      .int()
      .min(1)
      .max(EXPIRY_S_MAX)
      .nullable()
      .default(null)
      .describe('How long brokers keep it for clients that are away (MQTT 5)'),
  })
  .strict();
export type MessageBody = z.infer<typeof messageBodySchema>;

/** A message that is kept to be sent again. */
export const savedMessageInputSchema = messageBodySchema.extend({ name: z.string().trim().min(1).max(128) });
export type SavedMessageInput = z.infer<typeof savedMessageInputSchema>;

export type StoredMessage = SavedMessageInput & {
  savedMessageId: string;
  /** ms since the epoch */
  createdAt: number;
};

/** A saved message as the API shows it. */
export const savedMessageSchema = savedMessageInputSchema.extend({
  saved_message_id: z.string(),
  created_at: z.iso.datetime({ precision: 3 }),
});
export type SavedMessage = z.infer<typeof savedMessageSchema>;
