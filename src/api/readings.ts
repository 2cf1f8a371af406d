import { z } from 'zod';
import type { ReplayParams } from '../history/replay-task.ts';
import type { SuggestionParams } from '../history/suggestion-task.ts';
import { type DetectorOptions, sessionConfigSchema } from '../model/device.ts';
import type { SessionRecord } from '../model/machine.ts';
import type { ReadingsQuery, ReadingsSeries } from '../model/reading-series.ts';
import { type ReplayReport, replayReportSchema, type Suggestion, suggestionSchema } from '../model/replay.ts';
import type { Finding } from '../model/validation.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import type { SessionCursor, SessionsTable } from '../store/sessions.ts';
import type { Server } from './deps.ts';
import { NO_DEVICE } from './devices.ts';
import { fault, faults, HttpFault } from './faults.ts';
import { answered, patienceOf } from './history-answer.ts';
import { instant, machineParams, ordered, periodFault, whole } from './schemas.ts';

/** A device's configuration as its detector obeys it. */
export type DetectorConfiguration =
  /** `reportIntervalMs`: how often such a device reports at the latest; null: on change only. */
  { ok: true; options: DetectorOptions; reportIntervalMs: number | null } | { ok: false; errors: Finding[] };

export type ReadingsDeps = {
  clock: Pick<Clock, 'wallMs' | 'soon'>;
  sessions: Pick<SessionsTable, 'list'>;
  /** The configuration of a device with `change` laid over it, judged as any; null: there is no such device. */
  configurationOf(deviceId: string, change: Record<string, unknown>): DetectorConfiguration | null;
  readings(query: ReadingsQuery): Promise<ReadingsSeries>;
  /** `signal`: nobody waits for the answer any more. All three throw HistoryError when there is no answer now. */
  replay(params: ReplayParams, signal: AbortSignal): Promise<ReplayReport>;
  suggestion(params: SuggestionParams, signal: AbortSignal): Promise<Suggestion>;
};

const tags = ['devices'];
const DAY_MS = 86_400_000;
const PERIOD_DAYS_MAX = 400;
/** It is read four times. */
const SUGGESTION_DAYS_MAX = 92;
const READINGS_PERIOD_MS = DAY_MS;
const SUGGESTION_PERIOD_MS = 30 * DAY_MS;
const POINTS_DEFAULT = 1000;
const POINTS_MAX = 5000;
/** Without a timeout of its own a device that is silent for longer leaves a gap in its chart. */
const GAP_MS_DEFAULT = 3_600_000;
const SESSIONS_COMPARED_MAX = 50_000;
const PAGE_ROWS = 500;

const time = z.iso.datetime({ precision: 3 });
const period = {
  from: instant.optional(),
  to: instant.optional().describe('Now when left out; nothing is known of later'),
};
const readingsQuery = z
  .object({
    ...period,
    points: whole(1, POINTS_MAX)
      .optional()
      .describe(`At most so many points, up to ${POINTS_MAX}; ${POINTS_DEFAULT} when left out`),
  })
  .refine(ordered, periodFault);
const suggestionQuery = z.object(period).refine(ordered, periodFault);
/** Their values are judged behind the route; a misspelt one would be a replay of what is in force. */
const replayedFields = z.strictObject(
  Object.fromEntries(Object.keys(sessionConfigSchema.shape).map((name) => [name, z.unknown().optional()])),
);
const replayBody = z
  .object({
    from: instant,
    to: instant,
    session_config: replayedFields.optional().describe('Fields to replace; null: the default'),
    start_on: z.unknown().optional(),
    power_sign: z.unknown().optional(),
    rated_power_w: z.unknown().optional(),
    transitions: z.boolean().default(false).describe('Tell the changes of state too, for a chart'),
  })
  .strict()
  .refine(ordered, periodFault);

const readingsAnswer = z.object({
  device_id: z.string(),
  from: time,
  to: time,
  source: z.enum(['readings', 'steps', 'minutes']).describe('minutes: the readings themselves are gone'),
  step_s: z.number().nullable().describe('null: each reading is a point'),
  points: z.array(
    z.object({
      at: time,
      min_w: z.number(),
      max_w: z.number(),
      avg_w: z.number().describe('Weighted by time'),
      last_w: z.number(),
      energy_kwh: z.number().optional(),
      voltage_v: z.number().optional(),
      current_a: z.number().optional(),
    }),
  ),
  gaps: z.array(z.object({ from: time, to: time })).describe('When nothing is known'),
});

function readingsView({ deviceId, fromMs, toMs }: ReadingsQuery, series: ReadingsSeries) {
  return {
    device_id: deviceId,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    source: series.source,
    step_s: series.stepMs === null ? null : series.stepMs / 1000,
    points: series.points.map(({ at, minW, maxW, avgW, lastW, energyTotalKwh, voltageV, currentA }) => ({
      at: isoTime(at),
      min_w: minW,
      max_w: maxW,
      avg_w: avgW,
      last_w: lastW,
      ...(energyTotalKwh !== undefined && { energy_kwh: energyTotalKwh }),
      ...(voltageV !== undefined && { voltage_v: voltageV }),
      ...(currentA !== undefined && { current_a: currentA }),
    })),
    gaps: series.gaps.map((gap) => ({ from: isoTime(gap.fromMs), to: isoTime(gap.toMs) })),
  };
}

type Asked = { from?: number | undefined; to?: number | undefined };

