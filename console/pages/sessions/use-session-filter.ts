import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useMemo } from 'react';
import { readFilter, type SessionFilter, searchOf } from './session-filter.ts';

/** The filter is in the address: a link to the page shows the same sessions. */
export function useSessionFilter(): [SessionFilter, (more: Partial<SessionFilter>) => void] {
  const search = useRouterState({ select: ({ location }) => location.search as Record<string, unknown> });
  const navigate = useNavigate();
  const filter = useMemo(() => readFilter(search), [search]);
  const change = (more: Partial<SessionFilter>) =>
    void navigate({ to: '/sessions', search: searchOf({ ...filter, ...more }) as never, replace: true });
  return [filter, change];
}
