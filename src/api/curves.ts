import { z } from 'zod';
import type { CurvePoints } from '../model/reading-series.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import type { Server } from './deps.ts';
import { faults } from './faults.ts';
import { answered } from './history-answer.ts';
import { whole } from './schemas.ts';

/** The small curve of one running machine. */
export type MachineCurve = {
  deviceId: string;
  standbyThresholdW: number;
  workingThresholdW: number;
  points: CurvePoints;
};

export type CurvesDeps = {
  clock: Pick<Clock, 'wallMs'>;
  /** The curves of every running machine in `points` steps. @throws HistoryError when there is no answer now */
  curves(fromMs: number, toMs: number, points: number): Promise<MachineCurve[]>;
};

const MINUTE_MS = 60_000;
const MINUTES_DEFAULT = 30;
const MINUTES_MAX = 240;
const POINTS_DEFAULT = 60;
const POINTS_MAX = 240;

const curvesQuery = z.object({
  minutes: whole(1, MINUTES_MAX)
    .optional()
    .describe(`The last so many, up to ${MINUTES_MAX}; ${MINUTES_DEFAULT} when left out`),
  points: whole(2, POINTS_MAX)
    .optional()
    .describe(`Of each curve, up to ${POINTS_MAX}; ${POINTS_DEFAULT} when left out`),
});
const curvesAnswer = z.object({
  step_s: z.number(),
  from: z.iso
    .datetime({ precision: 3 })
    .describe('Where the first step begins; the last one is still going on'),
  curves: z.array(
    z.object({
      device_id: z.string(),
      standby_threshold_w: z.number(),
      working_threshold_w: z.number(),
      points: z
        .array(z.number().nullable())
        .describe('The highest power of each step, W; null: nothing is known'),
    }),
  ),
});
export type CurvesAnswer = z.infer<typeof curvesAnswer>;

const tenths = (powerW: number | null) => (powerW === null ? null : Math.round(powerW * 10) / 10);

/** `/api/curves`: the last minutes of every machine, for a tile each. */
export function curvesRoutes(app: Server, { clock, curves }: CurvesDeps): void {
  /** A reconnecting crowd asks for the same at the same time; it is worked out once. */
  const running = new Map<string, Promise<MachineCurve[]>>();

  function shared(fromMs: number, toMs: number, points: number): Promise<MachineCurve[]> {
    const key = `${fromMs} ${toMs} ${points}`;
    const known = running.get(key);
    if (known) return known;
    const answer = curves(fromMs, toMs, points).finally(() => running.delete(key));
    running.set(key, answer);
    return answer;
  }

  app.get('/api/curves', {
    config: { access: 'view' },
    schema: {
      summary: 'The power of every running machine over the last minutes, for a small curve each',
      description: 'In equal steps that end with the running one. The live stream continues them.',
      tags: ['devices'],
      querystring: curvesQuery,
      response: { 200: curvesAnswer, ...faults(401, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      const { minutes = MINUTES_DEFAULT, points = POINTS_DEFAULT } = request.query;
      const stepMs = (minutes * MINUTE_MS) / points;
      const toMs = (Math.floor(clock.wallMs() / stepMs) + 1) * stepMs;
      const fromMs = toMs - points * stepMs;
      const answer = await answered(shared(fromMs, toMs, points));
      if ('refusal' in answer) return reply.code(503).send(answer.refusal);
      const found = answer.value.map((curve) => ({
        device_id: curve.deviceId,
        standby_threshold_w: curve.standbyThresholdW,
        working_threshold_w: curve.workingThresholdW,
        points: curve.points.map(tenths),
      }));
      return reply.send({ step_s: stepMs / 1000, from: isoTime(fromMs), curves: found });
    },
  });
}
