import type { CurvesAnswer } from '../../../src/api/curves.ts';
import type { LiveReading } from '../../../src/model/live.ts';

/** The small curve of a machine, in units of its drawing. */
export type DrawnCurve = { path: string; standbyY: number | null; workingY: number | null };
export const DRAWING = { width: 120, height: 32 };

type Points = (number | null)[];
type Curve = {
  points: Points;
  standbyW: number | null;
  workingW: number | null;
  /** The power that holds until the next reading; null: nothing is known. */
  heldW: number | null;
  drawn: DrawnCurve | null;
};

/** Room above the working threshold for a machine that stays below it. */
const HEADROOM = 1.2;
const NOTHING: DrawnCurve = { path: '', standbyY: null, workingY: null };
const STEP_MS = 15_000;
const POINTS = 120;

const higher = (a: number | null | undefined, b: number | null): number | null =>
  a === null || a === undefined ? b : b === null ? a : Math.max(a, b);

/** `points` as a stepped line; gaps in the data are gaps. */
export function pathOf(points: Points, yOf: (powerW: number) => number): string {
  const stepX = DRAWING.width / points.length;
  let path = '';
  let isDrawing = false;
  for (const [i, powerW] of points.entries()) {
    if (powerW !== null) {
      const y = yOf(powerW).toFixed(1);
      path += `${isDrawing ? 'V' : `M${(i * stepX).toFixed(1)} `}${y}H${((i + 1) * stepX).toFixed(1)}`;
    }
    isDrawing = powerW !== null;
  }
  return path;
}

/**
 * Roots in place of watts: thresholds of a few watts stay apart below a machine of kilowatts, which is what the
 * curve is to show: when it ran, and in which state.
 */
function draw({ points: told, standbyW, workingW, heldW }: Curve): DrawnCurve {
  // The step that is going on ends with the power of now, so that the curve agrees with the figure beside it.
  const points = [...told.slice(0, -1), heldW ?? told.at(-1) ?? null];
  const topW = Math.max(1, (workingW ?? 0) * HEADROOM, ...points.map((powerW) => powerW ?? 0));
  const { height } = DRAWING;
  // Half a line of room at both edges.
  const yOf = (powerW: number) => height - 1 - (height - 2) * Math.sqrt(Math.max(0, powerW) / topW);
  return {
    path: pathOf(points, yOf),
    standbyY: standbyW === null ? null : yOf(standbyW),
    workingY: workingW === null ? null : yOf(workingW),
  };
}

/** The power of every machine over the last half hour: as the bridge told it, continued by readings. */
export class CurveBook {
  readonly #curves = new Map<string, Curve>();
  #stepMs = STEP_MS;
  #count = POINTS;
  /** The step that is going on, counted from the epoch. */
  #end = 0;
  #changed = new Set<string>();

  drawn(deviceId: string): DrawnCurve {
    const curve = this.#curves.get(deviceId);
    if (!curve) return NOTHING;
    curve.drawn ??= draw(curve);
    return curve.drawn;
  }

  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  /** Takes what the bridge knows over; what was heard since the answer was made stays. */
  setAll({ step_s, from, curves }: CurvesAnswer): void {
    const before = new Map(this.#curves);
    const [endBefore, stepBefore] = [this.#end, this.#stepMs];
    this.#curves.clear();
    this.#stepMs = step_s * 1000;
    this.#count = curves[0]?.points.length ?? this.#count;
    const end = Math.round(Date.parse(from) / this.#stepMs) + this.#count - 1;
    this.#end = end;
    for (const { device_id, standby_threshold_w, working_threshold_w, points: told } of curves) {
      const points = [...told];
      const former = before.get(device_id);
      if (former && endBefore === end && stepBefore === this.#stepMs) {
        const last = points.length - 1;
        points[last] = higher(points[last], former.points.at(-1) ?? null);
      }
      const heldW = former?.heldW ?? points.at(-1) ?? null;
      const thresholds = { standbyW: standby_threshold_w, workingW: working_threshold_w };
      this.#curves.set(device_id, { ...thresholds, points, heldW, drawn: null });
      this.#changed.add(device_id);
    }
  }

  readings(readings: readonly LiveReading[]): void {
    for (const { device_id: id, at, power_w: powerW } of readings) {
      if (powerW === undefined) continue;
      const step = Math.floor(Date.parse(at) / this.#stepMs);
      if (step > this.#end) this.#advanceTo(step);
      const curve = this.#curves.get(id) ?? this.#begin(id);
      const i = this.#count - 1 - (this.#end - step);
      if (i >= 0) curve.points[i] = higher(curve.points[i], powerW);
      if (curve.heldW === powerW) continue;
      curve.heldW = powerW;
      this.#touch(id, curve);
    }
  }

  /** Nothing is known of its power until it speaks again. */
  offline(deviceId: string): void {
    const curve = this.#curves.get(deviceId);
    if (curve) curve.heldW = null;
  }

  /** Time goes on without a reading, too. */
  advance(nowMs: number): void {
    const step = Math.floor(nowMs / this.#stepMs);
    if (step > this.#end) this.#advanceTo(step);
  }

  #advanceTo(step: number): void {
    const count = Math.min(step - this.#end, this.#count);
    this.#end = step;
    for (const [id, curve] of this.#curves) {
      const { heldW } = curve;
      curve.points = [...curve.points.slice(count), ...Array.from({ length: count }, () => heldW)];
      this.#touch(id, curve);
    }
  }

  #begin(deviceId: string): Curve {
    const points = Array.from({ length: this.#count }, () => null);
    const curve: Curve = { points, standbyW: null, workingW: null, heldW: null, drawn: null };
    this.#curves.set(deviceId, curve);
    return curve;
  }

  #touch(id: string, curve: Curve): void {
    curve.drawn = null;
    this.#changed.add(id);
  }
}
