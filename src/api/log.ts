import { z } from 'zod';
import type { RecentLog } from '../platform/recent-log.ts';
import type { Server } from './deps.ts';
import { faults } from './faults.ts';
import { LIMIT_DEFAULT, limit, whole } from './schemas.ts';

const tags = ['log'];

export type LogDeps = { recentLog: Pick<RecentLog, 'read'> };

const LEVELS = ['debug', 'info', 'warning', 'error'] as const;
const lineId = whole(0, Number.MAX_SAFE_INTEGER).optional();
const logQuery = z.object({
  level: z.enum(LEVELS).optional().describe('This level and those above it'),
  event: z.string().max(128).optional().describe("Part of the event's name"),
  device_id: z.string().min(1).max(128).optional(),
  text: z.string().max(256).optional().describe('Part of the line; case does not matter'),
  before: lineId.describe('next_before of the page before'),
  after: lineId.describe('Lines that are newer than this one, to follow the log'),
  limit,
});
const logPage = z.object({
  lines: z.array(
    z
      .object({
        id: z.int().describe('Grows with every line, over restarts too'),
        at: z.string(),
        level: z.enum(LEVELS),
        event: z.string(),
        fields: z.record(z.string(), z.unknown()).describe('What belongs to the event'),
      })
      .meta({ id: 'LogLine' }),
  ),
  next_before: z.int().nullable().describe('null: there are no more'),
});
export type LogPage = z.infer<typeof logPage>;

/** `/api/log`: what the bridge has said lately. */
export function logRoutes(app: Server, { recentLog }: LogDeps): void {
  app.get('/api/log', {
    config: { access: 'view' },
    schema: {
      summary: 'The last lines of the log, newest first',
      description:
        'The last 2000 since the start are in memory; LOG_LEVEL says which are written at all. Ask again with `after` to follow.',
      tags,
      querystring: logQuery,
      response: { 200: logPage, ...faults(401, 422, 429) },
    },
    handler: ({ query: { device_id: deviceId, limit: count = LIMIT_DEFAULT, ...query } }) => {
      const { lines, more } = recentLog.read({ ...query, deviceId, limit: count });
      return { lines, next_before: more ? (lines.at(-1)?.id ?? null) : null };
    },
  });
}
