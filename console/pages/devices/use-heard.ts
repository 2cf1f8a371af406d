import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Discovered, Scan } from '../../../src/model/discovery.ts';
import { call, query } from '../../api/client.ts';

const SHOWN_MAX = 500;
const POLL_MS = 10_000;
/** While a search runs people look at the list. */
const POLL_SCANNING_MS = 2000;

export const HEARD_KEY = ['discovery'];
export type Heard = { found: Discovered[]; total: number; scans: Scan[] };

/** Meters that were heard and that no device reads. */
export function useHeard(search: string) {
  return useQuery({
    queryKey: [...HEARD_KEY, search],
    queryFn: ({ signal }) =>
      call<Heard>('GET', `/api/discovery${query({ search, limit: SHOWN_MAX })}`, undefined, signal),
    refetchInterval: ({ state }) => ((state.data?.scans.length ?? 0) > 0 ? POLL_SCANNING_MS : POLL_MS),
    placeholderData: (before) => before,
  });
}

const SECOND_MS = 1000;
let shownMs = Date.now();

function eachSecond(tell: () => void): () => void {
  const timer = setInterval(() => {
    shownMs = Date.now();
    tell();
  }, SECOND_MS);
  return () => clearInterval(timer);
}

/** The time now, ms since the epoch, anew every second. */
export const useNow = (): number => useSyncExternalStore(eachSecond, () => shownMs);
