import { useCallback, useEffect, useState } from 'react';
import { spanOf, type TimeRange } from './time-range.ts';

const TICK_MS = 1000;
/** So near to now counts as now. */
const NOW_SHARE = 0.002;

/** What a chart shows: the last `startSpanMs` and going on with time, until somebody looks elsewhere. */
export function useLiveRange(startSpanMs: number) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  const [view, setView] = useState<{ spanMs: number; toMs: number | null }>({
    spanMs: startSpanMs,
    toMs: null,
  });
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const toMs = view.toMs ?? nowMs;
  const range = { fromMs: toMs - view.spanMs, toMs };
  const show = useCallback((next: TimeRange) => {
    const spanMs = spanOf(next);
    const isNow = Date.now() - next.toMs < spanMs * NOW_SHARE + TICK_MS;
    setView({ spanMs, toMs: isNow ? null : next.toMs });
  }, []);
  const showSpan = useCallback((spanMs: number) => setView((before) => ({ ...before, spanMs })), []);
  const reset = useCallback(() => setView({ spanMs: startSpanMs, toMs: null }), [startSpanMs]);
  const follow = useCallback(() => setView((before) => ({ ...before, toMs: null })), []);
  return { range, nowMs, isLive: view.toMs === null, show, showSpan, reset, follow };
}
