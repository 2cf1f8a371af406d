import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { SessionRecord } from '../../../src/model/machine.ts';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { at, call, query } from '../../api/client.ts';
import { live } from '../../api/live.ts';
import { fetchRange, type TimeRange } from '../../components/power-chart/time-range.ts';
import { useSettled } from '../../components/power-chart/use-readings.ts';

const POLL_MS = 30_000;
const SESSIONS_MAX = 500;

export const TABS = ['chart', 'sessions', 'attributes', 'messages', 'configuration', 'tune', 'why'] as const;
export type Tab = (typeof TABS)[number];

/** Which machine, which tab and which session: all of it in the address. */
export function usePlace() {
  const { deviceId } = useParams({ from: '/machines/$deviceId' });
  const search = useSearch({ strict: false }) as { tab?: unknown; session?: unknown };
  const navigate = useNavigate();
  const tab: Tab = TABS.find((one) => one === search.tab) ?? 'chart';
  const sessionId = typeof search.session === 'string' ? search.session : null;
  const go = (next: Tab, session: string | null = null) =>
    void navigate({
      to: '/machines/$deviceId',
      params: { deviceId },
      search: { ...(next !== 'chart' && { tab: next }), ...(session && { session }) } as never,
    });
  return { deviceId, tab, sessionId, go };
}

export const deviceKey = (deviceId: string) => ['device', deviceId];

/** The device with everything that is known of it, its machine kept up to date by the stream. */
export function useDevice(deviceId: string) {
  const queries = useQueryClient();
  useEffect(() => {
    const key = deviceKey(deviceId);
    const offs = [
      live.on('state', ({ device_id, machine }) => {
        if (device_id !== deviceId) return;
        queries.setQueryData<DeviceDetail>(key, (before) => before && { ...before, ...machine });
      }),
      live.on('session', ({ device_id }) => {
        if (device_id === deviceId) void queries.invalidateQueries({ queryKey: ['sessions', deviceId] });
      }),
      live.on('hello', () => void queries.invalidateQueries({ queryKey: key })),
    ];
    return () => {
      for (const off of offs) off();
    };
  }, [queries, deviceId]);
  return useQuery({
    queryKey: deviceKey(deviceId),
    queryFn: ({ signal }) => call<DeviceDetail>('GET', at('devices', deviceId), undefined, signal),
    refetchInterval: POLL_MS,
  });
}

export type SessionsPage = { sessions: SessionRecord[]; next_cursor: string | null };

/** The sessions around what is shown, at most 500. */
export function useShownSessions(deviceId: string, range: TimeRange) {
  const { fromMs, toMs } = fetchRange(range);
  const [from = 0, to = 0] = useSettled(`${fromMs} ${toMs}`).split(' ').map(Number);
  return useQuery({
    queryKey: ['sessions', deviceId, 'shown', from, to],
    queryFn: ({ signal }) => {
      const period = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      const asked = query({ device_id: deviceId, ...period, limit: SESSIONS_MAX });
      return call<SessionsPage>('GET', `/api/sessions${asked}`, undefined, signal);
    },
    placeholderData: (before) => before,
  });
}
