import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { LogPage } from '../../../src/api/log.ts';
import { call, query } from '../../api/client.ts';
import { type LogBook, withNewer, withOlder } from './log-book.ts';

const POLL_MS = 2000;
const LINES_FIRST = 200;
const LINES_NEWER_MAX = 500;

export type LogFilter = { level: string; event: string; device_id: string; text: string };
export const NO_FILTER: LogFilter = { level: '', event: '', device_id: '', text: '' };

const read = (
  filter: LogFilter,
  more: { after?: number; before?: number; limit: number },
  signal?: AbortSignal,
) => call<LogPage>('GET', `/api/log${query({ ...filter, ...more })}`, undefined, signal);

/** The log, followed every two seconds while `isFollowed`. */
export function useLog(filter: LogFilter, isFollowed: boolean) {
  const queries = useQueryClient();
  const queryKey = ['log', filter];
  const log = useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<LogBook> => {
      const held = queries.getQueryData<LogBook>(queryKey);
      const newest = held?.lines[0]?.id;
      if (!held || newest === undefined) return read(filter, { limit: LINES_FIRST }, signal);
      return withNewer(held, await read(filter, { after: newest, limit: LINES_NEWER_MAX }, signal));
    },
    refetchInterval: isFollowed ? POLL_MS : false,
    refetchOnWindowFocus: isFollowed,
    placeholderData: keepPreviousData,
  });
  const older = useMutation({
    mutationFn: (before: number) => read(filter, { before, limit: LINES_FIRST }),
    onSuccess: (page) => {
      queries.setQueryData<LogBook>(queryKey, (held) => (held ? withOlder(held, page) : page));
    },
  });
  return { log, older };
}
