import { z } from 'zod';
import { connectionStateSchema } from './broker.ts';

const time = z.iso.datetime({ precision: 3 });

/** `GET /api/service`: whether messages are received and sent, and how the connections stand. */
export const serviceSchema = z.object({
  status: z.enum(['running', 'stopped']),
  connection: connectionStateSchema.shape.connection.describe(
    'Of the main broker; without one, of the embedded one',
  ),
  since: time.describe('Since when the status and the connection are so'),
  started_at: time.nullable(),
  stopped_at: time.nullable(),
  reason: z.string().nullable().describe('Who stopped it, or why it is not connected'),
  persisted: z.boolean().describe('It stays stopped when the process starts again'),
  brokers: z.array(
    connectionStateSchema
      .extend({ broker_id: z.string(), name: z.string() })
      .describe('Those that are enabled'),
  ),
});
export type ServiceReport = z.infer<typeof serviceSchema>;
