import { type InfiniteData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { DeliveryReport } from '../../../src/api/delivery.ts';
import type { EventRecord } from '../../../src/api/schemas.ts';
import { at, call, query } from '../../api/client.ts';
import { type LiveEvents, live } from '../../api/live.ts';
import { type EventsPage, freshAfter, patched } from './event-news.ts';
import type { Place } from './event-place.ts';

const PAGE_ROWS = 50;
const POLL_MS = 5000;
/** What the stream tells is shown together, this often: most events wait for some milliseconds only. */
const NEWS_MS = 1000;

type Listed = Pick<Place, 'state' | 'machine'>;
const ROOT = ['delivery'];
const REPORT_KEY = [...ROOT, 'report'];
const listKey = ({ state, machine }: Listed) => [...ROOT, 'list', state, machine];
const eventKey = (uid: string) => [...ROOT, 'event', uid];

/** How events get on to Odoo; tries that fail are no news of the stream, so it is asked for too. */
export function useDeliveryReport() {
  return useQuery({
    queryKey: REPORT_KEY,
    queryFn: ({ signal }) => call<DeliveryReport>('GET', '/api/delivery', undefined, signal),
    refetchInterval: POLL_MS,
  });
}

/** One event as it is now; `known` is what the list has of it. */
export function useEvent(uid: string, known: EventRecord | undefined) {
  return useQuery({
    queryKey: eventKey(uid),
    queryFn: ({ signal }) => call<EventRecord>('GET', at('events', uid), undefined, signal),
    ...(known && { placeholderData: known }),
    refetchInterval: ({ state }) => (state.data?.state === 'pending' ? POLL_MS : false),
  });
}

/** Events of one state, newest first. Rows change in their place; new ones are counted until asked for. */
export function useEvents(listed: Listed) {
  const { state, machine } = listed;
  const list = useInfiniteQuery({
    queryKey: listKey(listed),
    queryFn: ({ pageParam, signal }) => {
      const fields = { state, device_id: machine, before: pageParam, limit: PAGE_ROWS };
      return call<EventsPage>('GET', `/api/events${query(fields)}`, undefined, signal);
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next_before,
    // A list that moved by itself would be lost under the reader's eyes.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return { list, ...useNews(listed) };
}

/** Follows the stream: what is fresh belongs in the list and is not shown. */
function useNews({ state, machine }: Listed) {
  const queries = useQueryClient();
  const [fresh, setFresh] = useState<{ key: string; uids: ReadonlySet<string> }>({
    key: '',
    uids: new Set(),
  });
  const [round, setRound] = useState(0);
  const key = `${state} ${machine} ${round}`;

  useEffect(() => {
    const listed = { state, machine };
    const told = new Map<string, LiveEvents['event']>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let uids: ReadonlySet<string> = new Set();
    const set = (now: ReadonlySet<string>) => {
      uids = now;
      setFresh({ key, uids });
    };
    const restart = () => {
      set(new Set());
      void queries.invalidateQueries({ queryKey: ROOT });
    };
    const show = () => {
      timer = undefined;
      const news = new Map(told);
      told.clear();
      void queries.invalidateQueries({ queryKey: REPORT_KEY });
      for (const uid of news.keys()) void queries.invalidateQueries({ queryKey: eventKey(uid) });
      const data = queries.getQueryData<InfiniteData<EventsPage>>(listKey(listed));
      if (!data) return;
      queries.setQueryData(listKey(listed), { ...data, pages: patched(data.pages, news) });
      const now = freshAfter(uids, data.pages, news, listed);
      const isEmpty = data.pages.every(({ events }) => events.length === 0);
      // In an empty list nothing can jump.
      if (isEmpty && now.size > 0) restart();
      else set(now);
    };
    set(uids);
    const offEvent = live.on('event', (event) => {
      told.set(event.event_uid, event);
      timer ??= setTimeout(show, NEWS_MS);
    });
    const offHello = live.on('hello', restart);
    return () => {
      offEvent();
      offHello();
      clearTimeout(timer);
    };
  }, [state, machine, key, queries]);

  const showFresh = () => {
    setRound((before) => before + 1);
    void queries.resetQueries({ queryKey: listKey({ state, machine }) });
  };
  return { fresh: fresh.key === key ? fresh.uids.size : 0, showFresh };
}

/** Sends one parked event again, or all; resolves to how many wait again. */
export function useSendAgain() {
  const queries = useQueryClient();
  return async (uid?: string): Promise<number> => {
    const path = uid === undefined ? '/api/events/retry' : at('events', uid, 'retry');
    const { events } = await call<{ events: number }>('POST', path);
    await queries.invalidateQueries({ queryKey: ROOT });
    return events;
  };
}
