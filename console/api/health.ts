import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { HealthReport } from '../../src/api/schemas.ts';
import { call } from './client.ts';
import { live } from './live.ts';

const KEY = ['health'];
const POLL_MS = 30_000;

/** The health of the bridge, by the stream; asked for besides, for when the stream is lost. */
export function useHealth() {
  const queries = useQueryClient();
  useEffect(() => live.on('health', (report) => queries.setQueryData(KEY, report)), [queries]);
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => call<HealthReport>('GET', '/health', undefined, signal),
    refetchInterval: POLL_MS,
  });
}
