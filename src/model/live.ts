import { z } from 'zod';
import { machineSchema, sessionSchema } from './machine.ts';
import type { messageRecordSchema } from './message-record.ts';

const time = z.iso.datetime({ precision: 3 });

/** What the live stream tells; its `event` names. */
export const LIVE_KINDS = ['reading', 'state', 'session', 'event', 'message', 'health'] as const;
export type LiveKind = (typeof LIVE_KINDS)[number];

/** What a device has just measured; a value that is missing was not told. */
const liveReadingSchema = z.object({
  device_id: z.string(),
  at: time,
  power_w: z.number().optional(),
  energy_kwh: z.number().optional(),
  voltage_v: z.number().optional(),
  current_a: z.number().optional(),
});
export type LiveReading = z.infer<typeof liveReadingSchema>;

const machineState = machineSchema.shape.state;
/** A machine has changed its state; `machine` is the whole of it as it is now. */
const liveStateSchema = z.object({
  device_id: z.string(),
  at: time,
  from: machineState,
  to: machineState,
  machine: machineSchema,
});

/** What became of a session, with the session as `/api/sessions` lists it. */
const liveSessionSchema = sessionSchema.extend({ change: z.enum(['opened', 'heartbeat', 'closed']) });

/** How an event stands on its way to Odoo. */
const liveEventSchema = z.object({
  event_uid: z.string(),
  event_type: z.string(),
  device_id: z.string(),
  state: z.enum(['pending', 'delivered', 'parked']),
  at: time,
});

/** A message as `/api/messages` shows it. */
export type LiveMessage = z.infer<typeof messageRecordSchema>;

/** One thing that has just happened. */
export type LiveItem =
  | { kind: 'reading'; data: LiveReading }
  | { kind: 'state'; data: z.infer<typeof liveStateSchema> }
  | { kind: 'session'; data: z.infer<typeof liveSessionSchema> }
  | { kind: 'event'; data: z.infer<typeof liveEventSchema> }
  /** `record` is called in the same turn, and only when somebody wants the message. */
  | { kind: 'message'; topic: string; device_id: string | null; record(): LiveMessage };
