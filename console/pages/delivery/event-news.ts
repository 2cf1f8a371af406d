import type { EventRecord } from '../../../src/api/schemas.ts';
import type { LiveEvents } from '../../api/live.ts';
import type { Place } from './event-place.ts';

export type EventsPage = { events: EventRecord[]; next_before: number | null };
/** What the stream told of events, the newest of each. */
export type EventNews = ReadonlyMap<string, LiveEvents['event']>;
type Listed = Pick<Place, 'state' | 'machine'>;

/** More are not counted one by one. */
export const FRESH_MAX = 999;

/** The pages with the rows whose state changed; they stay where they are. */
export function patched(pages: readonly EventsPage[], news: EventNews): EventsPage[] {
  return pages.map((page) => ({
    ...page,
    events: page.events.map((row) => {
      const now = news.get(row.event_uid);
      return !now || now.state === row.state ? row : { ...row, state: now.state };
    }),
  }));
}

/** The events that belong in the list and are not shown, after what was told: they come and go. */
export function freshAfter(
  before: ReadonlySet<string>,
  pages: readonly EventsPage[],
  news: EventNews,
  { state, machine }: Listed,
): ReadonlySet<string> {
  const shown = new Set(pages.flatMap(({ events }) => events.map(({ event_uid }) => event_uid)));
  const fresh = new Set(before);
  for (const { event_uid, device_id, state: now } of news.values()) {
    const belongs = now === state && (machine === '' || machine === device_id) && !shown.has(event_uid);
    if (!belongs) fresh.delete(event_uid);
    else if (fresh.size < FRESH_MAX) fresh.add(event_uid);
  }
  return fresh;
}
