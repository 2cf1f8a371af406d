import { z } from 'zod';
import { deviceConfigSchema, type ParserDevice, type ParserOptions } from './device.ts';
import type { Reading } from './reading.ts';

/** A meter that a message shows: what a configuration needs to listen to it. */
export type FoundMeter = {
  parserType: string;
  /** What goes into `mqtt_topic`. */
  mqttTopic: string;
  channel?: NonNullable<ParserDevice['channel']>;
  parserOptions?: ParserOptions;
  /** What the device calls itself. */
  name?: string;
  model?: string;
};

/** What one message tells about meters that may not be configured yet. `values`: what the message measured. */
export type Sighting = {
  meters: readonly FoundMeter[];
  values: Pick<Reading, 'powerW' | 'energyTotalKwh' | 'voltageV' | 'currentA'> | null;
};

const time = z.iso.datetime({ precision: 3 });

/** What `POST /api/devices` takes to make a device of a meter that was found. */
const foundConfigurationSchema = deviceConfigSchema
  .pick({
    device_id: true,
    broker: true,
    mqtt_topic: true,
    parser_type: true,
    channel: true,
    parser_options: true,
  })
  .extend({ machine_name: z.string() });
export type FoundConfiguration = z.infer<typeof foundConfigurationSchema>;

/** A meter that was heard and that no device reads, as the API lists it. Names are the devices' own: any text. */
export const discoveredSchema = z.object({
  id: z.string(),
  broker_id: z.string(),
  family: z.string().describe('The parser_type it needs'),
  title: z.string().describe('What people call the family'),
  topic: z.string(),
  channel: foundConfigurationSchema.shape.channel.unwrap().nullable(),
  name: z.string().nullable().describe('What the device calls itself'),
  model: z.string().nullable(),
  first_heard_at: time,
  last_heard_at: time,
  messages: z.int().describe('That told of it since first_heard_at'),
  values: z
    .object({
      at: time,
      retained: z.boolean().describe('Replayed from the broker: it may be old'),
      power_w: z.number().optional(),
      energy_kwh: z.number().optional(),
      voltage_v: z.number().optional(),
      current_a: z.number().optional(),
    })
    .nullable(),
  configuration: foundConfigurationSchema.describe('Ready for POST /api/devices'),
});
export type Discovered = z.infer<typeof discoveredSchema>;

/** A search for devices on one broker, while it lasts. */
export const scanSchema = z.object({
  broker_id: z.string(),
  filters: z.array(z.string()).describe('Listened to besides what is configured'),
  started_at: time,
  until: time,
});
export type Scan = z.infer<typeof scanSchema>;
