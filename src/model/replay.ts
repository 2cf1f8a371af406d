import { z } from 'zod';

const time = z.iso.datetime({ precision: 3 });

/** A session as a replay found it; figures as in a session, of an open one as far as the data go. */
export const replayedSessionSchema = z.object({
  started_at: time,
  ended_at: time.nullable().describe('null: it was still open where the data end'),
  reason: z.enum(['normal', 'timeout', 'gap', 'device_removed']).nullable(),
  duration_s: z.number(),
  standby_duration_s: z.number(),
  working_duration_s: z.number(),
  interruption_duration_s: z.number(),
  energy_kwh: z.number(),
  energy_source: z.enum(['counter', 'integrated']),
  avg_power_w: z.number(),
  max_power_w: z.number(),
  message_count: z.int(),
});
export type ReplayedSession = z.infer<typeof replayedSessionSchema>;

/** When the machine came into a state. */
export const replayTransitionSchema = z.object({
  at: time,
  state: z.enum(['idle', 'starting', 'standby', 'working', 'stopping']),
});
export type ReplayTransition = z.infer<typeof replayTransitionSchema>;

/** What a comparison must know of a session, detected live or replayed. */
export type ComparableSession = Pick<ReplayedSession, 'started_at' | 'ended_at' | 'reason'> & {
  /** null: not told yet, as the session has just begun. */
  duration_s: number | null;
  energy_kwh: number | null;
};

export const sessionTotalsSchema = z.object({
  sessions: z.int(),
  duration_s: z.number(),
  energy_kwh: z.number(),
});
export type SessionTotals = z.infer<typeof sessionTotalsSchema>;

/** How many sessions a comparison finds of each kind. */
export const changeCountsSchema = z.object({
  same: z.int().describe('Same start, end and reason; energy to the watt-hour'),
  changed: z.int().describe('Overlaps a former session, and is not the same'),
  new: z.int().describe('Overlaps none'),
  lost: z.int().describe('Former sessions that would not be'),
});
export type ChangeCounts = z.infer<typeof changeCountsSchema>;

const formerSessionSchema = replayedSessionSchema
  .pick({ started_at: true, ended_at: true, reason: true })
  .extend({
    duration_s: z.number().nullable(),
    energy_kwh: z.number().nullable(),
  });

/** What a replay answers: the sessions there would have been, held against those there were. */
export const replayReportSchema = z.object({
  from: time,
  to: time,
  partial: z.boolean().describe('The first session may have begun before the data do'),
  readings: z.int().describe('Readings that were replayed, those of a lead before the period included'),
  late_messages: z.int(),
  before: sessionTotalsSchema.describe('As it was detected'),
  after: sessionTotalsSchema.describe('As it would have been'),
  changes: changeCountsSchema.nullable().describe('null: there are too many sessions to compare'),
  sessions: z.array(
    replayedSessionSchema.extend({
      change: z.enum(['same', 'changed', 'new']).nullable(),
      former: formerSessionSchema.nullable().describe('The session that it was, where it is changed'),
    }),
  ),
  lost: z.array(formerSessionSchema),
  transitions: z.array(replayTransitionSchema).optional().describe('Where they were asked for'),
  truncated: z.boolean().describe('There are more sessions than are listed; totals and changes count all'),
});
export type ReplayReport = z.infer<typeof replayReportSchema>;

/** The fields of `session_config` that a suggestion may propose. */
export const suggestedConfigSchema = z.object({
  standby_threshold_w: z.number(),
  working_threshold_w: z.number(),
  start_debounce_s: z.number(),
  stop_debounce_s: z.number(),
  message_timeout_s: z.number().nullable().describe('null: as it is'),
});
export type SuggestedConfig = z.infer<typeof suggestedConfigSchema>;

export const CLUSTER_ROLES = ['off', 'standby', 'working'] as const;

/** A range of power in which the machine stays. */
export const powerClusterSchema = z.object({
  role: z.enum(CLUSTER_ROLES).nullable().describe('null: nothing could be told apart'),
  from_w: z.number(),
  to_w: z.number(),
  duration_s: z.number(),
  visits: z.int().describe('How often the machine came into it'),
});
export type PowerCluster = z.infer<typeof powerClusterSchema>;

/** How much room a threshold leaves. */
export const marginSchema = z.object({
  below_w: z.number().describe('Upper end of what lies below'),
  above_w: z.number().describe('Lower end of what lies above'),
  factor: z.number().describe('The smaller of the distances to both, as a ratio'),
});
export type Margin = z.infer<typeof marginSchema>;

/** good: use it; fair: look at the sessions first; poor: do not trust it; none: there is nothing to propose. */
export const CONFIDENCES = ['none', 'poor', 'fair', 'good'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** Thresholds and times as the history of a machine suggests them. */
export const suggestionSchema = z.object({
  from: time,
  to: time,
  confidence: z.enum(CONFIDENCES),
  session_config: suggestedConfigSchema.nullable(),
  clusters: z.array(powerClusterSchema),
  margins: z.object({ standby: marginSchema.nullable(), working: marginSchema.nullable() }),
  sentences: z.array(z.string()).describe('The reasons, and what speaks against it, for people'),
  data: z.object({
    readings: z.int(),
    heard_s: z.number().describe('Time of which the power is known'),
  }),
  effect: z
    .object({
      before: sessionTotalsSchema.describe('By the configuration in force'),
      after: sessionTotalsSchema,
      changes: changeCountsSchema.nullable(),
    })
    .nullable()
    .describe('What the suggestion would have changed in the period; null: there is none'),
});
export type Suggestion = z.infer<typeof suggestionSchema>;
