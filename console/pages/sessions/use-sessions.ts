import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { SessionsSummary } from '../../../src/api/schemas.ts';
import { call, query as queryText } from '../../api/client.ts';
import { type LiveEvents, live } from '../../api/live.ts';
import { fieldsOf, type SessionQuery } from './session-filter.ts';
import { patched, type SessionsPage, unseen } from './session-news.ts';

const PAGE_ROWS = 100;
/** What the stream tells is shown together, this often. */
const NEWS_MS = 500;
/** Sums of a million sessions cost the bridge something: they follow at their ease. */
const SUMS_MS = 5000;

const listKey = (query: SessionQuery) => ['sessions', 'list', query];
const sumsKey = (query: SessionQuery) => ['sessions', 'sums', query];

/** What all the sessions that match come to; the former sums stay until the new ones are there. */
export function useSessionSums(query: SessionQuery) {
  return useQuery({
    queryKey: sumsKey(query),
    queryFn: ({ signal }) =>
      call<SessionsSummary>('GET', `/api/sessions/summary${queryText(fieldsOf(query))}`, undefined, signal),
    placeholderData: keepPreviousData,
  });
}

/** The sessions that match, page by page. Rows change in their place; new ones are counted until asked for. */
export function useSessions(query: SessionQuery) {
  const list = useInfiniteQuery({
    queryKey: listKey(query),
    queryFn: ({ pageParam, signal }) => {
      const fields = { ...fieldsOf(query), limit: PAGE_ROWS, cursor: pageParam };
      return call<SessionsPage>('GET', `/api/sessions${queryText(fields)}`, undefined, signal);
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    // A list that moved by itself would be lost under the reader's eyes.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const { fresh, forget } = useNews(query);
  return { list, fresh, showFresh: () => void forget() };
}

/** Follows the stream: `fresh` sessions match and are not in the list; `forget` fetches the list anew. */
function useNews(query: SessionQuery) {
  const queries = useQueryClient();
  const [news, setNews] = useState<{ key: string; ids: ReadonlySet<string> }>({ key: '', ids: new Set() });
  const key = JSON.stringify(query);

  useEffect(() => {
    const asked: SessionQuery = JSON.parse(key);
    const restart = () => {
      setNews({ key, ids: new Set() });
      return queries.invalidateQueries({ queryKey: ['sessions'] });
    };
    const told = new Map<string, LiveEvents['session']>();
    let newsTimer: ReturnType<typeof setTimeout> | undefined;
    let sumsTimer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      newsTimer = undefined;
      const now = new Map(told);
      told.clear();
      const data = queries.getQueryData<InfiniteData<SessionsPage>>(listKey(asked));
      if (!data) return;
      queries.setQueryData(listKey(asked), { ...data, pages: patched(data.pages, now) });
      const ids = unseen(data.pages, now, asked);
      if (ids.length === 0) return;
      // In an empty list nothing can jump.
      if (data.pages.every(({ sessions }) => sessions.length === 0)) void restart();
      else setNews((before) => ({ key, ids: new Set([...(before.key === key ? before.ids : []), ...ids]) }));
    };
    const offSession = live.on('session', (session) => {
      told.set(session.session_id, session);
      newsTimer ??= setTimeout(show, NEWS_MS);
      if (session.change === 'heartbeat') return;
      sumsTimer ??= setTimeout(() => {
        sumsTimer = undefined;
        void queries.invalidateQueries({ queryKey: sumsKey(asked) });
      }, SUMS_MS);
    });
    const offHello = live.on('hello', () => void restart());
    return () => {
      offSession();
      offHello();
      clearTimeout(newsTimer);
      clearTimeout(sumsTimer);
    };
  }, [key, queries]);

  const forget = async () => {
    setNews({ key, ids: new Set() });
    await queries.resetQueries({ queryKey: listKey(query) });
  };
  return { fresh: news.key === key ? news.ids.size : 0, forget };
}
