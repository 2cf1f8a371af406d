import { Button, NativeSelect, Paper, Progress, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Broker } from '../../../src/model/broker.ts';
import type { Scan } from '../../../src/model/discovery.ts';
import { call } from '../../api/client.ts';
import { durationText } from '../../components/format.ts';
import { useNotices } from '../../components/notices.tsx';
import { faultsOf } from './form-values.ts';
import classes from './scan-box.module.css';
import { HEARD_KEY, useNow } from './use-heard.ts';

const SECONDS = [60, 120, 300, 600] as const;
const MINUTE_S = 60;
const SECOND_MS = 1000;

type Wish = { broker_id: string; seconds: string; filter: string };

/** Listens on a broker for a while where meters speak, and shows the searches that run. */
export function ScanBox({ scans }: { scans: readonly Scan[] }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const queries = useQueryClient();
  const [wish, setWish] = useState<Wish>({ broker_id: '', seconds: String(SECONDS[1]), filter: '' });
  const brokers = useQuery({
    queryKey: ['brokers'],
    queryFn: ({ signal }) => call<{ brokers: Broker[] }>('GET', '/api/brokers', undefined, signal),
  });
  const start = useMutation({
    mutationFn: () =>
      call<Scan>('POST', '/api/discovery/scan', {
        seconds: Number(wish.seconds),
        ...(wish.broker_id !== '' && { broker_id: wish.broker_id }),
        ...(wish.filter.trim() !== '' && { filter: wish.filter.trim() }),
      }),
    onSuccess: () => {
      notices.done(t('devices.scan_started'));
      return queries.invalidateQueries({ queryKey: HEARD_KEY });
    },
    onError: (error) => notices.failed(error),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  return (
    <Paper withBorder className={classes.box} component="section" aria-label={t('devices.scan')}>
      <Text size="sm">{t('devices.scan_what')}</Text>
      <form className={classes.form} onSubmit={submit}>
        <Choices brokers={brokers.data?.brokers ?? []} wish={wish} onChange={setWish} />
        <TextInput
          className={classes.filter}
          label={t('devices.scan_filter')}
          placeholder={t('devices.scan_filter_all')}
          value={wish.filter}
          error={faultsOf(start.error, ['filter']).byField.filter}
          onChange={(event) => setWish({ ...wish, filter: event.currentTarget.value })}
        />
        <Button type="submit" loading={start.isPending}>
          {t('devices.scan')}
        </Button>
      </form>
      {scans.map((scan) => (
        <Running key={scan.broker_id} scan={scan} />
      ))}
    </Paper>
  );
}

type ChoicesProps = { brokers: readonly Broker[]; wish: Wish; onChange(wish: Wish): void };

function Choices({ brokers, wish, onChange }: ChoicesProps) {
  const { t } = useTranslation();
  return (
    <>
      {brokers.length > 1 && (
        <NativeSelect
          label={t('devices.field_broker')}
          value={wish.broker_id}
          onChange={(event) => onChange({ ...wish, broker_id: event.currentTarget.value })}
          data={[
            { value: '', label: t('devices.broker_main') },
            ...brokers.map(({ broker_id: value, name: label }) => ({ value, label })),
          ]}
        />
      )}
      <NativeSelect
        label={t('devices.scan_time')}
        value={wish.seconds}
        onChange={(event) => onChange({ ...wish, seconds: event.currentTarget.value })}
        data={SECONDS.map((s) => ({
          value: String(s),
          label: t('devices.minutes', { count: s / MINUTE_S }),
        }))}
      />
    </>
  );
}

function Running({ scan: { broker_id: broker, started_at: startedAt, until } }: { scan: Scan }) {
  const { t } = useTranslation();
  const now = useNow();
  const [fromMs, toMs] = [Date.parse(startedAt), Date.parse(until)];
  const leftS = Math.max(0, (toMs - now) / SECOND_MS);
  const done = Math.min(100, Math.max(0, ((now - fromMs) / (toMs - fromMs)) * 100));
  const words = t('devices.scan_left', { broker, left: durationText(leftS) });
  return (
    <div>
      <Text size="sm" className="figures">
        {words}
      </Text>
      <Progress value={done} size="sm" aria-label={t('devices.scan')} />
    </div>
  );
}
