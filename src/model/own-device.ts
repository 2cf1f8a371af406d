import { z } from 'zod';
import { deviceConfigSchema } from './device.ts';
import { machineSchema } from './machine.ts';

const time = z.iso.datetime({ precision: 3 });

/**
 * What a device is configured with that was made in the console or by provisioning. Without a topic it only
 * uses the device API and is not read as a machine.
 */
export const ownConfigSchema = deviceConfigSchema
  .omit({ device_id: true })
  .extend({
    machine_name: z.string().min(1).max(256),
    mqtt_topic: deviceConfigSchema.shape.mqtt_topic.optional(),
    parser_type: z.string().default('generic'),
  })
  .strict();
export type OwnConfig = z.infer<typeof ownConfigSchema>;

export const SOURCES = ['console', 'provisioned', 'managed'] as const;
export type Source = (typeof SOURCES)[number];
export const APPROVALS = ['approved', 'pending', 'rejected'] as const;
export type Approval = (typeof APPROVALS)[number];

/** A device that does not come from the configuration. */
export type OwnDevice = {
  deviceId: string;
  source: 'console' | 'provisioned';
  config: OwnConfig;
  approval: Approval;
  /** The template it was provisioned under, and the key by which it is known there. */
  templateId: string | null;
  deviceKey: string | null;
  /** ms since the epoch */
  createdAt: number;
};

/** A field of a managed device that was changed here; `base` is what the configuration said then. */
export type Override = { field: string; value: unknown; base: unknown };

/** A device as lists show it: the machine as it is now, and where the device comes from. */
export const deviceSummarySchema = machineSchema.extend({
  source: z.enum(SOURCES).describe('managed: by the configuration'),
  returns_to: z
    .enum(['console', 'provisioned'])
    .nullable()
    .describe('What a managed device is again when the configuration lets go of it'),
  enabled: z.boolean(),
  approval: z.enum(APPROVALS),
  running: z.boolean().describe('Read as a machine: enabled, approved and with a topic'),
});
export type DeviceSummary = z.infer<typeof deviceSummarySchema>;

/** One device with everything that is known of it. */
export const deviceDetailSchema = deviceSummarySchema.extend({
  configuration: z.record(z.string(), z.unknown()).describe('In force, overrides included'),
  warnings: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .describe('What is legal in the configuration but probably not meant'),
  overrides: z.array(z.object({ field: z.string(), value: z.unknown(), configured: z.unknown() })),
  topics: z.array(z.string()).describe('What it may use of MQTT besides messages/{device_id}/'),
  template_id: z.string().nullable(),
  device_key: z.string().nullable(),
  token: z
    .object({ created_at: time, last_used_at: time.nullable(), last_copied_at: time.nullable() })
    .nullable(),
});
export type DeviceDetail = z.infer<typeof deviceDetailSchema>;
