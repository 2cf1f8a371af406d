import { Button, NativeSelect, Skeleton, Table, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionRecord } from '../../../src/model/machine.ts';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { call, query } from '../../api/client.ts';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import classes from './machine.module.css';
import { type SessionsPage, usePlace } from './use-device.ts';

const PAGE_ROWS = 50;
const REASONS = ['normal', 'timeout', 'gap', 'device_removed'] as const;
type Filter = { from: string; to: string; state: string; reason: string };
const NO_FILTER: Filter = { from: '', to: '', state: '', reason: '' };

/** Midnight of a day in the viewer's zone; `days` later. */
function midnight(day: string, days = 0): string | null {
  const [year, month, date] = day.split('-').map(Number);
  return year && month && date ? new Date(year, month - 1, date + days).toISOString() : null;
}

function useSessions(deviceId: string, { from, to, state }: Filter) {
  return useInfiniteQuery({
    queryKey: ['sessions', deviceId, 'list', from, to, state],
    queryFn: ({ signal, pageParam }) => {
      const period = { from: midnight(from), to: midnight(to, 1) };
      const open = state === '' ? null : state === 'open';
      const asked = query({ device_id: deviceId, ...period, open, limit: PAGE_ROWS, cursor: pageParam });
      return call<SessionsPage>('GET', `/api/sessions${asked}`, undefined, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    placeholderData: (before) => before,
  });
}

/** What the machine did, newest first; each row leads to why it is as it is. */
export function SessionsTab({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState(NO_FILTER);
  const found = useSessions(device.device_id, filter);
  const all = found.data?.pages.flatMap(({ sessions }) => sessions) ?? [];
  const rows = all.filter(({ reason }) => filter.reason === '' || reason === filter.reason);
  const isFiltered = Object.values(filter).some((value) => value !== '');
  return (
    <ListFrame
      tools={<Filters filter={filter} onFilter={setFilter} />}
      isLoading={found.isPending}
      error={found.error}
      onRetry={() => void found.refetch()}
      isEmpty={rows.length === 0}
      empty={
        <>
          <Text>{t(isFiltered ? 'machine.no_sessions_found' : 'machine.no_sessions')}</Text>
          {isFiltered && (
            <Button variant="default" mt="sm" onClick={() => setFilter(NO_FILTER)}>
              {t('machine.clear_filter')}
            </Button>
          )}
          {found.hasNextPage && <More onMore={() => void found.fetchNextPage()} />}
        </>
      }
      skeleton={<Skeleton height={34} />}
    >
      <SessionsTable sessions={rows} />
      {found.hasNextPage && (
        <More onMore={() => void found.fetchNextPage()} isLoading={found.isFetchingNextPage} />
      )}
    </ListFrame>
  );
}

function More({ onMore, isLoading = false }: { onMore(): void; isLoading?: boolean }) {
  const { t } = useTranslation();
  return (
    <Button variant="default" onClick={onMore} loading={isLoading} mt="sm">
      {t('list.more')}
    </Button>
  );
}

function Filters({ filter, onFilter }: { filter: Filter; onFilter(filter: Filter): void }) {
  const { t } = useTranslation();
  const set = (name: keyof Filter) => (event: { currentTarget: { value: string } }) =>
    onFilter({ ...filter, [name]: event.currentTarget.value });
  const choice = (value: string, label: string) => ({ value, label });
  return (
    <>
      <TextInput type="date" label={t('machine.from')} value={filter.from} onChange={set('from')} />
      <TextInput type="date" label={t('machine.to')} value={filter.to} onChange={set('to')} />
      <NativeSelect
        label={t('machine.state')}
        value={filter.state}
        onChange={set('state')}
        data={[
          choice('', t('list.all')),
          choice('open', t('machine.session_open')),
          choice('closed', t('machine.session_closed')),
        ]}
      />
      <NativeSelect
        label={t('machine.reason')}
        value={filter.reason}
        onChange={set('reason')}
        data={[choice('', t('list.all')), ...REASONS.map((one) => choice(one, t(`machine.reason_${one}`)))]}
      />
    </>
  );
}

function SessionsTable({ sessions }: { sessions: readonly SessionRecord[] }) {
  const { t } = useTranslation();
  const numbers = ['duration', 'standby_time', 'working_time', 'energy', 'mean_power'];
  return (
    <Table className={`${classes.table} figures`}>
      <thead>
        <tr>
          <th scope="col">{t('machine.start')}</th>
          <th scope="col">{t('machine.end')}</th>
          {numbers.map((word) => (
            <th key={word} scope="col" className={classes.number}>
              {t(`machine.${word}`)}
            </th>
          ))}
          <th scope="col">{t('machine.reason')}</th>
          <th scope="col">
            <span className="spoken">{t('machine.tab_why')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <SessionRow key={session.session_id} session={session} />
        ))}
      </tbody>
    </Table>
  );
}

function SessionRow({ session }: { session: SessionRecord }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { deviceId } = usePlace();
  const numbers: [word: string, value: string][] = [
    ['duration', format.duration(session.duration_s)],
    ['standby_time', format.duration(session.standby_duration_s)],
    ['working_time', format.duration(session.working_duration_s)],
    ['energy', format.energy(session.energy_kwh)],
    ['mean_power', format.power(session.avg_power_w)],
  ];
  const reason = session.reason ? t(`machine.reason_${session.reason}`) : t('machine.session_open');
  return (
    <tr>
      <td data-word={t('machine.start')}>{format.moment(session.started_at)}</td>
      <td data-word={t('machine.end')}>{format.moment(session.ended_at)}</td>
      {numbers.map(([word, value]) => (
        <td key={word} className={classes.number} data-word={t(`machine.${word}`)}>
          {value}
        </td>
      ))}
      <td data-word={t('machine.reason')}>{reason}</td>
      <td data-word="">
        <Link
          className={classes.link}
          to="/machines/$deviceId"
          params={{ deviceId }}
          search={{ tab: 'why', session: session.session_id } as never}
          aria-label={t('machine.why_of', { time: format.moment(session.started_at) })}
        >
          {t('machine.tab_why')}
        </Link>
      </td>
    </tr>
  );
}
