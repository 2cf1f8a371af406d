import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { call, query } from '../../api/client.ts';
import { fieldsOf, fits, type HistoryFilter } from './history-filter.ts';
import { useLiveMessages } from './live-messages.ts';
import { fold, type Message, type MessagesPage } from './message.ts';

const PAGE_ROWS = 100;
/** A page of a narrow search may be empty: so many are asked for before the viewer is. */
const ASKS_MAX = 10;
/** While it is live the list holds so many; more are a click away. */
const LIVE_ROWS_MAX = 500;
/** What the stream told so lately may not be in the history yet. */
const RECENT_MAX = 100;

type Pages = InfiniteData<MessagesPage, number | null>;

async function pageOf(
  filter: HistoryFilter,
  from: number | null,
  signal: AbortSignal,
): Promise<MessagesPage> {
  const messages: Message[] = [];
  let before = from;
  for (let asks = 0; asks < ASKS_MAX; asks += 1) {
    const fields = { ...fieldsOf(filter), before, limit: PAGE_ROWS };
    const page = await call<MessagesPage>('GET', `/api/messages${query(fields)}`, undefined, signal);
    messages.push(...page.messages);
    before = page.next_before;
    if (before === null || messages.length >= PAGE_ROWS) break;
  }
  return { messages, next_before: before };
}

const firstOf = ({ pages, pageParams }: Pages): Pages => ({
  pages: pages.slice(0, 1),
  pageParams: pageParams.slice(0, 1),
});

function withFresh(data: Pages | undefined, fresh: readonly Message[]): Pages | undefined {
  const [first, ...rest] = data?.pages ?? [];
  return data && first && { ...data, pages: [fold(first, fresh, LIVE_ROWS_MAX), ...rest] };
}

/** The messages that a filter finds, newest first; new ones come by the stream unless it is paused. */
export function useHistory(filter: HistoryFilter) {
  const queries = useQueryClient();
  const key = useMemo(() => ['messages', filter], [filter]);
  const recent = useRef<Message[]>([]);
  const [isPaused, setPaused] = useState(false);
  const [missed, setMissed] = useState(0);
  const list = useInfiniteQuery({
    queryKey: key,
    initialPageParam: null as number | null,
    queryFn: async ({ pageParam, signal }) => {
      const page = await pageOf(filter, pageParam, signal);
      if (pageParam !== null) return page;
      return fold(
        page,
        recent.current.filter((message) => fits(filter, message)),
        LIVE_ROWS_MAX,
      );
    },
    getNextPageParam: (last) => last.next_before,
    placeholderData: keepPreviousData,
    // The stream keeps it fresh; left, it would have a gap when it is seen again.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

  const begin = useCallback(() => {
    queries.setQueryData<Pages>(key, (data) => data && firstOf(data));
    void queries.invalidateQueries({ queryKey: key });
  }, [queries, key]);
  useLiveMessages(
    (messages) => {
      recent.current = [...recent.current, ...messages].slice(-RECENT_MAX);
      const fresh = messages.filter((message) => fits(filter, message));
      if (fresh.length === 0) return;
      if (isPaused) setMissed((n) => n + fresh.length);
      else queries.setQueryData<Pages>(key, (data) => withFresh(data, fresh));
    },
    () => !isPaused && begin(),
  );

  const pause = useCallback(() => setPaused(true), []);
  const resume = useCallback(() => {
    setPaused(false);
    setMissed(0);
    begin();
  }, [begin]);
  const more = useCallback(() => {
    setPaused(true);
    void list.fetchNextPage();
  }, [list.fetchNextPage]);
  const messages = useMemo(() => list.data?.pages.flatMap((page) => page.messages) ?? [], [list.data]);
  return { list, messages, isPaused, missed, pause, resume, more };
}
export type History = ReturnType<typeof useHistory>;
