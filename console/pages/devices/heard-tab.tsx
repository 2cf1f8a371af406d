import { NativeSelect, Skeleton, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Discovered } from '../../../src/model/discovery.ts';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import type { FormTask } from './device-form.tsx';
import { HeardMeter } from './heard-meter.tsx';
import classes from './heard-tab.module.css';
import { ScanBox } from './scan-box.tsx';
import { SetupHints } from './setup-hints.tsx';
import { useHeard } from './use-heard.ts';

const TYPING_MS = 250;

/** What speaks on the brokers and is no device yet. */
export function HeardTab({ onForm }: { onForm(task: FormTask): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [search, setSearch] = useState('');
  const [family, setFamily] = useState('');
  const [wanted] = useDebouncedValue(search.trim(), TYPING_MS);
  const heard = useHeard(wanted);
  const found = heard.data?.found ?? [];
  const shown = found.filter((one) => family === '' || one.family === family);
  const isFiltered = wanted !== '' || family !== '';
  return (
    <>
      <ScanBox scans={heard.data?.scans ?? []} />
      <ListFrame
        tools={
          <>
            <TextInput
              className={classes.search}
              type="search"
              label={t('list.search')}
              placeholder={t('devices.heard_search_hint')}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            <FamilyFilter found={found} value={family} onChange={setFamily} />
          </>
        }
        skeleton={<Skeleton height={84} />}
        isLoading={heard.isPending}
        error={heard.isError && !heard.data ? heard.error : null}
        onRetry={() => void heard.refetch()}
        isEmpty={shown.length === 0}
        empty={<Text>{t(isFiltered ? 'devices.heard_none_match' : 'devices.heard_none')}</Text>}
      >
        <ul className={classes.list}>
          {shown.map((meter) => (
            <HeardMeter key={meter.id} meter={meter} onForm={onForm} />
          ))}
        </ul>
        <Text size="sm" className="quiet figures" role="status">
          {t('devices.heard_shown', {
            found: format.count(shown.length),
            all: format.count(heard.data?.total ?? 0),
          })}
        </Text>
      </ListFrame>
      <SetupHints />
    </>
  );
}

type FamilyFilterProps = { found: readonly Discovered[]; value: string; onChange(family: string): void };

function FamilyFilter({ found, value, onChange }: FamilyFilterProps) {
  const { t } = useTranslation();
  const titles = new Map(found.map(({ family, title }) => [family, title]));
  // The chosen one stays choosable when the last meter of it has left the list.
  if (value !== '' && !titles.has(value)) titles.set(value, value);
  return (
    <NativeSelect
      label={t('devices.family')}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={[
        { value: '', label: t('list.all') },
        ...[...titles].map(([type, title]) => ({ value: type, label: title })),
      ]}
    />
  );
}
