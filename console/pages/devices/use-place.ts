import { useNavigate, useRouterState } from '@tanstack/react-router';

export const TABS = ['devices', 'heard', 'templates', 'approvals'] as const;
export type Tab = (typeof TABS)[number];
/** Where on the page: the tab, and what is open beside the list. In the address, so that it can be linked to. */
export type Place = { tab: Tab; id: string | null };

const isTab = (word: unknown): word is Tab => (TABS as readonly unknown[]).includes(word);

export function usePlace(): [Place, (place: Place) => void] {
  const search = useRouterState({ select: ({ location }) => location.search as Record<string, unknown> });
  const navigate = useNavigate();
  const { tab, id } = search;
  const place: Place = {
    tab: isTab(tab) ? tab : 'devices',
    // The router reads an id of digits as a number.
    id: typeof id === 'string' || typeof id === 'number' ? String(id) : null,
  };
  const go = ({ tab: next, id: nextId }: Place) =>
    void navigate({
      to: '/devices',
      search: { ...(next !== 'devices' && { tab: next }), ...(nextId !== null && { id: nextId }) } as never,
      replace: nextId === null && next === place.tab,
    });
  return [place, go];
}
