import { Button, Group, Skeleton, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SavedMessage } from '../../../src/model/saved-message.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { ListFrame } from '../../components/list-frame.tsx';
import { useBrokerName, useSubscriptions } from '../service/brokers.ts';
import classes from './saved-list.module.css';
import { useForget, useSavedMessages, useSendSaved } from './sending.ts';

type SavedListProps = { onOpen(saved: SavedMessage): void; onNew(): void };

/** Messages that are kept to be sent again. */
export function SavedList({ onOpen, onNew }: SavedListProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const { data, isPending, error, refetch } = useSavedMessages();
  const wanted = search.trim().toLowerCase();
  const found = (data ?? []).filter(({ name, topic }) =>
    `${name}\n${topic ?? ''}`.toLowerCase().includes(wanted),
  );
  return (
    <ListFrame
      tools={
        <TextInput
          w="100%"
          aria-label={t('list.search')}
          placeholder={t('list.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      }
      isLoading={isPending}
      error={error}
      onRetry={() => void refetch()}
      isEmpty={found.length === 0}
      empty={
        wanted === '' ? <NothingSaved onNew={onNew} /> : <Text size="sm">{t('messages.no_saved_found')}</Text>
      }
      skeleton={<Skeleton height={72} />}
    >
      <ul className={classes.list}>
        {found.map((saved) => (
          <SavedItem key={saved.saved_message_id} saved={saved} onOpen={onOpen} />
        ))}
      </ul>
    </ListFrame>
  );
}

function NothingSaved({ onNew }: Pick<SavedListProps, 'onNew'>) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm" mb="sm">
        {t('messages.no_saved')}
      </Text>
      <Button variant="default" onClick={onNew}>
        {t('messages.new')}
      </Button>
    </>
  );
}

function SavedItem({ saved, onOpen }: { saved: SavedMessage } & Pick<SavedListProps, 'onOpen'>) {
  const { t } = useTranslation();
  const nameOf = useBrokerName();
  const { data: subscriptions = [] } = useSubscriptions();
  const send = useSendSaved();
  const forget = useForget();
  const { name, topic, broker_id, subscription_id, qos, retain } = saved;
  const subscription = subscriptions.find((one) => one.subscription_id === subscription_id);
  const broker = broker_id ?? subscription?.broker_id ?? null;
  const where = [
    topic ?? subscription?.topic,
    broker === null ? t('messages.default_broker') : nameOf(broker),
    `QoS ${qos}`,
    retain ? t('messages.retain') : null,
  ];
  return (
    <li className={classes.item}>
      <div className={classes.name}>{name}</div>
      <div className={classes.what}>{where.filter(Boolean).join(' · ')}</div>
      <Group gap="xs" mt={6}>
        <Button size="xs" loading={send.isPending} onClick={() => send.mutate(saved.saved_message_id)}>
          {t('messages.send_again')}
        </Button>
        <Button size="xs" variant="default" onClick={() => onOpen(saved)}>
          {t('list.edit')}
        </Button>
        <ConfirmButton
          size="xs"
          label={t('list.delete')}
          destroys
          consequence={t('messages.forget_consequence', { name })}
          act={() => forget(saved)}
        />
      </Group>
    </li>
  );
}
