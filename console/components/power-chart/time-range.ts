/** What a chart shows; ms since the epoch. */
export type TimeRange = { fromMs: number; toMs: number };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
export const SPAN_MS_MIN = MINUTE_MS;
export const SPAN_MS_MAX = 366 * DAY_MS;
/** The bridge answers for at most 400 days: a year and a step on both sides. */
const GRID_MS_MAX = 16 * DAY_MS;

export const spanOf = ({ fromMs, toMs }: TimeRange): number => toMs - fromMs;

/** `range` zoomed by `factor` (below 1: closer) about the time at `share` of its width; not beyond `nowMs`. */
export function zoomed(range: TimeRange, factor: number, share: number, nowMs: number): TimeRange {
  const span = Math.min(Math.max(spanOf(range) * factor, SPAN_MS_MIN), SPAN_MS_MAX);
  const fixed = range.fromMs + spanOf(range) * share;
  return notAfter({ fromMs: fixed - span * share, toMs: fixed + span * (1 - share) }, nowMs);
}

/** `range` moved by `share` of its width; not beyond `nowMs`. */
export function panned(range: TimeRange, share: number, nowMs: number): TimeRange {
  const by = spanOf(range) * share;
  return notAfter({ fromMs: range.fromMs + by, toMs: range.toMs + by }, nowMs);
}

function notAfter(range: TimeRange, nowMs: number): TimeRange {
  const over = range.toMs - nowMs;
  return over > 0 ? { fromMs: range.fromMs - over, toMs: nowMs } : range;
}

/**
 * What to fetch for `range`: a little more on both sides, on a grid, so that small moves and the passing of time
 * ask nothing anew.
 */
export function fetchRange(range: TimeRange): TimeRange {
  const wantedMs = 2 ** Math.round(Math.log2(spanOf(range) / 4));
  const stepMs = Math.min(Math.max(1000, wantedMs), GRID_MS_MAX);
  return {
    fromMs: Math.floor(range.fromMs / stepMs) * stepMs,
    toMs: Math.ceil(range.toMs / stepMs) * stepMs,
  };
}
