import { z } from 'zod';
import { bridgeEventSchema } from './event.ts';
import { topicFilterProblem, topicNameProblem } from './topic.ts';

const time = z.iso.datetime({ precision: 3 });
const EXPRESSION_CHARACTERS_MAX = 8192;
const ACTIONS_MAX = 8;
const HEADERS_MAX = 16;
/** What the API shows in the place of a webhook's header value, and takes for "leave it as it is". */
export const MASK = '***';
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Headers that HTTP itself needs. */
const OWN_HEADERS =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer)$/i;

const checked = (problemOf: (text: string) => string | null) =>
  z.string().superRefine((text, ctx) => {
    const message = problemOf(text);
    if (message) ctx.addIssue({ code: 'custom', message });
  });

function urlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return 'must be a URL that begins with http:// or https://';
  return url.username || url.password ? 'must not hold a login; use the header Authorization' : null;
}

const expression = z.string().min(1).max(EXPRESSION_CHARACTERS_MAX);
const jsonata = (what: string) => expression.describe(`JSONata: ${what}`);
const topic = checked(topicNameProblem);
const deviceId = z.string().min(1).max(128);
const deviceOfAction = deviceId.optional().describe('The device of the trigger when left out');
const brokerId = z.string().min(1).max(128);

const publish = z
  .object({
    topic: topic.optional(),
    topic_expression: jsonata('gives the topic').optional(),
    broker_id: brokerId.optional().describe('The main broker when left out'),
    qos: z.literal([0, 1, 2]).default(0),
    retain: z.boolean().default(false),
    body: jsonata('gives the payload; text goes as it is, everything else as JSON'),
  })
  .strict()
  .refine((p) => (p.topic === undefined) !== (p.topic_expression === undefined), {
    path: ['topic'],
    message: 'give either topic or topic_expression',
  });

const webhook = z
  .object({
    url: checked(urlProblem).max(2048),
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
    headers: z
      .record(
        z.string(),
        z
          .string()
          .max(2048)
          .regex(/^[\t\x20-\x7e]*$/, 'must be plain ASCII text of one line'),
      )
      .superRefine((headers, ctx) => {
        const names = Object.keys(headers);
        const refuse = (path: string[], message: string) => ctx.addIssue({ code: 'custom', path, message });
        if (names.length > HEADERS_MAX) refuse([], `at most ${HEADERS_MAX} headers`);
        for (const name of names) {
          if (name.length > 128 || !HEADER_NAME.test(name)) refuse([name], 'is not a header name');
          else if (OWN_HEADERS.test(name)) refuse([name], 'is set by HTTP itself');
        }
      })
      .default({})
      .describe(`Values are never shown again; ${MASK} keeps one`),
    body: jsonata('gives the body; text goes as it is, everything else as JSON'),
  })
  .strict();

const odooEvent = z
  .object({
    device_id: deviceOfAction,
    name: z.string().min(1).max(128).describe('By which Odoo tells the events of flows apart'),
    data: jsonata('gives an object'),
  })
  .strict();

const setAttribute = z
  .object({ device_id: deviceOfAction, key: z.string().min(1).max(128), value: jsonata('gives the value') })
  .strict();

const actionSchema = z
  .object({
    publish: publish.optional(),
    webhook: webhook.optional(),
    odoo_event: odooEvent.optional(),
    set_attribute: setAttribute.optional(),
  })
  .strict()
  .refine((action) => Object.values(action).filter((one) => one !== undefined).length === 1, {
    message: 'must be one of publish, webhook, odoo_event and set_attribute',
  });
export type FlowAction = z.infer<typeof actionSchema>;

const eventTypes = bridgeEventSchema.options.map((option) => option.shape.event_type.value);

const whenSchema = z
  .object({
    topic: checked(topicFilterProblem).optional().describe('A topic filter; + and # as in MQTT'),
    broker_id: brokerId.optional().describe('With topic: any broker when left out'),
    event: z.array(z.enum(eventTypes)).min(1).optional().describe('Types of the session dialect'),
    attribute: z.string().min(1).max(128).optional().describe('The key of an attribute'),
    device_id: deviceId.optional().describe('With event or attribute: any device when left out'),
  })
  .strict()
  .superRefine((when, ctx) => {
    const given = [when.topic, when.event, when.attribute].filter((one) => one !== undefined);
    const refuse = (path: string[], message: string) => ctx.addIssue({ code: 'custom', path, message });
    if (given.length !== 1) refuse([], 'must be one of topic, event and attribute');
    else if (when.topic === undefined && when.broker_id !== undefined) refuse(['broker_id'], 'needs a topic');
    else if (when.topic !== undefined && when.device_id !== undefined)
      refuse(['device_id'], 'is for event and attribute; a topic names its device itself');
  });

