import type { Clock } from '../platform/clock.ts';
import type { SessionSums, SessionsTable } from '../store/sessions.ts';
import type { Server } from './deps.ts';
import { faults } from './faults.ts';
import { sessionsSummary, sessionsSummaryQuery } from './schemas.ts';
import { filterOf } from './sessions.ts';

export type SessionSummaryDeps = {
  sessions: Pick<SessionsTable, 'sums'>;
  clock: Pick<Clock, 'soon'>;
};

/** Decimals of each sum: what lies beyond comes from adding binary fractions. */
const DECIMALS: Record<keyof SessionSums, number> = {
  sessions: 0,
  open: 0,
  duration_s: 3,
  standby_duration_s: 3,
  working_duration_s: 3,
  interruption_duration_s: 3,
  energy_kwh: 6,
};
const NAMES = Object.keys(DECIMALS) as (keyof SessionSums)[];

const sumsOf = (value: (name: keyof SessionSums) => number) =>
  Object.fromEntries(NAMES.map((name) => [name, value(name)])) as SessionSums;

/** `/api/sessions/summary`: what all the sessions that match come to, not only those of one page. */
export function sessionSummaryRoutes(app: Server, { sessions, clock }: SessionSummaryDeps): void {
  app.get('/api/sessions/summary', {
    config: { access: 'view' },
    schema: {
      summary: 'What sessions come to',
      description: 'Each session counts as a whole, also one that began before from or goes on after to.',
      tags: ['sessions'],
      querystring: sessionsSummaryQuery,
      response: { 200: sessionsSummary, ...faults(401, 422, 429) },
    },
    handler: async (request) => {
      const total = sumsOf(() => 0);
      for (const part of sessions.sums(filterOf(request.query))) {
        for (const name of NAMES) total[name] += part[name];
        // Messages that came in meanwhile are handled between two slices.
        await new Promise<void>((resolve) => clock.soon(resolve));
      }
      return sumsOf((name) => Number(total[name].toFixed(DECIMALS[name])));
    },
  });
}
