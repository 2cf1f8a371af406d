import { useSyncExternalStore } from 'react';

/** The clocks of browser and bridge may differ by this without anyone seeing it. */
const TOLERATED_MS = 2000;
const SECOND_MS = 1000;

let aheadMs = 0;

/** The bridge says that it is `iso` now. */
export function hearTime(iso: string): void {
  const ahead = Date.parse(iso) - Date.now();
  if (Math.abs(ahead - aheadMs) > TOLERATED_MS) aheadMs = ahead;
}

/** The time by the bridge's clock, which all its times are told in; ms since the epoch. */
export const bridgeNow = (): number => Date.now() + aheadMs;

const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let shownNow = bridgeNow();

function tick(): void {
  shownNow = bridgeNow();
  for (const tell of watchers) tell();
}

function watch(tell: () => void): () => void {
  watchers.add(tell);
  if (timer === undefined) {
    shownNow = bridgeNow();
    timer = setInterval(tick, SECOND_MS);
  }
  return () => {
    watchers.delete(tell);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const watchNothing = () => () => undefined;

/** The bridge's time, renewed every second by one timer for all. @param isWatched false: it stands still */
export function useNow(isWatched = true): number {
  return useSyncExternalStore(isWatched ? watch : watchNothing, () => shownNow);
}
