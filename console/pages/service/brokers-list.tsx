import { Button, Skeleton, Switch, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Broker } from '../../../src/model/broker.ts';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { useNotices } from '../../components/notices.tsx';
import { BrokerForm } from './broker-form.tsx';
import { BrokerTest, type TestAnswer } from './broker-test.tsx';
import { useBrokerName, useBrokers } from './brokers.ts';
import { ConnectionChip } from './chip.tsx';
import { SectionHead } from './section-head.tsx';
import classes from './service.module.css';
import { useChange, useRefresh } from './use-service.ts';

/** Where messages come from and go to. */
export function BrokersList() {
  const { t } = useTranslation();
  const nameOf = useBrokerName();
  const { data, error, isPending, refetch } = useBrokers();
  const [search, setSearch] = useState('');
  const [edited, setEdited] = useState<Broker | 'new' | null>(null);
  const wanted = search.trim().toLowerCase();
  const shown = (data ?? []).filter(({ broker_id, url }) =>
    `${nameOf(broker_id)}\n${broker_id}\n${url ?? ''}`.toLowerCase().includes(wanted),
  );
  return (
    <section aria-labelledby="brokers">
      <SectionHead id="brokers" title={t('service.brokers')}>
        <Button onClick={() => setEdited('new')}>{t('service.add_broker')}</Button>
      </SectionHead>
      <ListFrame
        tools={
          <TextInput
            aria-label={t('list.search')}
            placeholder={t('list.search')}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        }
        isLoading={isPending}
        error={data ? null : error}
        onRetry={() => void refetch()}
        isEmpty={shown.length === 0}
        empty={t(wanted === '' ? 'service.no_brokers' : 'service.nothing_found')}
        skeleton={<Skeleton height={72} />}
      >
        <ul className={classes.list}>
          {shown.map((broker) => (
            <BrokerRow key={broker.broker_id} broker={broker} onEdit={() => setEdited(broker)} />
          ))}
        </ul>
      </ListFrame>
      {edited && <BrokerForm broker={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </section>
  );
}

function BrokerRow({ broker, onEdit }: { broker: Broker; onEdit(): void }) {
  const { t } = useTranslation();
  const nameOf = useBrokerName();
  const notices = useNotices();
  const f = useFormat();
  const { broker_id, source, enabled, state, warnings } = broker;
  const isOwn = source === 'api';
  const test = useMutation({
    mutationFn: () => call<TestAnswer>('POST', at('brokers', broker_id, 'test')),
    onError: (error) => notices.failed(error),
  });
  const shownFault = enabled && state.connection !== 'connected' ? state.last_fault : null;
  return (
    <li className={classes.row}>
      <div>
        <div className={classes.title}>
          {nameOf(broker_id)} <ConnectionChip connection={state.connection} isOff={!enabled} />
        </div>
        <BrokerFacts broker={broker} />
      </div>
      <div className={classes.actions}>
        {isOwn && <BrokerSwitch broker={broker} />}
        <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          {t('service.test')}
        </Button>
        {isOwn && (
          <Button size="xs" variant="default" onClick={onEdit}>
            {t('list.edit')}
          </Button>
        )}
        {isOwn && <BrokerRemoval broker={broker} />}
      </div>
      {shownFault && (
        <div className={`${classes.fault} ${classes.wide}`}>
          {t('service.last_fault', { time: f.moment(shownFault.at), message: shownFault.message })}
        </div>
      )}
      {warnings.map((warning) => (
        <div key={warning} className={`${classes.warning} ${classes.wide}`}>
          {warning}
        </div>
      ))}
      {test.data && <BrokerTest answer={test.data} />}
    </li>
  );
}

function BrokerFacts({ broker }: { broker: Broker }) {
  const { t } = useTranslation();
  const f = useFormat();
  const { broker_id, source, url, state, devices, subscriptions, note } = broker;
  return (
    <>
      <div className={classes.facts}>
        {url !== null && <span>{url}</span>}
        <span>{broker_id}</span>
        <span>{t('service.since_time', { time: f.moment(state.since) })}</span>
        <span>{t('service.devices_n', { n: f.count(devices) })}</span>
        <span>{t('service.subscriptions_n', { n: f.count(subscriptions) })}</span>
      </div>
      {source !== 'api' && (
        <Text size="sm" className="quiet">
          {t(`service.source_${source}`)}
        </Text>
      )}
      {note !== '' && <Text size="sm">{note}</Text>}
    </>
  );
}

function BrokerSwitch({ broker: { broker_id, enabled, name } }: { broker: Broker }) {
  const { t } = useTranslation();
  const change = useChange(async (wanted: boolean) => {
    await call('PATCH', at('brokers', broker_id), { enabled: wanted });
    return t(wanted ? 'service.switched_on' : 'service.switched_off', { name });
  });
  return (
    <Switch
      aria-label={t('service.enabled_of', { name })}
      checked={enabled}
      disabled={change.isPending}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
    />
  );
}

function BrokerRemoval({ broker: { broker_id, name, subscriptions } }: { broker: Broker }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const remove = async () => {
    await call('DELETE', at('brokers', broker_id));
    refresh();
    return t('service.broker_removed', { name });
  };
  return (
    <ConfirmButton
      size="xs"
      label={t('list.delete')}
      destroys
      consequence={t('service.broker_removal', { name, n: subscriptions })}
      act={remove}
    />
  );
}
