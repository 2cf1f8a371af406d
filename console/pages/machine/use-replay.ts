import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReplayReport, Suggestion } from '../../../src/model/replay.ts';
import { at, call } from '../../api/client.ts';
import type { BandSession } from '../../components/power-chart/bands.ts';
import type { TimeRange } from '../../components/power-chart/time-range.ts';
import { useSettled } from '../../components/power-chart/use-readings.ts';
import type { TunedConfig } from './session-config.ts';

/** Dragging asks when the hand rests. */
const REPLAY_DEBOUNCE_MS = 400;

const iso = (ms: number) => new Date(ms).toISOString();

/** The sessions that a period would have had with `change`; the former answer stays until there is a new one. */
export function useReplay(deviceId: string, period: TimeRange, change: Partial<TunedConfig>) {
  const wanted = useSettled(JSON.stringify({ ...period, change }), REPLAY_DEBOUNCE_MS);
  const found = useQuery({
    queryKey: ['replay', deviceId, wanted],
    queryFn: ({ signal }) => {
      const asked = JSON.parse(wanted) as TimeRange & { change: Partial<TunedConfig> };
      const body = { from: iso(asked.fromMs), to: iso(asked.toMs), session_config: asked.change };
      return call<ReplayReport>('POST', at('devices', deviceId, 'replay'), body, signal);
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isStale = found.isPlaceholderData || wanted !== JSON.stringify({ ...period, change });
  return { ...found, isStale };
}

/** What the history suggests; asked once, as it reads a month. */
export function useSuggestion(deviceId: string) {
  return useQuery({
    queryKey: ['suggestion', deviceId],
    queryFn: ({ signal }) =>
      call<Suggestion>('GET', at('devices', deviceId, 'suggestion'), undefined, signal),
    staleTime: 300_000,
  });
}

/** The sessions as they were detected, put together from what a replay tells. */
export function formerSessions({ sessions, lost }: ReplayReport): BandSession[] {
  const kept = sessions.flatMap((session) => {
    if (session.change === 'same') return [session];
    return session.former ? [session.former] : [];
  });
  return [...kept, ...lost].sort((a, b) => (a.started_at < b.started_at ? -1 : 1));
}
