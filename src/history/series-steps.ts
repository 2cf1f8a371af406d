import type { Reading } from '../model/reading.ts';
import type { ReadingPoint } from '../model/reading-series.ts';

/** Steps that people can read off an axis, ms. */
const STEPS_MS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
  .concat([1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080].map((minutes) => minutes * 60))
  .map((seconds) => seconds * 1000);

/** The smallest readable step that covers [fromMs, toMs) in at most `pointsMax` steps, counted from the epoch. */
export function stepFor(fromMs: number, toMs: number, pointsMax: number): number {
  const covers = (stepMs: number) =>
    Math.ceil(toMs / stepMs) - Math.floor(fromMs / stepMs) <= Math.max(2, pointsMax);
  const readable = STEPS_MS.find(covers);
  if (readable !== undefined) return readable;
  let stepMs = STEPS_MS.at(-1) as number;
  while (!covers(stepMs)) stepMs *= 2;
  return stepMs;
}

/** A point that is added to; its average is that of what is added up. */
type Step = ReadingPoint & { energyWs: number; heldMs: number };

/** What a power did in each step of a period. */
export class SeriesSteps {
  readonly #stepMs: number;
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #points = new Map<number, Step>();

  constructor(fromMs: number, toMs: number, stepMs: number) {
    this.#stepMs = stepMs;
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  reading(at: number, reading: Reading): void {
    if (at < this.#fromMs || at >= this.#toMs) return;
    const { powerW, energyTotalKwh, voltageV, currentA } = reading;
    const step = Math.floor(at / this.#stepMs);
    const point = powerW === undefined ? this.#points.get(step) : this.#at(step, powerW, powerW, powerW);
    if (!point) return;
    if (energyTotalKwh !== undefined) point.energyTotalKwh = energyTotalKwh;
    if (voltageV !== undefined) point.voltageV = voltageV;
    if (currentA !== undefined) point.currentA = currentA;
  }

  held(fromAt: number, toAt: number, powerW: number): void {
    const end = Math.min(toAt, this.#toMs);
    for (let from = Math.max(fromAt, this.#fromMs); from < end; ) {
      const step = Math.floor(from / this.#stepMs);
      const to = Math.min(end, (step + 1) * this.#stepMs);
      const point = this.#at(step, powerW, powerW, powerW);
      point.energyWs += (powerW * (to - from)) / 1000;
      point.heldMs += to - from;
      from = to;
    }
  }

  /** The sums of a time that lies within one step. */
  sums(
    at: number,
    minW: number,
    maxW: number,
    lastW: number,
    energyWs: number,
    heldMs: number,
  ): ReadingPoint {
    const point = this.#at(Math.floor(at / this.#stepMs), minW, maxW, lastW);
    point.energyWs += energyWs;
    point.heldMs += heldMs;
    return point;
  }

  /** The points, oldest first. */
  points(): ReadingPoint[] {
    const points: ReadingPoint[] = [];
    for (const step of [...this.#points.keys()].sort((a, b) => a - b)) {
      const { energyWs, heldMs, ...point } = this.#points.get(step) as Step;
      if (heldMs > 0) point.avgW = (energyWs * 1000) / heldMs;
      points.push(point);
    }
    return points;
  }

  #at(step: number, minW: number, maxW: number, lastW: number): Step {
    let point = this.#points.get(step);
    if (!point) {
      const at = Math.max(step * this.#stepMs, this.#fromMs);
      point = { at, minW, maxW, avgW: lastW, lastW, energyWs: 0, heldMs: 0 };
      this.#points.set(step, point);
    }
    point.minW = Math.min(point.minW, minW);
    point.maxW = Math.max(point.maxW, maxW);
    point.lastW = lastW;
    point.avgW = lastW;
    return point;
  }
}
