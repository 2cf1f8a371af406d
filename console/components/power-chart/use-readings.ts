import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { at, call, query } from '../../api/client.ts';
import { live } from '../../api/live.ts';
import type { LivePoint, Readings } from './chart-data.ts';
import { fetchRange, type TimeRange } from './time-range.ts';

const DEBOUNCE_MS = 250;
const LIVE_POINTS_MAX = 4000;
const POINTS_MAX = 5000;

/** `value` once it has not changed for a moment. */
export function useSettled<T>(value: T, ms = DEBOUNCE_MS): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** The readings around what is shown; the former ones stay until new ones are there. */
export function useReadings(deviceId: string, range: TimeRange, points = 1500) {
  const queries = useQueryClient();
  const { fromMs, toMs } = fetchRange(range);
  const wanted = useSettled(`${fromMs} ${toMs}`);
  const [from = 0, to = 0] = wanted.split(' ').map(Number);
  useEffect(
    () => live.on('hello', () => void queries.invalidateQueries({ queryKey: ['readings', deviceId] })),
    [queries, deviceId],
  );
  return useQuery({
    queryKey: ['readings', deviceId, from, to, points],
    queryFn: ({ signal }) => {
      const period = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      const asked = query({ ...period, points: Math.min(points, POINTS_MAX) });
      return call<Readings>('GET', `${at('devices', deviceId, 'readings')}${asked}`, undefined, signal);
    },
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

/** What the device has told since the page was opened, the newest 4000. */
export function useLivePoints(deviceId: string): readonly LivePoint[] {
  const [points, setPoints] = useState<readonly LivePoint[]>([]);
  const isOf = useRef(deviceId);
  if (isOf.current !== deviceId) {
    isOf.current = deviceId;
    setPoints([]);
  }
  useEffect(
    () =>
      live.on('reading', (readings) => {
        const news = readings.flatMap(({ device_id, at: iso, power_w: powerW }) =>
          device_id === deviceId && powerW !== undefined ? [{ atMs: Date.parse(iso), powerW }] : [],
        );
        if (news.length > 0) setPoints((before) => [...before, ...news].slice(-LIVE_POINTS_MAX));
      }),
    [deviceId],
  );
  return points;
}
