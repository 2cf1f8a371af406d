import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { EmbeddedBrokerView } from '../../../src/api/embedded-broker.ts';
import type { ServiceReport } from '../../../src/model/service.ts';
import { ApiFault, at, call } from '../../api/client.ts';
import { live } from '../../api/live.ts';
import { useNotices } from '../../components/notices.tsx';
import { BROKERS, SUBSCRIPTIONS } from './brokers.ts';
import { isRefused } from './form-fault.tsx';

const SERVICE = ['service'];
const CLIENTS = ['clients'];
const POLL_MS = 5000;
/** While a connection is being made its end is near. */
const CONNECTING_POLL_MS = 1000;

/** Whoever is connected to the embedded broker, as `GET /api/clients` lists them. */
export type Client = {
  client_id: string;
  device_id: string | null;
  address: string;
  connected_since: string;
  protocol: 'mqtt' | 'mqtts' | 'ws';
  subscriptions: string[];
};

export function useService() {
  const queries = useQueryClient();
  useEffect(() => {
    const refresh = () => {
      for (const queryKey of [SERVICE, BROKERS, SUBSCRIPTIONS]) void queries.invalidateQueries({ queryKey });
    };
    const off = [live.on('health', refresh), live.on('hello', refresh)];
    return () => {
      for (const end of off) end();
    };
  }, [queries]);
  return useQuery({
    queryKey: SERVICE,
    queryFn: ({ signal }) => call<ServiceReport>('GET', at('service'), undefined, signal),
    refetchInterval: ({ state }) => (state.data?.connection === 'connecting' ? CONNECTING_POLL_MS : POLL_MS),
  });
}

export type Switch = 'start' | 'stop' | 'restart';

/** Starts, stops or restarts the service; resolves to what was done. */
export function useSwitch() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return async (word: Switch, body?: { persist: boolean }): Promise<string> => {
    const report = await call<ServiceReport>('POST', at('service', word), body);
    queries.setQueryData(SERVICE, report);
    for (const queryKey of [BROKERS, SUBSCRIPTIONS, CLIENTS]) void queries.invalidateQueries({ queryKey });
    return t(`service.done_${word}`);
  };
}

/** Fetches anew what a change of brokers or subscriptions touches. */
export function useRefresh(): () => void {
  const queries = useQueryClient();
  return () => {
    for (const queryKey of [SERVICE, BROKERS, SUBSCRIPTIONS]) void queries.invalidateQueries({ queryKey });
  };
}

/** A change of brokers or subscriptions by a form or a switch: its result or its reason is shown, and the lists are fetched anew. */
export function useChange<T>(act: (given: T) => Promise<string>, onDone?: () => void) {
  const refresh = useRefresh();
  const notices = useNotices();
  return useMutation({
    mutationFn: act,
    onSuccess: (text) => {
      notices.done(text);
      onDone?.();
    },
    // A form shows itself what it was refused for.
    onError: (error) => isRefused(error) || notices.failed(error),
    onSettled: refresh,
  });
}

export function useClients() {
  return useQuery({
    queryKey: CLIENTS,
    queryFn: ({ signal }) =>
      call<{ clients: Client[]; total: number }>('GET', at('clients'), undefined, signal),
    refetchInterval: POLL_MS,
  });
}

export function useEmbeddedBroker() {
  return useQuery({
    queryKey: ['embedded-broker'],
    queryFn: ({ signal }) => call<EmbeddedBrokerView>('GET', at('embedded-broker'), undefined, signal),
    refetchInterval: POLL_MS,
  });
}

/** What the bridge said about a field. */
export function saidAbout(error: unknown, field: string): string | undefined {
  return error instanceof ApiFault ? error.errors.find(({ path }) => path === field)?.message : undefined;
}
