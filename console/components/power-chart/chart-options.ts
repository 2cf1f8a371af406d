import uPlot from 'uplot';
import { drawBands, drawThresholds } from './drawing.ts';
import { colour, type Overlay } from './overlay.ts';

export type AxisWords = { time(ms: number, stepMs: number): string; power(watts: number): string };

/** Room for the figures of the power axis; lanes below a chart keep the same. */
export const AXIS_PX = 72;
export const RIGHT_PX = 12;
const X_AXIS_PX = 28;
const LABEL_HALF_PX = 36;

const HEADROOM = 1.08;
const LEAST_MAX_W = 10;

function powerRange(overlay: () => Overlay): uPlot.Range.Function {
  return (_, dataMin, dataMax) => {
    const lines = overlay().thresholds.map(({ watts }) => watts);
    const top = Math.max(dataMax ?? 0, ...lines, LEAST_MAX_W) * HEADROOM;
    return [Math.min(dataMin ?? 0, 0), top];
  };
}

/** Marks of a spread axis: 0 and 1, 2, 5 of each power of ten, fewer where they would crowd. */
function spreadSplits(_: uPlot, __: number, ___: number, max: number): number[] {
  const marks = [0];
  for (let decade = 1; decade <= max; decade *= 10) {
    for (const part of max > 300 ? [1, 3] : [1, 2, 5]) if (decade * part <= max) marks.push(decade * part);
  }
  return marks;
}

/** Whether the words of a mark would not be cut off at the right edge. */
const hasRoom = (u: uPlot, second: number) =>
  u.valToPos(second, 'x') < u.bbox.width / devicePixelRatio + RIGHT_PX - LABEL_HALF_PX;

function axes(words: AxisWords, isSpread: boolean): uPlot.Axis[] {
  const look = { stroke: () => colour('--text-quiet'), grid: { stroke: () => colour('--line'), width: 1 } };
  const font = '12px system-ui, sans-serif';
  return [
    {
      ...look,
      font,
      ticks: { show: false },
      size: X_AXIS_PX,
      space: 90,
      values: (u, splits, __, ___, incr) =>
        splits.map((s) => (hasRoom(u, s) ? words.time(s * 1000, incr * 1000) : '')),
    },
    {
      ...look,
      font,
      size: AXIS_PX,
      ...(isSpread && { splits: spreadSplits }),
      ticks: { show: false },
      values: (_, splits) => splits.map((watts) => (watts === null ? '' : words.power(watts))),
    },
  ];
}

/** What uPlot is told: a stepped line, the spread of its steps, and what is drawn behind and over it. */
export function chartOptions(
  size: { width: number; height: number },
  words: AxisWords,
  overlay: () => Overlay,
  isSpread: boolean,
  onCursor: (u: uPlot) => void,
): uPlot.Options {
  const { stepped } = uPlot.paths;
  if (!stepped) throw new Error('uPlot has no stepped paths');
  const paths = stepped({ align: 1 });
  const spread = { paths, stroke: 'transparent', width: 0, points: { show: false } };
  return {
    ...size,
    padding: [8, RIGHT_PX, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false, setScale: false }, points: { show: false }, y: false },
    scales: {
      x: { time: true, auto: false },
      y: { range: powerRange(overlay), ...(isSpread && { distr: 4 as const, asinh: 1 }) },
    },
    axes: axes(words, isSpread),
    series: [
      {},
      { paths, stroke: () => colour('--line-power'), width: 1.5, points: { show: false } },
      spread,
      spread,
    ],
    bands: [{ series: [3, 2], fill: () => `color-mix(in srgb, ${colour('--line-power')} 28%, transparent)` }],
    hooks: {
      drawClear: [(u) => drawBands(u, overlay().bands)],
      draw: [(u) => drawThresholds(u, overlay().thresholds)],
      setCursor: [onCursor],
    },
  };
}
