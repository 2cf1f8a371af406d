import { z } from 'zod';
import { topicFilterProblem } from './topic.ts';

/** A number of seconds, kept as it was written; range checked. */
const seconds = (min: number, max: number) => z.number().min(min).max(max);
const thresholdW = z.number().min(0).max(1_000_000);

const mapping = z.object({
  path: z.string().min(1).max(256).optional(),
  /** A topic of its own for this value; may be relative to nothing: it is a whole topic. */
  topic: z.string().min(1).max(1024).optional(),
  unit: z.string().max(16).optional(),
  scale: z.number().optional(),
});

/** `parser_options` of the generic parser. Paths are dots and `[n]` from `$`, or a JSON Pointer. */
export const parserOptionsSchema = z.object({
  power: mapping.optional(),
  energy: mapping.optional(),
  voltage: mapping.optional(),
  current: mapping.optional(),
  frequency: mapping.optional(),
  relay: mapping
    .pick({ path: true, topic: true })
    .extend({
      on: z
        .array(z.union([z.string(), z.number(), z.boolean()]))
        .max(16)
        .optional(),
    })
    .optional(),
  ts: z
    .object({
      path: z.string().min(1).max(256),
      format: z.enum(['epoch_ms', 'epoch_s', 'iso']).default('epoch_ms'),
    })
    .optional(),
  /** Accept `120,5` for 120.5. */
  decimal_comma: z.boolean().optional(),
});
export type ParserOptions = z.infer<typeof parserOptionsSchema>;

/** `session_config` on the wire. Defaults are the figures of the push document. */
export const sessionConfigSchema = z
  .object({
    strategy: z.literal('power_threshold').default('power_threshold'),
    standby_threshold_w: thresholdW.default(5),
    working_threshold_w: thresholdW.default(50),
    start_debounce_s: seconds(0, 3600).default(3),
    stop_debounce_s: seconds(0, 3600).default(15),
    /** Left out: 1.5 × the report interval of the device's parser. */
    message_timeout_s: seconds(1, 86_400).optional(),
    /** 0 turns heartbeats off. */
    heartbeat_interval_s: z.union([z.literal(0), seconds(1, 86_400)]).default(300),
  })
  .refine((c) => c.standby_threshold_w <= c.working_threshold_w, {
    path: ['working_threshold_w'],
    message: 'must not be below standby_threshold_w',
  });

/** One device of a configuration, as file, push and pull carry it. */
export const deviceConfigSchema = z.object({
  device_id: z.string().min(1).max(128),
  machine_name: z.string().max(256).optional(),
  mqtt_topic: z.string().superRefine((filter, ctx) => {
    const problem = topicFilterProblem(filter);
    if (problem) ctx.addIssue({ code: 'custom', message: problem });
  }),
  parser_type: z.string(),
  parser_options: parserOptionsSchema.optional(),
  /** Component number, or a phase of a three-phase meter. */
  channel: z.union([z.number().int().min(0).max(255), z.enum(['total', 'a', 'b', 'c'])]).optional(),
  start_on: z.enum(['standby', 'working']).default('standby'),
  power_sign: z.enum(['consume', 'abs']).default('consume'),
  rated_power_w: z.number().positive().max(10_000_000).optional(),
  offline_timeout_s: seconds(1, 604_800).optional(),
  max_clock_skew_s: seconds(0, 3600).default(5),
  gap_max_s: seconds(1, 604_800).default(3600),
  forward_measurements: z.boolean().default(false),
  /** Ask the silent device for its power before its session times out. */
  probe: z.boolean().default(false),
  /** Id of the broker that it speaks over; left out: the main one. */
  broker: z.string().min(1).max(64).optional(),
  enabled: z.boolean().default(true),
  session_config: sessionConfigSchema.prefault({}),
});
export type DeviceConfig = z.infer<typeof deviceConfigSchema>;

/** A whole configuration: what `POST /config` takes, the file holds and Odoo's pull answers. */
export type Configuration = { devices: DeviceConfig[]; timestamp?: string; version?: string };

/** What a parser is told about the device it reads for. */
export type ParserDevice = {
  deviceId: string;
  mqttTopic: string;
  channel: number | 'total' | 'a' | 'b' | 'c' | null;
  options: ParserOptions;
};

/** What the detector is told about a device: every figure resolved, times in ms. */
export type DetectorOptions = {
  deviceId: string;
  machineName: string;
  standbyThresholdW: number;
  workingThresholdW: number;
  startDebounceMs: number;
  stopDebounceMs: number;
  /** null: silence never ends a session. */
  messageTimeoutMs: number | null;
  /** null: no heartbeats. */
  heartbeatIntervalMs: number | null;
  startOn: 'standby' | 'working';
  powerSign: 'consume' | 'abs';
  ratedPowerW: number | null;
  /** null: silence never makes the device offline. */
  offlineTimeoutMs: number | null;
  maxClockSkewMs: number;
  gapMaxMs: number;
  forwardMeasurements: boolean;
};

/** A configured, enabled device as the pipeline runs it. */
export type Device = {
  deviceId: string;
  /** The broker it names; null: it is heard over the main ones. */
  broker: string | null;
  /** Whether it is asked for its power before silence ends its session. */
  probe: boolean;
  parserType: string;
  parser: ParserDevice;
  detector: DetectorOptions;
};
