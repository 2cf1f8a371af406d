import { Alert, Skeleton, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ReplayReport, SessionTotals } from '../../../src/model/replay.ts';
import { ApiFault } from '../../api/client.ts';
import { useFormat } from '../../components/format.ts';
import { useFaultText } from '../../components/notices.tsx';
import classes from './machine.module.css';
import type { useReplay } from './use-replay.ts';

const LISTED_MAX = 50;

/** What the replay found: sums before and after, and each session that would be another one. */
export function ReplayResult({ replay }: { replay: ReturnType<typeof useReplay> }) {
  const { t } = useTranslation();
  const { data, error, isStale, isFetching } = replay;
  return (
    <section className={classes.card} aria-busy={isStale && isFetching}>
      <div className={classes.bar}>
        <Title order={2}>{t('machine.effect')}</Title>
        <Text size="sm" className="quiet" role="status">
          {isFetching ? t('machine.replaying') : ''}
        </Text>
      </div>
      {error && <Fault error={error} />}
      {data ? <Report report={data} /> : !error && <Skeleton height={140} />}
    </section>
  );
}

function Fault({ error }: { error: unknown }) {
  const faultText = useFaultText();
  const details = error instanceof ApiFault ? error.errors : [];
  return (
    <Alert color="red" role="alert">
      <Text size="sm">{faultText(error)}</Text>
      {details.map(({ path, message }) => (
        <Text key={path} size="sm">{`${path} ${message}`}</Text>
      ))}
    </Alert>
  );
}

function Report({ report }: { report: ReplayReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { before, after, changes } = report;
  const rows: [word: string, value: (totals: SessionTotals) => string][] = [
    ['sessions', ({ sessions }) => format.count(sessions)],
    ['duration', ({ duration_s }) => format.duration(duration_s)],
    ['energy', ({ energy_kwh }) => format.energy(energy_kwh)],
  ];
  return (
    <>
      <table className={`${classes.sums} figures`}>
        <thead>
          <tr>
            <td />
            <th scope="col">{t('machine.as_it_was')}</th>
            <th scope="col">{t('machine.as_it_would_be')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([word, value]) => (
            <tr key={word}>
              <th scope="row">{t(`machine.${word}`)}</th>
              <td>{value(before)}</td>
              <td>{value(after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="sm" className="figures">
        {changes ? t('machine.change_counts', changes) : t('machine.too_many')}
        {report.partial && ` ${t('machine.partial')}`}
        {report.readings === 0 && ` ${t('machine.nothing_heard')}`}
      </Text>
      <Changes report={report} />
    </>
  );
}

type Changed = {
  change: 'changed' | 'new' | 'lost';
  started_at: string;
  ended_at: string | null;
  duration_s: number | null;
};

function changesOf({ sessions, lost }: ReplayReport): Changed[] {
  const other = sessions.flatMap(({ change, started_at, ended_at, duration_s }): Changed[] =>
    change === 'changed' || change === 'new' ? [{ change, started_at, ended_at, duration_s }] : [],
  );
  const gone = lost.map((session): Changed => ({ ...session, change: 'lost' }));
  return [...other, ...gone].sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
}

function Changes({ report }: { report: ReplayReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const all = changesOf(report);
  if (all.length === 0) return null;
  return (
    <details>
      <summary>{t('machine.changes', { sessions: format.count(all.length) })}</summary>
      <table className={`${classes.table} figures`}>
        <thead>
          <tr>
            {['change', 'start', 'end', 'duration'].map((word) => (
              <th key={word} scope="col">
                {t(`machine.${word}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {all.slice(0, LISTED_MAX).map(({ change, started_at, ended_at, duration_s }) => (
            <tr key={`${change} ${started_at}`}>
              <td data-word={t('machine.change')}>{t(`machine.change_${change}`)}</td>
              <td data-word={t('machine.start')}>{format.moment(started_at)}</td>
              <td data-word={t('machine.end')}>{format.moment(ended_at)}</td>
              <td data-word={t('machine.duration')}>{format.duration(duration_s)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {all.length > LISTED_MAX && (
        <Text size="sm">{t('machine.and_more', { sessions: all.length - LISTED_MAX })}</Text>
      )}
    </details>
  );
}
