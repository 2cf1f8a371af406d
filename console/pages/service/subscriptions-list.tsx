import { Button, NativeSelect, Skeleton, Switch, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Subscription } from '../../../src/model/subscription.ts';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { ListFrame } from '../../components/list-frame.tsx';
import { useBrokerName, useBrokers, useSubscriptions } from './brokers.ts';
import { SubscriptionChip } from './chip.tsx';
import { SectionHead } from './section-head.tsx';
import classes from './service.module.css';
import { found, optionsOf, type SubscriptionFilter } from './subscription-draft.ts';
import { SubscriptionForm } from './subscription-form.tsx';
import { useChange, useRefresh } from './use-service.ts';

const STATES = ['active', 'covered', 'waiting', 'refused', 'off'] as const;
const NO_FILTER: SubscriptionFilter = { search: '', brokerId: '', state: '' };

/** What is listened to besides the machines. */
export function SubscriptionsList() {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useSubscriptions();
  const [filter, setFilter] = useState(NO_FILTER);
  const [edited, setEdited] = useState<Subscription | 'new' | null>(null);
  const shown = found(data ?? [], filter);
  return (
    <section aria-labelledby="subscriptions">
      <SectionHead id="subscriptions" title={t('service.subscriptions')}>
        <Button onClick={() => setEdited('new')}>{t('service.add_subscription')}</Button>
      </SectionHead>
      <ListFrame
        tools={(data?.length ?? 0) > 0 && <SubscriptionTools filter={filter} onChange={setFilter} />}
        isLoading={isPending}
        error={data ? null : error}
        onRetry={() => void refetch()}
        isEmpty={shown.length === 0}
        empty={
          <Text size="sm">
            {t(data?.length === 0 ? 'service.no_subscriptions' : 'service.nothing_found')}
          </Text>
        }
        skeleton={<Skeleton height={60} />}
      >
        <ul className={classes.list}>
          {shown.map((one) => (
            <SubscriptionRow key={one.subscription_id} subscription={one} onEdit={() => setEdited(one)} />
          ))}
        </ul>
      </ListFrame>
      {edited && (
        <SubscriptionForm subscription={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </section>
  );
}

type ToolsProps = { filter: SubscriptionFilter; onChange(filter: SubscriptionFilter): void };

function SubscriptionTools({ filter, onChange }: ToolsProps) {
  const { t } = useTranslation();
  const { data: brokers = [] } = useBrokers();
  const nameOf = useBrokerName();
  const all = { value: '', label: t('list.all') };
  return (
    <>
      <TextInput
        label={t('list.search')}
        value={filter.search}
        onChange={(event) => onChange({ ...filter, search: event.currentTarget.value })}
      />
      <NativeSelect
        label="Broker"
        value={filter.brokerId}
        onChange={(event) => onChange({ ...filter, brokerId: event.currentTarget.value })}
        data={[all, ...brokers.map(({ broker_id }) => ({ value: broker_id, label: nameOf(broker_id) }))]}
      />
      <NativeSelect
        label={t('service.state')}
        value={filter.state}
        onChange={(event) => onChange({ ...filter, state: event.currentTarget.value })}
        data={[all, ...STATES.map((value) => ({ value, label: t(`service.state_${value}`) }))]}
      />
    </>
  );
}

function SubscriptionRow({ subscription, onEdit }: { subscription: Subscription; onEdit(): void }) {
  const { t } = useTranslation();
  const nameOf = useBrokerName();
  const { topic, broker_id, qos, state, warnings, note } = subscription;
  return (
    <li className={classes.row}>
      <div>
        <div className={classes.title}>
          {topic} <SubscriptionChip state={state.state} />
        </div>
        <div className={classes.facts}>
          <span>{nameOf(broker_id)}</span>
          <span>QoS {qos}</span>
          {optionsOf(subscription).map((option) => (
            <span key={option}>{t(`service.${option}`)}</span>
          ))}
          {state.by !== null && <span>{t('service.covered_by', { filter: state.by })}</span>}
        </div>
        {note !== '' && <Text size="sm">{note}</Text>}
      </div>
      <SubscriptionActions subscription={subscription} onEdit={onEdit} />
      {state.reason !== null && (
        <div className={`${classes.fault} ${classes.wide}`}>
          {t('service.refused', { reason: state.reason })}
        </div>
      )}
      {[...(state.note === null ? [] : [state.note]), ...warnings].map((text) => (
        <div key={text} className={`${classes.warning} ${classes.wide}`}>
          {text}
        </div>
      ))}
    </li>
  );
}

function SubscriptionActions({ subscription, onEdit }: { subscription: Subscription; onEdit(): void }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const { subscription_id, topic, enabled } = subscription;
  const path = at('subscriptions', subscription_id);
  const change = useChange(async (wanted: boolean) => {
    await call('PATCH', path, { enabled: wanted });
    return t(wanted ? 'service.switched_on' : 'service.switched_off', { name: topic });
  });
  const remove = async () => {
    await call('DELETE', path);
    refresh();
    return t('service.subscription_removed', { topic });
  };
  return (
    <div className={classes.actions}>
      <Switch
        aria-label={t('service.enabled_of', { name: topic })}
        checked={enabled}
        disabled={change.isPending}
        onChange={(event) => change.mutate(event.currentTarget.checked)}
      />
      <Button size="xs" variant="default" onClick={onEdit}>
        {t('list.edit')}
      </Button>
      <ConfirmButton
        size="xs"
        label={t('list.delete')}
        destroys
        consequence={t('service.subscription_removal', { topic })}
        act={remove}
      />
    </div>
  );
}
