import { Button, NativeSelect, Skeleton, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LiveMessage } from '../../../src/model/live.ts';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { call, query } from '../../api/client.ts';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { useSettled } from '../../components/power-chart/use-readings.ts';
import classes from './machine.module.css';

const PAGE_ROWS = 50;
const REFRESH_MS = 5000;
type Message = LiveMessage & { truncated: boolean };
type MessagesPage = { messages: Message[]; next_before: number | null };

/** What the device sent and was sent, newest first. */
export function MessagesTab({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const deviceId = device.device_id;
  const [search, setSearch] = useState('');
  const [direction, setDirection] = useState('');
  const text = useSettled(search.trim());
  const found = useInfiniteQuery({
    queryKey: ['device-messages', deviceId, text, direction],
    queryFn: ({ signal, pageParam }) => {
      const asked = query({ device: deviceId, text, direction, before: pageParam, limit: PAGE_ROWS });
      return call<MessagesPage>('GET', `/api/messages${asked}`, undefined, signal);
    },
    initialPageParam: null as number | null,
    getNextPageParam: ({ next_before }) => next_before,
    placeholderData: (before) => before,
    // Who has paged on reads the past: that stays as it is.
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 0) > 1 ? false : REFRESH_MS),
  });
  const messages = found.data?.pages.flatMap((page) => page.messages) ?? [];
  const more = found.hasNextPage && (
    <Button
      variant="default"
      mt="sm"
      loading={found.isFetchingNextPage}
      onClick={() => void found.fetchNextPage()}
    >
      {t('list.more')}
    </Button>
  );
  return (
    <ListFrame
      tools={<Tools search={search} onSearch={setSearch} direction={direction} onDirection={setDirection} />}
      isLoading={found.isPending}
      error={found.error}
      onRetry={() => void found.refetch()}
      isEmpty={messages.length === 0}
      empty={
        <>
          <Text>{t(text || direction ? 'machine.nothing_found' : 'machine.no_messages')}</Text>
          {more}
        </>
      }
      skeleton={<Skeleton height={44} />}
    >
      <Rows messages={messages} />
      {more}
    </ListFrame>
  );
}

type ToolsProps = {
  search: string;
  onSearch(text: string): void;
  direction: string;
  onDirection(direction: string): void;
};

function Tools({ search, onSearch, direction, onDirection }: ToolsProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        type="search"
        label={t('list.search')}
        placeholder={t('machine.topic_or_payload')}
        value={search}
        maxLength={256}
        onChange={(event) => onSearch(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('machine.direction')}
        value={direction}
        onChange={(event) => onDirection(event.currentTarget.value)}
        data={[
          { value: '', label: t('list.all') },
          { value: 'in', label: t('machine.direction_in') },
          { value: 'out', label: t('machine.direction_out') },
        ]}
      />
      <Link to="/messages" className={classes.link}>
        {t('machine.to_messages')}
      </Link>
    </>
  );
}

function Rows({ messages }: { messages: readonly Message[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const number = (bytes: number) => `${format.count(bytes)} B`;
  return (
    <table className={`${classes.table} figures`}>
      <thead>
        <tr>
          {['time', 'direction', 'topic', 'payload'].map((word) => (
            <th key={word} scope="col">
              {t(`machine.${word}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {messages.map((one) => (
          <tr key={one.id}>
            <td data-word={t('machine.time')} className={classes.when}>
              {format.moment(one.at)}
            </td>
            <td data-word={t('machine.direction')}>
              <span>
                <span aria-hidden="true">{one.direction === 'in' ? '↓ ' : '↑ '}</span>
                {t(`machine.direction_${one.direction}`)}
              </span>
            </td>
            <td data-word={t('machine.topic')}>
              <div>
                <span className={classes.mono}>{one.topic}</span>
                <Text size="xs" className="quiet">
                  QoS {one.qos}
                  {one.retain && ' · Retain'} · {number(one.bytes)}
                </Text>
              </div>
            </td>
            <td data-word={t('machine.payload')}>
              <span className={classes.mono}>
                {one.payload}
                {one.truncated && ' …'}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
