import { z } from 'zod';
import { sessionSchema } from './machine.ts';
import { replayTransitionSchema } from './replay.ts';

const time = z.iso.datetime({ precision: 3 });

/** A deadline that the detector set: what happens when nothing comes in between. */
export const whyDeadlineSchema = z.object({
  kind: z.enum(['confirm', 'stop', 'timeout']),
  set_at: time,
  due_at: time,
  outcome: z
    .enum(['met', 'withdrawn', 'open'])
    .describe('met: it came; withdrawn: the power came back or went away before; open: it runs'),
});
export type WhyDeadline = z.infer<typeof whyDeadlineSchema>;

/** What the detector obeys, in the units of the wire; null: never. */
export const whyConfigurationSchema = z.object({
  standby_threshold_w: z.number(),
  working_threshold_w: z.number(),
  start_debounce_s: z.number(),
  stop_debounce_s: z.number(),
  message_timeout_s: z.number().nullable(),
  heartbeat_interval_s: z.number().nullable(),
  gap_max_s: z.number(),
  start_on: z.enum(['standby', 'working']),
  power_sign: z.enum(['consume', 'abs']),
});
export type WhyConfiguration = z.infer<typeof whyConfigurationSchema>;

export const whyEventSchema = z.object({
  event_uid: z.string(),
  type: z.string(),
  ts: time,
  state: z.enum(['pending', 'parked', 'delivered']),
  attempts: z.int(),
  last_error: z.string().nullable().describe("Odoo's last refusal, or why it could not be asked"),
  created_at: time,
  settled_at: time.nullable().describe('When it was delivered or parked'),
});

/** Why a session is as it is: all that played a part in it, oldest first. */
export const sessionWhySchema = z.object({
  session: sessionSchema,
  from: time.describe('A little before the session, so that its beginning can be seen'),
  to: time,
  configuration: whyConfigurationSchema
    .nullable()
    .describe('In force now; the transitions follow from it. null: there is no such device any more'),
  agreement: z
    .enum(['same', 'changed', 'missing'])
    .nullable()
    .describe('Whether the readings give this session by the configuration in force; null: not tried'),
  transitions: z.array(replayTransitionSchema),
  deadlines: z.array(whyDeadlineSchema),
  readings: z.object({
    source: z.enum(['readings', 'steps', 'minutes']),
    step_s: z.number().nullable().describe('null: each reading is a point'),
    points: z.array(
      z.object({ at: time, min_w: z.number(), max_w: z.number(), avg_w: z.number(), last_w: z.number() }),
    ),
    gaps: z.array(z.object({ from: time, to: time })),
  }),
  events: z.array(whyEventSchema).describe('Those that are still kept, the newest 2000'),
});
export type SessionWhy = z.infer<typeof sessionWhySchema>;
