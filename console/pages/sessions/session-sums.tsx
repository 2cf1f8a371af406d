import { Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SessionsSummary } from '../../../src/api/schemas.ts';
import { useFormat } from '../../components/format.ts';
import classes from './session-sums.module.css';

type SessionSumsProps = { sums: SessionsSummary | undefined; isFailed: boolean };

/** What everything that matches comes to. The figures keep their places while they change. */
export function SessionSums({ sums, isFailed }: SessionSumsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const figures: [name: string, value: string | undefined][] = [
    [t('sessions.count'), sums && format.count(sums.sessions)],
    [t('sessions.open_count'), sums && format.count(sums.open)],
    [t('sessions.duration'), sums && format.duration(sums.duration_s)],
    [t('sessions.working'), sums && format.duration(sums.working_duration_s)],
    [t('sessions.standby'), sums && format.duration(sums.standby_duration_s)],
    [t('sessions.interruptions'), sums && format.duration(sums.interruption_duration_s)],
    [t('sessions.energy'), sums && format.energy(sums.energy_kwh)],
  ];
  return (
    <dl className={classes.sums} aria-label={t('sessions.sums')} aria-busy={!sums && !isFailed}>
      {figures.map(([name, value]) => (
        <div key={name} className={classes.sum}>
          <dt className="quiet">{name}</dt>
          <dd className={`${classes.value} figures`}>
            {isFailed ? '–' : (value ?? <Skeleton height="1.25rem" width="5rem" />)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
