import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { type KeyboardEvent, useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import uPlot from 'uplot';
import { useFormat } from '../format.ts';
import { useAxisWords } from './axis-words.ts';
import { type Band, bandAt } from './bands.ts';
import { type ChartData, indexAt } from './chart-data.ts';
import { chartOptions } from './chart-options.ts';
import { type GestureDeps, keyGesture, listenToGestures } from './gestures.ts';
import type { Overlay, ThresholdLine } from './overlay.ts';
import classes from './power-chart.module.css';
import type { TimeRange } from './time-range.ts';

type PowerChartProps = {
  /** What it shows, for who cannot see it. */
  label: string;
  data: ChartData;
  range: TimeRange;
  onRange(range: TimeRange): void;
  onReset(): void;
  bands?: readonly Band[];
  thresholds?: readonly ThresholdLine[];
  height?: number;
  /** Small powers get more room, so that thresholds far below the greatest power can be told apart. */
  isSpread?: boolean;
};

const NO_BANDS: readonly Band[] = [];
const NO_LINES: readonly ThresholdLine[] = [];

/** The power over time: wheel or pinch zooms, drag pans, double click resets; arrows, + and − by the keyboard. */
export function PowerChart(props: PowerChartProps) {
  const { t } = useTranslation();
  const { label, height = 320, thresholds = NO_LINES } = props;
  const [cursorMs, setCursorMs] = useState<number | null>(null);
  const helpId = useId();
  const { frame, deps } = usePlot(props, height, setCursorMs);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && keyGesture(event.key, deps))
      event.preventDefault();
  };
  const canDrag = thresholds.some(({ onDrag }) => onDrag);
  return (
    <div className={classes.chart}>
      <CursorLine {...props} atMs={cursorMs} />
      <div
        ref={frame}
        className={classes.plot}
        data-drag={canDrag}
        style={{ height }}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys move the chart
        tabIndex={0}
        role="group"
        aria-label={label}
        aria-describedby={helpId}
        onKeyDown={onKeyDown}
      />
      <span id={helpId} className="spoken">
        {t('machine.chart_keys')}
      </span>
    </div>
  );
}

/** Keeps one uPlot alive over the renders, and tells it what is new. */
function usePlot(props: PowerChartProps, height: number, onCursor: (atMs: number | null) => void) {
  const { data, range, bands = NO_BANDS, thresholds = NO_LINES, isSpread = false } = props;
  const words = useAxisWords();
  const scheme = useComputedColorScheme('light');
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const overlay = useRef<Overlay>({ bands, thresholds });
  const latest = useRef(props);
  overlay.current = { bands, thresholds };
  latest.current = props;
  const deps = useRef<GestureDeps>({
    range: () => latest.current.range,
    nowMs: () => Date.now(),
    thresholds: () => overlay.current.thresholds,
    onRange: (next) => latest.current.onRange(next),
    onReset: () => latest.current.onReset(),
  }).current;

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const tellCursor = (u: uPlot) => {
      const { left = -1 } = u.cursor;
      onCursor(left < 0 ? null : u.posToVal(left, 'x') * 1000);
    };
    const size = { width: element.clientWidth, height };
    const options = chartOptions(size, words, () => overlay.current, isSpread, tellCursor);
    const u = new uPlot(options, latest.current.data, element);
    plot.current = u;
    showRange(u, latest.current.range);
    const ignore = listenToGestures(u, deps);
    const watcher = new ResizeObserver(() => u.setSize({ width: element.clientWidth, height }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      ignore();
      u.destroy();
      plot.current = null;
    };
  }, [words, height, isSpread, deps, onCursor]);

  useEffect(() => {
    const u = plot.current;
    if (!u) return;
    u.batch(() => {
      u.setData(data, false);
      showRange(u, range);
    });
  }, [data, range]);
  // Colours and overlays are read while drawing; the scale of the power depends on the thresholds.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of these changes what is drawn
  useEffect(() => plot.current?.redraw(false, true), [bands, thresholds, scheme]);
  return { frame, deps };
}

function showRange(u: uPlot, { fromMs, toMs }: TimeRange): void {
  u.setScale('x', { min: fromMs / 1000, max: toMs / 1000 });
}

/** Time, power and state under the cursor, else at the right end; in a place of its own, so that nothing moves. */
function CursorLine({
  data,
  range,
  bands = NO_BANDS,
  atMs: cursorMs,
}: PowerChartProps & { atMs: number | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isKnown = useCallback((atMs: number) => data[1][indexAt(data[0], atMs)] ?? null, [data]);
  // Bands end before their last instant: the newest power belongs to the one that goes on.
  const atMs = cursorMs ?? Math.min(range.toMs, (data[0].at(-1) ?? 0) * 1000) - 1;
  const watts = isKnown(atMs);
  const kind = bandAt(bands, atMs)?.kind;
  const state = watts === null ? 'unknown' : (kind ?? 'idle');
  return (
    <div className={`${classes.cursor} figures`}>
      <span>{data[0].length === 0 ? '–' : format.moment(atMs)}</span>
      <strong>{format.power(watts)}</strong>
      <span>{t(`machine.at_${state}`)}</span>
    </div>
  );
}
