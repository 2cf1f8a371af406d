import type { ReadingPoint, ReadingsQuery, ReadingsSeries } from '../model/reading-series.ts';
import type { Database } from '../store/database.ts';
import { ReadingChunksTable } from '../store/reading-chunks.ts';
import {
  MINUTE_MS,
  type ReadingMinute,
  type ReadingMinutesTable,
  readingMinutesTable,
} from '../store/reading-minutes.ts';
import { type CurveListener, PowerCurve } from './power-curve.ts';
import { InputDecoder } from './reading-decoder.ts';
import { SeriesSteps, stepFor } from './series-steps.ts';

/** More points than this help nobody. */
const POINTS_MAX = 10_000;
/** Readings looked at for one chart; of more, the minutes tell. */
const INPUTS_MAX = 300_000;

type Gap = ReadingsSeries['gaps'][number];

/** Gaps within a period, those that touch as one. */
class Gaps {
  readonly list: Gap[] = [];
  readonly #fromMs: number;
  readonly #toMs: number;

  constructor(fromMs: number, toMs: number) {
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  add(fromAt: number, toAt: number): void {
    const [fromMs, toMs] = [Math.max(fromAt, this.#fromMs), Math.min(toAt, this.#toMs)];
    if (fromMs >= toMs) return;
    const last = this.list.at(-1);
    if (last && last.toMs >= fromMs) last.toMs = Math.max(last.toMs, toMs);
    else this.list.push({ fromMs, toMs });
  }

  /** Nothing is known before `at`, where the first thing is. */
  addFirst(at: number): void {
    const toMs = Math.min(at, this.#toMs);
    if (toMs <= this.#fromMs) return;
    const first = this.list[0];
    if (first && first.fromMs <= toMs) first.fromMs = this.#fromMs;
    else this.list.unshift({ fromMs: this.#fromMs, toMs });
  }
}

/** Answers charts out of history.db. */
export function readingsSeries(database: Database) {
  const chunks = new ReadingChunksTable(database);
  const minutes = readingMinutesTable(database);
  return {
    /**
     * The power of a device over a period.
     * @param nowMs the power of now is not known beyond this
     */
    series(query: ReadingsQuery, nowMs: number): ReadingsSeries {
      const device = chunks.device(query.deviceId);
      const pointsMax = Math.min(POINTS_MAX, Math.max(1, query.pointsMax));
      const { fromMs } = query;
      const toMs = Math.min(query.toMs, nowMs);
      if (device === null || toMs <= fromMs) {
        const gaps = toMs > fromMs ? [{ fromMs, toMs }] : [];
        return { source: 'readings', stepMs: null, points: [], gaps };
      }
      const period = { ...query, pointsMax, toMs, device };
      const stepMs = stepFor(fromMs, toMs, pointsMax);
      const rawFrom = chunks.oldestAt(device);
      const hasMinutesOnly =
        rawFrom === null || (rawFrom > fromMs && (minutes.oldestAt(device) ?? rawFrom) < rawFrom - MINUTE_MS);
      if (stepMs >= MINUTE_MS || hasMinutesOnly) return fromMinutes(minutes, period, stepMs);
      return fromReadings(chunks, period, stepMs) ?? fromMinutes(minutes, period, stepMs);
    },
  };
}

type Period = ReadingsQuery & { device: number };

/** null: there are too many readings in the period. */
function fromReadings(chunks: ReadingChunksTable, period: Period, stepMs: number): ReadingsSeries | null {
  const { device, fromMs, toMs, gapMs, pointsMax } = period;
  // The power that the period begins with was told before it.
  const found = chunks.overlapping(device, fromMs - gapMs, toMs);
  const inputs = found.reduce((sum, chunk) => sum + chunk.inputs, 0);
  if (inputs > INPUTS_MAX) return null;
  const gaps = new Gaps(fromMs, toMs);
  const steps = new SeriesSteps(fromMs, toMs, stepMs);
  const each: ReadingPoint[] = [];
  let knownFrom = toMs;
  const listener: CurveListener = {
    reading(at, reading) {
      knownFrom = Math.min(knownFrom, at);
      steps.reading(at, reading);
      if (at >= fromMs && at < toMs && each.length <= pointsMax && reading.powerW !== undefined) {
        each.push(pointOf(at, reading.powerW, reading));
      }
    },
    held(fromAt, toAt, powerW) {
      knownFrom = Math.min(knownFrom, fromAt);
      steps.held(fromAt, toAt, powerW);
    },
    unknown: (fromAt, toAt) => gaps.add(fromAt, toAt),
  };
  let curve: PowerCurve | null = null;
  for (const { id } of found) {
    const chunk = chunks.one(id);
    if (!chunk) continue;
    curve ??= new PowerCurve(gapMs, chunk.lost);
    for (const input of new InputDecoder().decode(chunk.data)) curve.take(input, listener);
  }
  curve?.end(toMs, listener);
  gaps.addFirst(knownFrom);
  if (each.length > pointsMax) return { source: 'steps', stepMs, points: steps.points(), gaps: gaps.list };
  // Backlog comes later than what it tells of.
  each.sort((a, b) => a.at - b.at);
  return { source: 'readings', stepMs: null, points: each, gaps: gaps.list };
}

function pointOf(
  at: number,
  powerW: number,
  values: { energyTotalKwh?: number; voltageV?: number; currentA?: number },
): ReadingPoint {
  const { energyTotalKwh, voltageV, currentA } = values;
  return {
    at,
    minW: powerW,
    maxW: powerW,
    avgW: powerW,
    lastW: powerW,
    ...(energyTotalKwh !== undefined && { energyTotalKwh }),
    ...(voltageV !== undefined && { voltageV }),
    ...(currentA !== undefined && { currentA }),
  };
}

function fromMinutes(minutes: ReadingMinutesTable, period: Period, readableMs: number): ReadingsSeries {
  const { device, fromMs, toMs, gapMs } = period;
  const stepMs = Math.max(MINUTE_MS, readableMs);
  const gaps = new Gaps(fromMs, toMs);
  const steps = new SeriesSteps(fromMs, toMs, stepMs);
  const take = (m: ReadingMinute) => {
    const at = m.minute * MINUTE_MS;
    if (at + MINUTE_MS <= fromMs) return;
    const point = steps.sums(Math.max(at, fromMs), m.minW, m.maxW, m.lastW, m.energyWs, m.heldMs);
    if (m.energyTotalKwh !== null) point.energyTotalKwh = m.energyTotalKwh;
  };
  let heardUntil: number | null = null;
  // Minutes in which the power held without a message; how long the silence is shows at its end.
  let silent: ReadingMinute[] = [];
  const reach = (at: number) => {
    if (heardUntil === null) gaps.addFirst(at);
    else if (at - heardUntil > gapMs) gaps.add(heardUntil, at);
    if (heardUntil !== null && at - heardUntil <= gapMs) silent.forEach(take);
    silent = [];
  };
  for (const minute of minutes.list(device, fromMs - gapMs, toMs)) {
    if (minute.readings === 0) {
      silent.push(minute);
      continue;
    }
    reach(minute.minute * MINUTE_MS);
    heardUntil = (minute.minute + 1) * MINUTE_MS;
    take(minute);
  }
  reach(toMs);
  return { source: 'minutes', stepMs, points: steps.points(), gaps: gaps.list };
}
