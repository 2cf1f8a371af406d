import { Button, NativeSelect, Pagination, Skeleton, Text, TextInput } from '@mantine/core';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceSummary, Source } from '../../../src/model/own-device.ts';
import { Beside } from '../../components/beside.tsx';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import {
  CONDITIONS,
  conditionOf,
  counted,
  type DeviceFilter,
  filtered,
  NO_FILTER,
} from './device-conditions.ts';
import type { FormTask } from './device-form.tsx';
import { DevicePanel } from './device-panel.tsx';
import { DeviceTable } from './device-table.tsx';
import classes from './devices-tab.module.css';
import { familyTitle } from './families.ts';
import { useDevices } from './use-devices.ts';

const ROWS = 50;
const SOURCES: readonly Source[] = ['managed', 'console', 'provisioned'];

type DevicesTabProps = { id: string | null; onOpen(id: string | null): void; onForm(task: FormTask): void };

export function DevicesTab({ id, onOpen, onForm }: DevicesTabProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const devices = useDevices();
  const [filter, setFilter] = useState(NO_FILTER);
  const [page, setPage] = useState(1);
  const all = devices.data ?? [];
  const found = filtered(all, useDeferredValue(filter));
  const pages = Math.max(1, Math.ceil(found.length / ROWS));
  const shownPage = Math.min(page, pages);
  const chosen = id === null ? null : (all.find((one) => one.device_id === id)?.machine_name ?? id);
  const change = (next: DeviceFilter) => {
    setFilter(next);
    setPage(1);
  };
  const detail = id === null ? null : <DevicePanel key={id} id={id} onOpen={onOpen} onForm={onForm} />;
  return (
    <Beside title={chosen} detail={detail} onClose={() => onOpen(null)}>
      <ListFrame
        tools={<Tools all={all} filter={filter} onChange={change} onForm={onForm} />}
        skeleton={<Skeleton height={50} />}
        isLoading={devices.isPending}
        error={devices.isError && !devices.data ? devices.error : null}
        onRetry={() => void devices.refetch()}
        isEmpty={found.length === 0}
        empty={<Empty hasDevices={all.length > 0} onReset={() => change(NO_FILTER)} onForm={onForm} />}
      >
        <DeviceTable
          devices={found.slice((shownPage - 1) * ROWS, shownPage * ROWS)}
          chosen={id}
          onOpen={onOpen}
        />
        <div className={classes.foot}>
          <Text size="sm" className="quiet figures" role="status">
            {t('devices.shown', { found: format.count(found.length), all: format.count(all.length) })}
          </Text>
          {pages > 1 && (
            <Pagination
              total={pages}
              value={shownPage}
              onChange={setPage}
              size="sm"
              getControlProps={(control) => ({ 'aria-label': t(`devices.page_${control}`) })}
            />
          )}
        </div>
      </ListFrame>
    </Beside>
  );
}

type ToolsProps = {
  all: readonly DeviceSummary[];
  filter: DeviceFilter;
  onChange(filter: DeviceFilter): void;
  onForm(task: FormTask): void;
};

function Tools({ all, filter, onChange, onForm }: ToolsProps) {
  const { t } = useTranslation();
  const sources = counted(all, ({ source }) => source);
  const conditions = counted(all, conditionOf);
  const families = [...counted(all, ({ family }) => family)].sort();
  const every = { value: '', label: all.length === 0 ? t('list.all') : `${t('list.all')} (${all.length})` };
  return (
    <>
      <TextInput
        className={classes.search}
        type="search"
        label={t('list.search')}
        placeholder={t('devices.search_hint')}
        value={filter.search}
        onChange={(event) => onChange({ ...filter, search: event.currentTarget.value })}
      />
      <NativeSelect
        className={classes.choice}
        label={t('devices.source')}
        value={filter.source}
        onChange={(event) =>
          onChange({ ...filter, source: event.currentTarget.value as DeviceFilter['source'] })
        }
        data={[every, ...options(SOURCES, sources, (word) => t(`devices.source_${word}`))]}
      />
      <NativeSelect
        className={classes.choice}
        label={t('devices.condition')}
        value={filter.condition}
        onChange={(event) =>
          onChange({ ...filter, condition: event.currentTarget.value as DeviceFilter['condition'] })
        }
        data={[every, ...options(CONDITIONS, conditions, (word) => t(`devices.condition_${word}`))]}
      />
      <NativeSelect
        className={classes.choice}
        label={t('devices.family')}
        value={filter.family}
        onChange={(event) => onChange({ ...filter, family: event.currentTarget.value })}
        data={[every, ...families.map(([value, n]) => ({ value, label: `${familyTitle(value)} (${n})` }))]}
      />
      <Button className={classes.make} onClick={() => onForm({ kind: 'make', configuration: null })}>
        {t('devices.make')}
      </Button>
    </>
  );
}

function options<T extends string>(
  words: readonly T[],
  counts: Map<T, number>,
  labelOf: (word: T) => string,
) {
  return words.map((value) => ({ value, label: `${labelOf(value)} (${counts.get(value) ?? 0})` }));
}

type EmptyProps = { hasDevices: boolean; onReset(): void; onForm(task: FormTask): void };

function Empty({ hasDevices, onReset, onForm }: EmptyProps) {
  const { t } = useTranslation();
  return hasDevices ? (
    <>
      <Text>{t('devices.none_match')}</Text>
      <Button variant="default" mt="sm" onClick={onReset}>
        {t('devices.reset')}
      </Button>
    </>
  ) : (
    <>
      <Text>{t('devices.none')}</Text>
      <Button mt="sm" onClick={() => onForm({ kind: 'make', configuration: null })}>
        {t('devices.make')}
      </Button>
    </>
  );
}
