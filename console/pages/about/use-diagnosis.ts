import { useQuery } from '@tanstack/react-query';
import type { Check, Diagnosis } from '../../../src/model/diagnosis.ts';
import { call } from '../../api/client.ts';

const SEVERITY: Record<Check['status'], number> = { fault: 0, warning: 1, ok: 2, not_applicable: 3 };

/** The checks, run when the page is opened and when somebody asks. */
export function useDiagnosis() {
  return useQuery({
    queryKey: ['diagnosis'],
    queryFn: ({ signal }) => call<Diagnosis>('GET', '/api/diagnosis', undefined, signal),
    refetchOnWindowFocus: false,
  });
}

/** What needs a look first; else in the bridge's order. */
export const bySeverity = (checks: readonly Check[]): Check[] =>
  checks.toSorted((a, b) => SEVERITY[a.status] - SEVERITY[b.status]);
