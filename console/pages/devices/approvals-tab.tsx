import { Button, NativeSelect, Paper, Skeleton, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceSummary } from '../../../src/model/own-device.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import classes from './approvals-tab.module.css';
import { Decide } from './decide.tsx';
import { filtered, NO_FILTER } from './device-conditions.ts';
import { useDevices } from './use-devices.ts';

const SHOWN = ['pending', 'rejected'] as const;
/** More than a person decides on one page; the search finds the others. */
const ROWS_MAX = 200;

/** Provisioned devices that wait for a person, and those that were kept out. */
export function ApprovalsTab({ onOpen }: { onOpen(id: string): void }) {
  const { t } = useTranslation();
  const devices = useDevices();
  const [search, setSearch] = useState('');
  const [condition, setCondition] = useState<(typeof SHOWN)[number]>('pending');
  const all = devices.data ?? [];
  const found = filtered(all, { ...NO_FILTER, search, condition });
  const numberOf = (word: string) => all.filter(({ approval }) => approval === word).length;
  return (
    <ListFrame
      tools={
        <>
          <TextInput
            className={classes.search}
            type="search"
            label={t('list.search')}
            placeholder={t('devices.search_hint')}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <NativeSelect
            label={t('devices.approval')}
            value={condition}
            onChange={(event) => setCondition(event.currentTarget.value as typeof condition)}
            data={SHOWN.map((value) => ({
              value,
              label: `${t(`devices.condition_${value}`)} (${numberOf(value)})`,
            }))}
          />
        </>
      }
      skeleton={<Skeleton height={58} />}
      isLoading={devices.isPending}
      error={devices.isError && !devices.data ? devices.error : null}
      onRetry={() => void devices.refetch()}
      isEmpty={found.length === 0}
      empty={
        search === '' ? (
          <Text>{t(`devices.none_${condition}`)}</Text>
        ) : (
          <>
            <Text>{t('devices.none_match')}</Text>
            <Button variant="default" mt="sm" onClick={() => setSearch('')}>
              {t('devices.reset')}
            </Button>
          </>
        )
      }
    >
      <ul className={classes.list}>
        {found.slice(0, ROWS_MAX).map((device) => (
          <Waiting key={device.device_id} device={device} onOpen={() => onOpen(device.device_id)} />
        ))}
      </ul>
    </ListFrame>
  );
}

function Waiting({ device, onOpen }: { device: DeviceSummary; onOpen(): void }) {
  return (
    <Paper component="li" withBorder className={classes.row}>
      <div className={classes.who}>
        <UnstyledButton className={classes.name} onClick={onOpen}>
          {device.machine_name}
        </UnstyledButton>
        <Text size="sm" className="quiet">
          {device.device_id}
        </Text>
      </div>
      <div className={classes.ways}>
        <Decide device={device} />
      </div>
    </Paper>
  );
}
