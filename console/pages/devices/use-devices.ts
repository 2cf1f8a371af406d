import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { DeviceDetail, DeviceSummary } from '../../../src/model/own-device.ts';
import { at, call, query } from '../../api/client.ts';
import { live } from '../../api/live.ts';

const PAGE = 500;
const POLL_MS = 10_000;
/** Many devices are many pages: they are asked for less often. */
const POLL_MANY_MS = 60_000;

export const DEVICES_KEY = ['devices', 'list'];
export const detailKey = (deviceId: string) => ['devices', 'one', deviceId];

type Page = { devices: DeviceSummary[]; total: number };

async function allDevices(signal: AbortSignal): Promise<DeviceSummary[]> {
  const all: DeviceSummary[] = [];
  for (;;) {
    const path = `/api/devices${query({ limit: PAGE, offset: all.length })}`;
    const { devices, total } = await call<Page>('GET', path, undefined, signal);
    all.push(...devices);
    if (devices.length === 0 || all.length >= total) return all;
  }
}

/** Every device, wherever it comes from; states as they change. */
export function useDevices() {
  const queries = useQueryClient();
  useEffect(() => {
    const offState = live.on('state', ({ machine }) => {
      queries.setQueryData<DeviceSummary[]>(DEVICES_KEY, (devices) =>
        devices?.map((one) => (one.device_id === machine.device_id ? { ...one, ...machine } : one)),
      );
      queries.setQueryData<DeviceDetail>(
        detailKey(machine.device_id),
        (one) => one && { ...one, ...machine },
      );
    });
    const offHello = live.on('hello', () => void queries.invalidateQueries({ queryKey: ['devices'] }));
    return () => {
      offState();
      offHello();
    };
  }, [queries]);
  return useQuery({
    queryKey: DEVICES_KEY,
    queryFn: ({ signal }) => allDevices(signal),
    refetchInterval: ({ state }) => ((state.data?.length ?? 0) > PAGE ? POLL_MANY_MS : POLL_MS),
  });
}

export function useDevice(deviceId: string) {
  return useQuery({
    queryKey: detailKey(deviceId),
    queryFn: ({ signal }) => call<DeviceDetail>('GET', at('devices', deviceId), undefined, signal),
    refetchInterval: POLL_MS,
  });
}

/** Fetches anew whatever shows devices, here and on other pages. */
export function useDevicesChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries();
}
