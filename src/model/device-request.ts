import { z } from 'zod';
import { messageBodySchema, sendTopicSchema } from './saved-message.ts';
import { topicFilterProblem } from './topic.ts';

const timeout_s = z.number().min(1).max(60).default(10).describe('How long the answer is waited for');
const params = z.record(z.string(), z.unknown()).default({});

const answerTopic = z.string().superRefine((filter, ctx) => {
  const problem = filter.startsWith('$') ? 'must not begin with $' : topicFilterProblem(filter);
  if (problem) ctx.addIssue({ code: 'custom', message: problem });
});

/** The forms of a request, by the field that tells them apart. */
export const REQUEST_FORMS = {
  method: z
    .object({ method: z.literal('status').describe('Asks for power, as its family is asked'), timeout_s })
    .strict(),
  rpc: z
    .object({
      rpc: z.object({ method: z.string().min(1).max(128), params: z.unknown().optional() }).strict(),
      timeout_s,
    })
    .strict()
    .describe('A device of the device API: messages/{id}/rpc/request/{n}, answered on …/rpc/response/{n}'),
  shelly: z
    .object({
      shelly: z
        .object({ method: z.string().regex(/^[A-Za-z][\w.]{0,127}$/, 'must be such as Switch.Set'), params })
        .strict(),
      timeout_s,
    })
    .strict()
    .describe('A Shelly of generation 2 or later: RPC over MQTT'),
  tasmota: z
    .object({
      tasmota: z
        .object({
          command: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'must be such as Power or Status'),
          payload: z.string().max(4096).default(''),
        })
        .strict(),
      timeout_s,
    })
    .strict()
    .describe('A Tasmota: its cmnd topic'),
  topic: z
    .object({
      topic: sendTopicSchema,
      payload: messageBodySchema.shape.payload,
      payload_format: messageBodySchema.shape.payload_format,
      qos: messageBodySchema.shape.qos,
      answer_topic: answerTopic.describe('A topic filter'),
      match: z
        .object({
          path: z.string().min(1).max(256),
          value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
        })
        .strict()
        .optional()
        .describe('Only a JSON answer with this value is one; the path is such as $.id or result.0'),
      timeout_s,
    })
    .strict()
    .describe('Any topic'),
} as const;

export const deviceRequestSchema = z.union([
  REQUEST_FORMS.method,
  REQUEST_FORMS.rpc,
  REQUEST_FORMS.shelly,
  REQUEST_FORMS.tasmota,
  REQUEST_FORMS.topic,
]);
