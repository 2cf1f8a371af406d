import type { SessionRecord } from '../../../src/model/machine.ts';
import type { LiveEvents } from '../../api/live.ts';
import { matches, type SessionQuery } from './session-filter.ts';

export type SessionsPage = { sessions: SessionRecord[]; next_cursor: string | null };
/** What the stream told of sessions, the newest of each. */
export type SessionNews = ReadonlyMap<string, LiveEvents['session']>;

/** The pages with the rows that changed; they stay where they are. */
export function patched(pages: readonly SessionsPage[], news: SessionNews): SessionsPage[] {
  return pages.map((page) => ({
    ...page,
    sessions: page.sessions.map((row) => {
      const now = news.get(row.session_id);
      if (!now) return row;
      const { change: _change, ...session } = now;
      return session;
    }),
  }));
}

/** The sessions that have come to match and are not shown yet. */
export function unseen(pages: readonly SessionsPage[], news: SessionNews, query: SessionQuery): string[] {
  const shown = new Set(pages.flatMap(({ sessions }) => sessions.map(({ session_id }) => session_id)));
  return [...news.values()]
    .filter((now) => !shown.has(now.session_id) && isNew(now, query))
    .map(({ session_id }) => session_id);
}

/** Those that go on, or ended, were there before: they may stand on a page that was not loaded yet. */
function isNew(now: LiveEvents['session'], query: SessionQuery): boolean {
  if (!matches(now, query)) return false;
  if (now.change === 'opened') return true;
  // Where open ones are not listed a session is new when it ends.
  return now.change === 'closed' && (query.open === false || query.reason !== undefined);
}
