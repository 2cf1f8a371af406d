import type { Input } from '../detect/detector.ts';
import { MINUTE_MS, type ReadingMinute } from '../store/reading-minutes.ts';
import type { CurveListener, PowerCurve } from './power-curve.ts';

/** A power holds this long without a message, in the one-minute sums. */
export const MINUTES_HOLD_MS_MAX = 3_600_000;

/** What `inputs` add to the minutes of their device. */
export function minutesOf(curve: PowerCurve, inputs: readonly Input[]): Iterable<ReadingMinute> {
  const minutes = new Map<number, ReadingMinute>();

  function at(minute: number, powerW: number): ReadingMinute {
    let sums = minutes.get(minute);
    if (!sums) {
      const none = { readings: 0, energyWs: 0, heldMs: 0, energyTotalKwh: null };
      sums = { minute, minW: powerW, maxW: powerW, lastW: powerW, ...none };
      minutes.set(minute, sums);
    }
    sums.minW = Math.min(sums.minW, powerW);
    sums.maxW = Math.max(sums.maxW, powerW);
    sums.lastW = powerW;
    return sums;
  }

  const listener: CurveListener = {
    reading(when, { powerW, energyTotalKwh }) {
      const minute = Math.floor(when / MINUTE_MS);
      const sums = powerW === undefined ? minutes.get(minute) : at(minute, powerW);
      if (!sums) return;
      sums.readings += 1;
      if (energyTotalKwh !== undefined) sums.energyTotalKwh = energyTotalKwh;
    },
    held(fromAt, toAt, powerW) {
      for (let from = fromAt; from < toAt; ) {
        const minute = Math.floor(from / MINUTE_MS);
        const to = Math.min(toAt, (minute + 1) * MINUTE_MS);
        const sums = at(minute, powerW);
        sums.energyWs += (powerW * (to - from)) / 1000;
        sums.heldMs += to - from;
        from = to;
      }
    },
    unknown: () => undefined,
  };
  for (const input of inputs) curve.take(input, listener);
  return minutes.values();
}
