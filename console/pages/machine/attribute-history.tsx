import { CloseButton, Group, Skeleton, Switch, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attribute } from '../../../src/model/attribute.ts';
import { at, call, query } from '../../api/client.ts';
import { useFormat } from '../../components/format.ts';
import { numbersOf, valueText } from './attribute-value.ts';
import { ChartFault } from './chart-tab.tsx';
import classes from './machine.module.css';
import { ValueChart } from './value-chart.tsx';

const VALUES_MAX = 500;

type AttributeHistoryProps = { deviceId: string; attribute: Attribute; onClose(): void };

/** Former values of an attribute: numbers as a chart, all as a table. */
export function AttributeHistory({ deviceId, attribute, onClose }: AttributeHistoryProps) {
  const { t } = useTranslation();
  const { key, scope, at: changedAt } = attribute;
  const [wantsTable, setWantsTable] = useState(false);
  const found = useQuery({
    queryKey: ['attributes', deviceId, scope, key, changedAt],
    queryFn: ({ signal }) => {
      const path = `${at('devices', deviceId, 'attributes', key, 'history')}${query({ scope, limit: VALUES_MAX })}`;
      return call<{ values: Attribute[] }>('GET', path, undefined, signal);
    },
    placeholderData: (before, former) => (former?.queryKey[3] === key ? before : undefined),
  });
  const values = found.data?.values ?? [];
  const numbers = numbersOf(values);
  const isTable = wantsTable || numbers.length === 0;
  return (
    <section className={classes.card} aria-label={t('machine.history_of', { key })}>
      <Group justify="space-between" wrap="nowrap">
        <Title order={2} className={classes.value}>
          {key}
        </Title>
        <CloseButton aria-label={t('shell.close')} onClick={onClose} />
      </Group>
      {numbers.length > 0 && (
        <Switch
          size="sm"
          label={t('machine.as_table')}
          checked={wantsTable}
          onChange={(event) => setWantsTable(event.currentTarget.checked)}
        />
      )}
      {found.isError ? (
        <ChartFault error={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Skeleton height={160} />
      ) : isTable ? (
        <Values values={values} />
      ) : (
        <ValueChart values={numbers} label={t('machine.history_of', { key })} />
      )}
    </section>
  );
}

function Values({ values }: { values: readonly Attribute[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (values.length === 0) return <Text size="sm">{t('machine.no_history')}</Text>;
  return (
    <table className={`${classes.table} figures`}>
      <thead>
        <tr>
          <th scope="col">{t('machine.time')}</th>
          <th scope="col">{t('machine.value')}</th>
        </tr>
      </thead>
      <tbody>
        {values.map(({ at: changedAt, value }) => (
          <tr key={changedAt}>
            <td data-word={t('machine.time')}>{format.moment(changedAt)}</td>
            <td data-word={t('machine.value')}>
              <span className={classes.value}>
                {value === null ? t('machine.was_deleted') : valueText(value)}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
