/** Powers are put into bins of equal ratio: 5 % each, except near zero, where a watt is nothing to a machine. */
const BIN_NATS = 0.05;
const BINS = 340;
const OFFSET_W = 1;

/** Where `powerW` lies on the scale on which gaps are measured, in nats: a ratio, except near zero. */
export function scaleOf(powerW: number): number {
  return Math.log(powerW + OFFSET_W);
}

const powerAt = (nats: number) => Math.exp(nats) - OFFSET_W;
const binOf = (powerW: number) => Math.min(BINS - 1, Math.floor(scaleOf(powerW) / BIN_NATS));

/** For how long the machine drew which power. */
export class PowerHistogram {
  readonly #ms = new Float64Array(BINS);
  totalMs = 0;

  add(powerW: number, ms: number): void {
    const bin = binOf(powerW);
    this.#ms[bin] = (this.#ms[bin] ?? 0) + ms;
    this.totalMs += ms;
  }

  at(bin: number): number {
    return this.#ms[bin] ?? 0;
  }

  /** Neighbours smoothed together, so that the resolution of a meter makes no gaps. */
  smoothed(bin: number): number {
    const outer = this.at(bin - 2) + this.at(bin + 2);
    const inner = this.at(bin - 1) + this.at(bin + 1);
    return (outer + 2 * inner + 3 * this.at(bin)) / 9;
  }
}

/** A range of power that the machine keeps to; between two of them it hardly ever is. */
export type PowerRange = {
  /** The range without its rare extremes, W. */
  fromW: number;
  toW: number;
  ms: number;
};

/** A valley is one when it is this much lower than the peaks beside it. */
const VALLEY_SHARE_MAX = 0.2;
/** Ranges nearer than this are one: a ratio of 1.4, or half a watt at zero. */
const GAP_NATS_MIN = 0.35;
/** So much of a range's time on either side counts as its rare extremes. */
const EXTREME_SHARE = 0.005;
/** A range in which the machine spent less time is a transient. */
const RANGE_MS_MIN = 60_000;
const RANGE_SHARE_MIN = 0.0003;

type Hill = { from: number; to: number; peak: number };

/** The hills of the histogram between its empty bins and its local minima, by rising power. */
function hillsOf(histogram: PowerHistogram): Hill[] {
  const hills: Hill[] = [];
  let current: Hill | null = null;
  let isFalling = false;
  let before = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const height = histogram.smoothed(bin);
    const begins = height > 0 && (current === null || (isFalling && height > before));
    if (height === 0) current = null;
    else if (begins) hills.push((current = { from: bin, to: bin, peak: height }));
    else if (current) {
      current.to = bin;
      current.peak = Math.max(current.peak, height);
    }
    if (begins) isFalling = false;
    else if (height < before) isFalling = true;
    before = height;
  }
  return hills;
}

/** The lowest point between two hills that lie side by side. */
function valleyOf(histogram: PowerHistogram, left: Hill, right: Hill): number {
  if (right.from > left.to + 1) return 0;
  return Math.min(histogram.smoothed(left.to), histogram.smoothed(right.from));
}

/** Joins hills until every valley between them is a deep one. */
function joinHills(histogram: PowerHistogram, hills: Hill[]): Hill[] {
  const joined = [...hills];
  for (;;) {
    let flattest = -1;
    let share = VALLEY_SHARE_MAX;
    for (let i = 0; i + 1 < joined.length; i++) {
      const [left, right] = [joined[i] as Hill, joined[i + 1] as Hill];
      const depth = valleyOf(histogram, left, right) / Math.min(left.peak, right.peak);
      if (depth > share) [flattest, share] = [i, depth];
    }
    if (flattest < 0) return joined;
    const [left, right] = [joined[flattest] as Hill, joined[flattest + 1] as Hill];
    joined.splice(flattest, 2, { from: left.from, to: right.to, peak: Math.max(left.peak, right.peak) });
  }
}

/** The range that `hill` is without `EXTREME_SHARE` of its time at both ends. */
function rangeOf(histogram: PowerHistogram, { from, to }: { from: number; to: number }): PowerRange {
  let ms = 0;
  for (let bin = from; bin <= to; bin++) ms += histogram.at(bin);
  const endFrom = (first: number, step: 1 | -1) => {
    let rest = ms * EXTREME_SHARE;
    let bin = first;
    // A smoothed hill is wider than what was measured.
    while (bin !== to + 1 && bin !== from - 1 && histogram.at(bin) <= rest) {
      rest -= histogram.at(bin);
      bin += step;
    }
    return bin;
  };
  const fromW = Math.max(0, powerAt(endFrom(from, 1) * BIN_NATS));
  return { fromW, toW: powerAt((endFrom(to, -1) + 1) * BIN_NATS), ms };
}

/**
 * The ranges of power in which the machine stays, by rising power. Transients are in none of them.
 */
export function rangesOf(histogram: PowerHistogram): PowerRange[] {
  const msMin = Math.max(RANGE_MS_MIN, histogram.totalMs * RANGE_SHARE_MIN);
  const hills = joinHills(histogram, hillsOf(histogram));
  const ranges: PowerRange[] = [];
  for (const range of hills.map((hill) => rangeOf(histogram, hill))) {
    if (range.ms < msMin) continue;
    const last = ranges.at(-1);
    if (last && scaleOf(range.fromW) - scaleOf(last.toW) < GAP_NATS_MIN) {
      last.toW = range.toW;
      last.ms += range.ms;
    } else ranges.push(range);
  }
  return ranges;
}

/** Between two ranges, in the middle of the scale, W. */
export function middleW(below: PowerRange, above: PowerRange): number {
  return powerAt((scaleOf(below.toW) + scaleOf(above.fromW)) / 2);
}
