import { z } from 'zod';

/** What the diagnosis looks at, in the order in which a person would. */
export const CHECK_IDS = [
  'service',
  'broker',
  'client_id',
  'subscriptions',
  'further_brokers',
  'messages',
  'configuration',
  'never_heard',
  'retained_only',
  'unusable',
  'thresholds',
  'message_timeout',
  'odoo',
  'parked',
  'clock',
  'disk',
  'data_directory',
  'history',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

/** A device or broker that a check is about. */
const subjectSchema = z.object({
  device_id: z.string().nullable().describe('null: not a device'),
  name: z.string(),
  note: z.string().describe('What is known: a topic, a figure, a reason; empty: nothing'),
  similar: z.array(z.string()).describe('Topics that were heard and may be meant'),
});
export type CheckSubject = z.infer<typeof subjectSchema>;

/** One check with its result. `case` and `parameters` let a console put it into other languages. */
export const checkSchema = z.object({
  id: z.enum(CHECK_IDS),
  status: z.enum(['ok', 'warning', 'fault', 'not_applicable']),
  case: z.string().describe('Which of its results it is'),
  title: z.string(),
  explanation: z.string(),
  remedy: z.string().describe('What to do; empty: nothing'),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  subjects: z.array(subjectSchema),
});
export type Check = z.infer<typeof checkSchema>;

export const diagnosisSchema = z.object({
  at: z.iso.datetime({ precision: 3 }),
  checks: z.array(checkSchema.meta({ id: 'Check' })),
});
export type Diagnosis = z.infer<typeof diagnosisSchema>;
