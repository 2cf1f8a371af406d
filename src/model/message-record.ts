import { z } from 'zod';

export const DIRECTIONS = ['in', 'out'] as const;

/** A message on its way to the history. `payload` is cut; `bytes` is how long it was. */
export type MessageEntry = {
  /** ms since the epoch */
  at: number;
  /** Which broker: `embedded` or `network`. */
  link: string;
  direction: (typeof DIRECTIONS)[number];
  topic: string;
  deviceId: string | null;
  qos: number;
  retain: boolean;
  bytes: number;
  payload: Uint8Array;
};

/** A message of the history as the API shows it. */
export const messageRecordSchema = z.object({
  id: z.int(),
  at: z.iso.datetime({ precision: 3 }),
  link: z.string(),
  direction: z.enum(DIRECTIONS),
  topic: z.string(),
  device_id: z.string().nullable(),
  qos: z.int(),
  retain: z.boolean(),
  bytes: z.int().describe('How long the payload was; what is kept of it may be less'),
  payload: z.string(),
  payload_format: z.enum(['text', 'hex']),
});
