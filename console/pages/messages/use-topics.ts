import { useQuery, useQueryClient } from '@tanstack/react-query';
import { call, query } from '../../api/client.ts';
import { useLiveMessages } from './live-messages.ts';
import { type TopicInfo, withMessages } from './topics.ts';

type TopicsPage = { topics: TopicInfo[]; next_after: string | null };
export type Topics = { topics: TopicInfo[]; isWhole: boolean };

const KEY = ['topics'];
const PAGE_ROWS = 500;
const PAGES_MAX = 6;
/** The history forgets: counts are set right now and then. */
const REFRESH_MS = 60_000;

async function allTopics(signal: AbortSignal): Promise<Topics> {
  const topics: TopicInfo[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page: TopicsPage = await call(
      'GET',
      `/api/topics${query({ after, limit: PAGE_ROWS })}`,
      undefined,
      signal,
    );
    topics.push(...page.topics);
    after = page.next_after;
    if (after === null) break;
  }
  return { topics, isWhole: after === null };
}

/** The topics of the history with their newest messages, live unless it is paused. */
export function useTopics(isPaused: boolean) {
  const queries = useQueryClient();
  useLiveMessages(
    (messages) => {
      if (isPaused) return;
      queries.setQueryData<Topics>(
        KEY,
        (known) => known && { ...known, topics: withMessages(known.topics, messages) },
      );
    },
    () => void queries.invalidateQueries({ queryKey: KEY }),
  );
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => allTopics(signal),
    refetchInterval: isPaused ? false : REFRESH_MS,
  });
}