/** What a person says about a flow. */
export const flowInputSchema = z
  .object({
    name: z.string().min(1).max(128),
    enabled: z.boolean().default(true),
    when: whenSchema,
    if: jsonata('the flow goes on when it is true').optional(),
    do: z.array(actionSchema).min(1).max(ACTIONS_MAX).describe('Carried out one after the other'),
  })
  .strict();
export type FlowInput = z.infer<typeof flowInputSchema>;

/** Fields to change; the others stay. */
export const flowPatchSchema = flowInputSchema.partial().extend({
  enabled: z.boolean().optional().describe('true also sets a suspended flow going again'),
  if: expression.nullable().optional().describe('null: no condition any more'),
});

/** A flow with what the program knows of it. */
export type Flow = FlowInput & {
  flowId: string;
  /** ms since the epoch */
  createdAt: number;
};

const count = (what: string) => z.int().min(0).describe(what);

/** How a flow fared since the bridge started. */
export const flowReportSchema = z.object({
  state: z.enum(['enabled', 'disabled', 'suspended']),
  suspended_because: z.string().nullable(),
  runs: count('Times its condition was looked at'),
  matched: count('Runs whose condition was true'),
  actions: count('Actions carried out'),
  errors: count('Expressions and actions that failed'),
  timeouts: count('Evaluations that were ended because they took too long'),
  throttled: count('Triggers left out because they came too fast'),
  dropped: count('Triggers left out because too many waited, or one was too large'),
  loops: count('Chains of flows that were cut'),
  last_run_at: time.nullable(),
  last_error: z.object({ at: time, message: z.string() }).nullable(),
});
export type FlowReport = z.infer<typeof flowReportSchema>;

/** A flow as the API shows it. */
export const flowSchema = flowInputSchema.extend({
  flow_id: z.string(),
  created_at: time,
  report: flowReportSchema,
});

/** What a flow may be tried with: one thing that could set it off. */
export const flowSampleSchema = z
  .object({
    topic: topic.optional(),
    payload: z.unknown().optional().describe('With topic: text, or JSON'),
    qos: z.literal([0, 1, 2]).default(0),
    retained: z.boolean().default(false),
    broker_id: brokerId.optional(),
    device_id: deviceId.optional().describe('Whose message it is'),
    event: z.record(z.string(), z.unknown()).optional().describe('An event as Odoo receives it'),
    attribute: z
      .object({
        device_id: deviceId,
        key: z.string(),
        value: z.unknown().optional(),
        previous: z.unknown().optional(),
      })
      .optional(),
  })
  .strict()
  .refine(
    ({ topic: name, event, attribute }) =>
      [name, event, attribute].filter((one) => one !== undefined).length === 1,
    { message: 'must be one of topic, event and attribute' },
  );
export type FlowSample = z.infer<typeof flowSampleSchema>;

/** An action with its expressions worked out. Text and JSON bodies are what is sent. */
export const renderedActionSchema = z.union([
  z.object({
    publish: z.object({
      topic: z.string(),
      broker_id: z.string().nullable(),
      qos: z.literal([0, 1, 2]),
      retain: z.boolean(),
      payload: z.string(),
    }),
  }),
  z.object({
    webhook: z.object({
      url: z.string(),
      method: z.string(),
      headers: z.record(z.string(), z.string()),
      body: z.string(),
    }),
  }),
  z.object({
    odoo_event: z.object({
      device_id: z.string(),
      name: z.string(),
      data: z.record(z.string(), z.unknown()),
    }),
  }),
  z.object({ set_attribute: z.object({ device_id: z.string(), key: z.string(), value: z.unknown() }) }),
]);
export type RenderedAction = z.infer<typeof renderedActionSchema>;

/** What a flow would have done with a sample. */
export const flowTrialSchema = z.object({
  matched: z.boolean().describe('Whether the sample sets the flow off'),
  condition: z.boolean().nullable().describe('null: there is none, or it was not reached'),
  actions: z.array(renderedActionSchema).describe('What would be carried out'),
  error: z
    .object({ path: z.string().describe('Such as do[0].publish.body'), message: z.string() })
    .nullable(),
});
export type FlowTrial = z.infer<typeof flowTrialSchema>;
