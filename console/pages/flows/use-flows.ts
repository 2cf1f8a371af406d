import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { DeviceSummary } from '../../../src/model/own-device.ts';
import type { ServiceReport } from '../../../src/model/service.ts';
import { at, call } from '../../api/client.ts';
import { useNotices } from '../../components/notices.tsx';
import type { FlowView } from './flow-draft.ts';

const KEY = ['flows'];
const POLL_MS = 5000;

/** The flows, with how each fares. */
export function useFlows() {
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) =>
      call<{ flows: FlowView[] }>('GET', '/api/flows', undefined, signal).then(({ flows }) => flows),
    refetchInterval: POLL_MS,
  });
}

/** Has the list fetched again after a change. */
export function useFlowsChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: KEY });
}

/** Switches a flow on, a suspended one too, or off. */
export function useSwitch(flow: FlowView) {
  const { t } = useTranslation();
  const notices = useNotices();
  const changed = useFlowsChanged();
  return useMutation({
    mutationFn: (enabled: boolean) => call<FlowView>('PATCH', at('flows', flow.flow_id), { enabled }),
    onSuccess: ({ enabled, name }) => notices.done(t(enabled ? 'flows.is_on' : 'flows.is_off', { name })),
    onError: (error) => notices.failed(error),
    onSettled: changed,
  });
}

/** Suggestions for fields that name a device or a broker; without them one can still type. */
export function useSuggestions(): { devices: string[]; brokers: string[] } {
  const devices = useQuery({
    queryKey: ['device-ids'],
    queryFn: ({ signal }) =>
      call<{ devices: DeviceSummary[] }>('GET', '/api/devices?limit=500', undefined, signal),
  });
  const service = useQuery({
    queryKey: ['flow-brokers'],
    queryFn: ({ signal }) => call<ServiceReport>('GET', '/api/service', undefined, signal),
  });
  return {
    devices: devices.data?.devices.map(({ device_id }) => device_id) ?? [],
    brokers: service.data?.brokers.map(({ broker_id }) => broker_id) ?? [],
  };
}
