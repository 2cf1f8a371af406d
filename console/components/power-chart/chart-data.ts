import type { TimeRange } from './time-range.ts';

/** `GET /api/devices/{id}/readings`, as far as a chart needs it. */
export type Readings = {
  source: 'readings' | 'steps' | 'minutes';
  step_s: number | null;
  points: readonly { at: string; min_w: number; max_w: number; avg_w: number; last_w: number }[];
  gaps: readonly { from: string; to: string }[];
};
export type LivePoint = { atMs: number; powerW: number };

type Column = (number | null)[];
/** Times in seconds, the power that is drawn as a line, and the least and most of each step. */
export type ChartData = [at: number[], power: Column, min: Column, max: Column];

type Value = { atMs: number; power: number | null; min: number | null; max: number | null };

function fetchedValues({ points, step_s }: Readings): Value[] {
  return points.map(({ at, min_w, max_w, avg_w, last_w }) => ({
    atMs: Date.parse(at),
    power: step_s === null ? last_w : avg_w,
    min: step_s === null ? null : min_w,
    max: step_s === null ? null : max_w,
  }));
}

/** Puts nothing where nothing is known: a gap begins after the last power before it was held up to there. */
function withGaps(values: readonly Value[], gaps: Readings['gaps']): Value[] {
  const out: Value[] = [];
  let next = 0;
  for (const { from, to } of gaps) {
    const fromMs = Date.parse(from);
    const toMs = Date.parse(to);
    for (let value = values[next]; value && value.atMs < fromMs; value = values[++next]) out.push(value);
    const before = out.at(-1);
    if (before && before.power !== null) out.push({ ...before, atMs: fromMs });
    out.push({ atMs: fromMs + 1, power: null, min: null, max: null });
    for (let value = values[next]; value && value.atMs < toMs; value = values[++next]);
  }
  return [...out, ...values.slice(next)];
}

/**
 * The columns of a chart: what was fetched, what came since, and the newest power held until `heldToMs`
 * (null: it is not).
 */
export function chartData(
  readings: Readings | null,
  livePoints: readonly LivePoint[],
  heldToMs: number | null,
): ChartData {
  const values = readings ? withGaps(fetchedValues(readings), readings.gaps) : [];
  const stepMs = (readings?.step_s ?? 0) * 1000;
  const fetchedToMs = (values.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) + stepMs;
  for (const { atMs, powerW } of livePoints) {
    if (atMs > fetchedToMs && atMs > (values.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY)) {
      values.push({ atMs, power: powerW, min: null, max: null });
    }
  }
  const last = values.at(-1);
  if (last && last.power !== null && heldToMs !== null && heldToMs > last.atMs) {
    values.push({ ...last, atMs: heldToMs });
  }
  return [
    values.map(({ atMs }) => atMs / 1000),
    values.map(({ power }) => power),
    values.map(({ min }) => min),
    values.map(({ max }) => max),
  ];
}

/** The index of the value that holds at `atMs`; -1 before the first. */
export function indexAt(times: readonly number[], atMs: number): number {
  const at = atMs / 1000;
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export type Summary = { fromMs: number; toMs: number; minW: number; maxW: number; avgW: number } | null;

/** The least, most and time-weighted mean of what is known in each of `parts` equal parts of `range`. */
export function summaries(data: ChartData, range: TimeRange, parts: number): Summary[] {
  const lengthMs = (range.toMs - range.fromMs) / parts;
  return Array.from({ length: parts }, (_, part) => {
    const fromMs = range.fromMs + part * lengthMs;
    return summaryOf(data, fromMs, fromMs + lengthMs);
  });
}

function summaryOf([at, power, min, max]: ChartData, fromMs: number, toMs: number): Summary {
  let knownMs = 0;
  let sum = 0;
  let minW = Number.POSITIVE_INFINITY;
  let maxW = Number.NEGATIVE_INFINITY;
  for (let i = Math.max(0, indexAt(at, fromMs)); i < at.length; i++) {
    const beginMs = Math.max((at[i] as number) * 1000, fromMs);
    if (beginMs >= toMs) break;
    const watts = power[i];
    if (watts === null || watts === undefined) continue;
    const endMs = Math.min((at[i + 1] ?? Number.NaN) * 1000 || beginMs, toMs);
    knownMs += endMs - beginMs;
    sum += watts * (endMs - beginMs);
    minW = Math.min(minW, min[i] ?? watts);
    maxW = Math.max(maxW, max[i] ?? watts);
  }
  if (maxW === Number.NEGATIVE_INFINITY) return null;
  return { fromMs, toMs, minW, maxW, avgW: knownMs > 0 ? sum / knownMs : (minW + maxW) / 2 };
}
