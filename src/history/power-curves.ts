import type { CurvePoints, CurvesQuery } from '../model/reading-series.ts';
import type { Database } from '../store/database.ts';
import { ReadingChunksTable } from '../store/reading-chunks.ts';
import { MINUTE_MS, type ReadingMinutesTable, readingMinutesTable } from '../store/reading-minutes.ts';
import { PowerCurve } from './power-curve.ts';
import { InputDecoder } from './reading-decoder.ts';

/** Readings looked at for all curves together; of more, the minutes tell. */
const INPUTS_MAX = 300_000;

type Found = { device: number; gapMs: number; chunks: { id: number; inputs: number }[] };
type Period = Pick<CurvesQuery, 'fromMs' | 'toMs' | 'points'>;

/** The highest power in each step of a period. */
class Peaks {
  readonly points: CurvePoints;
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #stepMs: number;

  /** @param untilMs nothing is known of later */
  constructor({ fromMs, toMs, points }: Period, untilMs: number) {
    this.points = Array.from({ length: points }, () => null);
    this.#fromMs = fromMs;
    this.#toMs = Math.min(toMs, untilMs);
    this.#stepMs = (toMs - fromMs) / points;
  }

  at(at: number, powerW: number): void {
    if (at < this.#fromMs || at >= this.#toMs) return;
    this.#see(Math.floor((at - this.#fromMs) / this.#stepMs), powerW);
  }

  held(fromAt: number, toAt: number, powerW: number): void {
    const from = Math.max(fromAt, this.#fromMs);
    const to = Math.min(toAt, this.#toMs);
    if (from >= to) return;
    const first = Math.floor((from - this.#fromMs) / this.#stepMs);
    const end = Math.ceil((to - this.#fromMs) / this.#stepMs);
    for (let step = first; step < end; step++) this.#see(step, powerW);
  }

  #see(step: number, powerW: number): void {
    const before = this.points[step];
    if (before === undefined) return;
    this.points[step] = before === null ? powerW : Math.max(before, powerW);
  }
}

function addReadings(peaks: Peaks, table: ReadingChunksTable, found: Found, untilMs: number): void {
  const listener = {
    reading: (at: number, { powerW }: { powerW?: number }) => {
      if (powerW !== undefined) peaks.at(at, powerW);
    },
    held: (fromAt: number, toAt: number, powerW: number) => peaks.held(fromAt, toAt, powerW),
    unknown: () => undefined,
  };
  let curve: PowerCurve | null = null;
  for (const { id } of found.chunks) {
    const chunk = table.one(id);
    if (!chunk) continue;
    curve ??= new PowerCurve(found.gapMs, chunk.lost);
    for (const input of new InputDecoder().decode(chunk.data)) curve.take(input, listener);
  }
  curve?.end(untilMs, listener);
}

function addMinutes(
  peaks: Peaks,
  minutes: ReadingMinutesTable,
  { device, gapMs }: Found,
  fromMs: number,
  untilMs: number,
): void {
  let heardUntil: number | null = null;
  let lastW = 0;
  const holdUntil = (at: number) => {
    if (heardUntil !== null && at > heardUntil && at - heardUntil <= gapMs) peaks.held(heardUntil, at, lastW);
  };
  for (const minute of minutes.list(device, fromMs - gapMs, untilMs)) {
    // What held without a message is told by the silence between two that came.
    if (minute.readings === 0) continue;
    const at = minute.minute * MINUTE_MS;
    holdUntil(at);
    peaks.held(at, at + MINUTE_MS, minute.maxW);
    heardUntil = at + MINUTE_MS;
    lastW = minute.lastW;
  }
  holdUntil(untilMs);
}

/** Answers the small curves of many devices out of history.db: readings of a few, minutes of many. */
export function powerCurves(database: Database) {
  const table = new ReadingChunksTable(database);
  const minutes = readingMinutesTable(database);
  return (query: CurvesQuery, nowMs: number): CurvePoints[] => {
    const { fromMs } = query;
    const untilMs = Math.min(query.toMs, nowMs);
    const found = query.devices.map(({ deviceId, gapMs }): Found | null => {
      const device = table.device(deviceId);
      if (device === null) return null;
      return { device, gapMs, chunks: table.overlapping(device, fromMs - gapMs, untilMs) };
    });
    const inputs = found.reduce(
      (sum, one) => sum + (one?.chunks.reduce((all, chunk) => all + chunk.inputs, 0) ?? 0),
      0,
    );
    return found.map((one) => {
      const peaks = new Peaks(query, untilMs);
      if (one && inputs <= INPUTS_MAX) addReadings(peaks, table, one, untilMs);
      else if (one) addMinutes(peaks, minutes, one, fromMs, untilMs);
      return peaks.points;
    });
  };
}
