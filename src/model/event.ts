import { z } from 'zod';

const time = z.iso.datetime({ precision: 3 });
const seconds = z.number().min(0);
const kwh = z.number().min(0);
const watts = z.number().min(0);
const machineName = z.string();
const state = z.enum(['starting', 'standby', 'working', 'stopping']);

const sums = {
  duration_s: seconds,
  standby_duration_s: seconds,
  working_duration_s: seconds,
  interruption_duration_s: seconds,
  energy_kwh: kwh,
  /** `counter` when the device's own counter covers at least 95 % of the time, else `integrated`. */
  energy_source: z.enum(['counter', 'integrated']),
  message_count: z.int().min(0),
};

const started = z.object({
  session_id: z.uuid(),
  machine_name: machineName,
  started_at: time,
  state: z.enum(['standby', 'working']),
  power_w: watts,
  reason: z.literal('power_threshold'),
});

const heartbeat = z.object({
  session_id: z.uuid(),
  started_at: time,
  state,
  interval_start: time,
  interval_end: time,
  ...sums,
  power_w: watts,
  avg_power_w: watts,
  min_power_w: watts,
  max_power_w: watts,
  interval_energy_kwh: kwh,
});

const ended = {
  session_id: z.uuid(),
  machine_name: machineName,
  started_at: time,
  ended_at: time,
  ...sums,
  power_w: watts,
  avg_power_w: watts,
  max_power_w: watts,
};
const stopped = z.object({ ...ended, reason: z.enum(['normal', 'device_removed']) });
const timedOut = z.object({ ...ended, reason: z.enum(['timeout', 'gap']), last_message_at: time });

const presence = z.object({
  machine_name: machineName,
  last_message_at: time.nullable(),
  reason: z.enum(['message', 'last_will', 'silence']),
});

const measurement = z.object({
  apower: z.number().optional(),
  voltage: z.number().optional(),
  current: z.number().optional(),
  frequency: z.number().optional(),
  total_energy_kwh: z.number().optional(),
});

const flowEvent = z.object({
  flow_id: z.string(),
  /** What people call the flow. */
  flow: z.string(),
  /** By which Odoo tells the events of flows apart. */
  name: z.string(),
  data: z.record(z.string(), z.unknown()),
});

const envelope = <T extends string, P extends z.ZodType>(type: T, payload: P) =>
  z.object({
    schema_version: z.literal('v1'),
    event_uid: z.uuid(),
    event_type: z.literal(type),
    device_id: z.string().min(1).max(128),
    ts: time,
    payload,
  });

/** The events of the `session` dialect, as Odoo receives them. The bridge thinks in these. */
export const bridgeEventSchema = z.discriminatedUnion('event_type', [
  envelope('session_started', started),
  envelope('session_heartbeat', heartbeat),
  envelope('session_stopped', stopped),
  envelope('session_timeout', timedOut),
  envelope('device_online', presence),
  envelope('device_offline', presence),
  envelope('power_measurement', measurement),
  envelope('flow_event', flowEvent),
]);
export type BridgeEvent = z.infer<typeof bridgeEventSchema>;
export type EventType = BridgeEvent['event_type'];
export type EventOf<T extends EventType> = Extract<BridgeEvent, { event_type: T }>;

/** The events of the `run` dialect: what the pull document calls them. */
export const runEventSchema = z.discriminatedUnion('event_type', [
  envelope('run_start', started),
  envelope('run_stop', z.union([stopped, timedOut])),
  envelope('power_measurement', measurement),
  envelope('flow_event', flowEvent),
]);
export type RunEvent = z.infer<typeof runEventSchema>;
