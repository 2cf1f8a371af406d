import { Autocomplete, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { DeviceSummary } from '../../../src/model/own-device.ts';
import { call } from '../../api/client.ts';
import classes from './log-tools.module.css';
import type { LogFilter } from './use-log.ts';

const LEVELS = ['error', 'warning', 'info', 'debug'] as const;
const SUGGESTIONS_MAX = 20;

/** Ids that may be filtered for; suggestions only, so that a failure does not matter. */
function useDeviceIds(): string[] {
  const devices = useQuery({
    queryKey: ['device-ids'],
    queryFn: ({ signal }) =>
      call<{ devices: DeviceSummary[] }>('GET', '/api/devices?limit=500', undefined, signal),
  });
  return devices.data?.devices.map(({ device_id }) => device_id) ?? [];
}

type LogToolsProps = { filter: LogFilter; onFilter(filter: LogFilter): void };

export function LogTools({ filter, onFilter }: LogToolsProps) {
  const { t } = useTranslation();
  const devices = useDeviceIds();
  const set = (change: Partial<LogFilter>) => onFilter({ ...filter, ...change });
  return (
    <>
      <TextInput
        className={classes.tool}
        type="search"
        label={t('list.search')}
        placeholder={t('log.text_hint')}
        value={filter.text}
        onChange={(event) => set({ text: event.currentTarget.value })}
      />
      <Select
        className={classes.tool}
        label={t('log.level')}
        placeholder={t('list.all')}
        data={LEVELS.map((level) => ({ value: level, label: t(`log.from_${level}`) }))}
        value={filter.level === '' ? null : filter.level}
        onChange={(level) => set({ level: level ?? '' })}
        clearable
        clearButtonProps={{ 'aria-label': t('log.clear_filter') }}
      />
      <TextInput
        className={classes.tool}
        label={t('log.event')}
        placeholder="mqtt_"
        value={filter.event}
        onChange={(event) => set({ event: event.currentTarget.value.trim() })}
      />
      <Autocomplete
        className={classes.tool}
        label={t('log.device')}
        placeholder={t('list.all')}
        data={devices}
        limit={SUGGESTIONS_MAX}
        value={filter.device_id}
        onChange={(device_id) => set({ device_id })}
      />
    </>
  );
}
