import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type Place, readPlace, searchOf } from './event-place.ts';

/** What is listed and what is open, in the address; to open an event is a step that "back" takes back. */
export function usePlace(): [Place, (more: Partial<Place>) => void] {
  const search = useRouterState({ select: ({ location }) => location.search as Record<string, unknown> });
  const navigate = useNavigate();
  const place = useMemo(() => readPlace(search), [search]);
  const go = (more: Partial<Place>) => {
    const replace = more.event === undefined || place.event !== '';
    void navigate({ to: '/delivery', search: searchOf({ ...place, ...more }) as never, replace });
  };
  return [place, go];
}