/** The period that is asked for, up to now. @throws HttpFault 422 */
function periodOf({ from, to }: Asked, nowMs: number, lengthMs: number, daysMax = PERIOD_DAYS_MAX) {
  const toMs = Math.min(to ?? nowMs, nowMs);
  const fromMs = from ?? toMs - lengthMs;
  const message =
    fromMs >= toMs
      ? 'must not be in the future'
      : toMs - fromMs > daysMax * DAY_MS
        ? `must be at most ${daysMax} days before to`
        : null;
  if (message) throw new HttpFault(422, 'The request has faults', [{ path: 'from', message }]);
  return { fromMs, toMs };
}

/** The sessions that were detected in a period, oldest first. @throws HttpFault 422 when they are too many */
async function detectedSessions(
  { sessions, clock }: Pick<ReadingsDeps, 'sessions' | 'clock'>,
  filter: { deviceId: string; fromMs: number; toMs: number },
) {
  const found: ReplayParams['live'] = [];
  let after: SessionCursor | undefined;
  for (;;) {
    const page: SessionRecord[] = sessions.list(filter, PAGE_ROWS, after);
    for (const { started_at, ended_at, reason, duration_s, energy_kwh } of page) {
      found.push({ started_at, ended_at, reason, duration_s, energy_kwh });
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE_ROWS) return found.toReversed();
    if (found.length > SESSIONS_COMPARED_MAX) {
      const message = `is too early: there are more than ${SESSIONS_COMPARED_MAX} sessions in the period`;
      throw new HttpFault(422, 'The request has faults', [{ path: 'from', message }]);
    }
    after = { startedAtMs: Date.parse(last.started_at), sessionId: last.session_id };
    // Messages that came in meanwhile are handled between two pages.
    await new Promise<void>((resolve) => clock.soon(resolve));
  }
}

function seriesRoute(app: Server, { clock, configurationOf, readings }: ReadingsDeps): void {
  app.get('/api/devices/:id/readings', {
    config: { access: 'view' },
    schema: {
      summary: 'The power of a device, for a chart',
      description: 'The last day when no period is given. Each point tells the extremes of its step.',
      tags,
      params: machineParams,
      querystring: readingsQuery,
      response: { 200: readingsAnswer, ...faults(401, 404, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      const { id: deviceId } = request.params;
      const found = configurationOf(deviceId, {});
      if (!found) return reply.code(404).send(NO_DEVICE);
      const timeoutMs = found.ok ? (found.options.messageTimeoutMs ?? found.options.offlineTimeoutMs) : null;
      const query = {
        deviceId,
        ...periodOf(request.query, clock.wallMs(), READINGS_PERIOD_MS),
        pointsMax: request.query.points ?? POINTS_DEFAULT,
        gapMs: timeoutMs ?? GAP_MS_DEFAULT,
      };
      const answer = await answered(readings(query));
      if ('refusal' in answer) return reply.code(503).send(answer.refusal);
      return reply.send(readingsView(query, answer.value));
    },
  });
}

function replayRoute(app: Server, deps: ReadingsDeps): void {
  app.post('/api/devices/:id/replay', {
    config: { access: 'view' },
    schema: {
      summary: 'The sessions that other thresholds would have given',
      description:
        'Runs the detector over what was heard in the period, with the configuration of the device and what is ' +
        `given here in its place, and changes nothing. At most ${PERIOD_DAYS_MAX} days and 5000 sessions.`,
      tags,
      params: machineParams,
      body: replayBody,
      response: {
        200: replayReportSchema.meta({ id: 'Replay' }),
        ...faults(400, 401, 404, 415, 422, 429, 503),
      },
    },
    handler: async (request, reply) => {
      const { from, to, transitions, ...given } = request.body;
      const { id: deviceId } = request.params;
      const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const found = deps.configurationOf(deviceId, change);
      if (!found) return reply.code(404).send(NO_DEVICE);
      if (!found.ok) return reply.code(422).send(fault('The configuration has faults', found.errors));
      const nowMs = deps.clock.wallMs();
      const asked = { deviceId, ...periodOf({ from, to }, nowMs, 0) };
      const signal = patienceOf(reply);
      const live = await detectedSessions(deps, asked);
      const params = { ...asked, options: found.options, nowMs, live, transitions };
      const answer = await answered(deps.replay(params, signal));
      return 'refusal' in answer ? reply.code(503).send(answer.refusal) : reply.send(answer.value);
    },
  });
}

function suggestionRoute(app: Server, deps: ReadingsDeps): void {
  app.get('/api/devices/:id/suggestion', {
    config: { access: 'view' },
    schema: {
      summary: 'Thresholds and times that the history of a device suggests',
      description:
        'Of the last 30 days when no period is given. With reasons, and a word on how far to trust it.',
      tags,
      params: machineParams,
      querystring: suggestionQuery,
      response: { 200: suggestionSchema.meta({ id: 'Suggestion' }), ...faults(401, 404, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      const { id: deviceId } = request.params;
      const found = deps.configurationOf(deviceId, {});
      if (!found) return reply.code(404).send(NO_DEVICE);
      if (!found.ok) return reply.code(422).send(fault('The configuration has faults', found.errors));
      const nowMs = deps.clock.wallMs();
      const asked = periodOf(request.query, nowMs, SUGGESTION_PERIOD_MS, SUGGESTION_DAYS_MAX);
      const { options, reportIntervalMs } = found;
      const params = { deviceId, ...asked, options, reportIntervalMs };
      const answer = await answered(deps.suggestion(params, patienceOf(reply)));
      return 'refusal' in answer ? reply.code(503).send(answer.refusal) : reply.send(answer.value);
    },
  });
}

/** `/api/devices/{id}/readings`, `replay` and `suggestion`: what was heard of a device, and what to make of it. */
export function readingsRoutes(app: Server, deps: ReadingsDeps): void {
  seriesRoute(app, deps);
  replayRoute(app, deps);
  suggestionRoute(app, deps);
}
