import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceSummary } from '../../src/model/own-device.ts';
import { call, query } from '../api/client.ts';

const SHOWN_MAX = 50;
const TYPED_MS = 200;

type MachineSelectProps = {
  label: string;
  placeholder: string;
  /** The id of a device; empty: all. It may be one that is no longer there. */
  value: string;
  onChange(deviceId: string): void;
  className?: string | undefined;
};

type Found = { devices: DeviceSummary[] };

/** Chooses one machine among few or thousands: what is typed is looked for by the bridge. */
export function MachineSelect({ label, placeholder, value, onChange, className }: MachineSelectProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [asked] = useDebouncedValue(typed, TYPED_MS);
  const names = useQuery({
    queryKey: ['machine-select', value],
    queryFn: ({ signal }) => find(value, signal),
    enabled: value !== '',
  });
  const chosen = names.data?.devices.find(({ device_id }) => device_id === value);
  const chosenName = chosen?.machine_name ?? value;
  // The field holds the name of what is chosen: that is no search.
  const search = asked === chosenName ? '' : asked;
  const found = useQuery({
    queryKey: ['machine-select', search],
    queryFn: ({ signal }) => find(search, signal),
    placeholderData: keepPreviousData,
  });
  const options = new Map((found.data?.devices ?? []).map((one) => [one.device_id, one.machine_name]));
  if (value !== '') options.set(value, chosenName);
  return (
    <Select
      className={className}
      label={label}
      placeholder={placeholder}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('list.all') }}
      nothingFoundMessage="–"
      // The bridge has looked already, also for ids.
      filter={({ options: all }) => all}
      data={Array.from(options, ([id, name]) => ({ value: id, label: name }))}
      value={value === '' ? null : value}
      onChange={(id) => onChange(id ?? '')}
      onSearchChange={setTyped}
    />
  );
}

const find = (search: string, signal: AbortSignal) =>
  call<Found>('GET', `/api/devices${query({ search, limit: SHOWN_MAX })}`, undefined, signal);
