import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ConfigurationDiffAnswer, ConfigurationsPage } from '../../../src/api/configurations.ts';
import { at, call, query } from '../../api/client.ts';

const PAGE = 50;
export const HISTORY_KEY = ['configurations'];

/** The configurations that were applied, newest first. */
export function useConfigurations() {
  return useInfiniteQuery({
    queryKey: HISTORY_KEY,
    queryFn: ({ pageParam, signal }) =>
      call<ConfigurationsPage>(
        'GET',
        `/api/configurations${query({ before: pageParam, limit: PAGE })}`,
        undefined,
        signal,
      ),
    initialPageParam: null as number | null,
    getNextPageParam: ({ next_before }) => next_before,
  });
}

/** What differs from `from` to `to`; null: there is nothing to compare. */
export function useDiff(from: number | 'current' | null, to: number) {
  return useQuery({
    queryKey: [...HISTORY_KEY, 'diff', from, to],
    queryFn: ({ signal }) =>
      call<ConfigurationDiffAnswer>(
        'GET',
        at('configurations', String(from), 'diff', String(to)),
        undefined,
        signal,
      ),
    enabled: from !== null,
  });
}
