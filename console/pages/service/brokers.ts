import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Broker } from '../../../src/model/broker.ts';
import type { Subscription } from '../../../src/model/subscription.ts';
import { at, call } from '../../api/client.ts';

export const BROKERS = ['brokers'];
export const SUBSCRIPTIONS = ['subscriptions'];
/** Connections change by themselves. */
const POLL_MS = 5000;

export function useBrokers() {
  return useQuery({
    queryKey: BROKERS,
    queryFn: async ({ signal }) =>
      (await call<{ brokers: Broker[] }>('GET', at('brokers'), undefined, signal)).brokers,
    refetchInterval: POLL_MS,
  });
}

export function useSubscriptions() {
  return useQuery({
    queryKey: SUBSCRIPTIONS,
    queryFn: async ({ signal }) =>
      (await call<{ subscriptions: Subscription[] }>('GET', at('subscriptions'), undefined, signal))
        .subscriptions,
    refetchInterval: POLL_MS,
  });
}

/** What people call a broker; those that nobody named are called so in the viewer's language. */
export function useBrokerName(): (brokerId: string) => string {
  const { t } = useTranslation();
  const { data } = useBrokers();
  return useCallback(
    (brokerId) => {
      if (brokerId === 'main' || brokerId === 'embedded') return t(`service.broker_${brokerId}`);
      return data?.find(({ broker_id }) => broker_id === brokerId)?.name ?? brokerId;
    },
    [t, data],
  );
}
