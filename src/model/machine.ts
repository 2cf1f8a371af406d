import { z } from 'zod';

const time = z.iso.datetime({ precision: 3 });

/** A machine as it is right now: what the console shows on its tile. */
export const machineSchema = z.object({
  device_id: z.string(),
  machine_name: z.string(),
  family: z
    .string()
    .nullable()
    .describe('Whose messages it reads; for `auto` what it took the device for, null: nothing yet'),
  state: z.enum(['idle', 'starting', 'standby', 'working', 'stopping']),
  /** null: it was in this state already when the bridge began to watch it. */
  state_since: time.nullable(),
  /** Power by the newest message, W; null before the first. */
  power_w: z.number().nullable(),
  status: z.enum(['unknown', 'online', 'offline']),
  last_message_at: time.nullable(),
  session: z
    .object({
      /** null while the start is not confirmed. */
      session_id: z.uuid().nullable(),
      started_at: time,
      duration_s: z.number(),
      energy_kwh: z.number(),
    })
    .nullable(),
  late_messages: z.int(),
  /** Why the last unusable message of this device could not be used. */
  last_problem: z.object({ at: time, topic: z.string(), reason: z.string(), detail: z.string() }).nullable(),
});
export type Machine = z.infer<typeof machineSchema>;

/** A session as the API lists it; times ISO 8601 in UTC. */
export const sessionSchema = z.object({
  session_id: z.uuid(),
  device_id: z.string(),
  machine_name: z.string(),
  state: z.enum(['open', 'closed']),
  started_at: time,
  ended_at: time.nullable(),
  reason: z.enum(['normal', 'timeout', 'gap', 'device_removed']).nullable(),
  duration_s: z.number().nullable(),
  standby_duration_s: z.number().nullable(),
  working_duration_s: z.number().nullable(),
  interruption_duration_s: z.number().nullable(),
  energy_kwh: z.number().nullable(),
  energy_source: z.enum(['counter', 'integrated']).nullable(),
  avg_power_w: z.number().nullable(),
  max_power_w: z.number().nullable(),
  message_count: z.int().nullable(),
});
export type SessionRecord = z.infer<typeof sessionSchema>;
