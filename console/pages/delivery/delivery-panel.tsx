import { Alert, Button, Skeleton, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { DeliveryReport } from '../../../src/api/delivery.ts';
import { useHealth } from '../../api/health.ts';
import { useNow } from '../../api/time.ts';
import { secondsSince, useFormat } from '../../components/format.ts';
import { useFaultText } from '../../components/notices.tsx';
import { type Condition, conditionsOf } from './delivery-conditions.ts';
import classes from './delivery-panel.module.css';
import { OutcomeWord, typeWord } from './event-words.tsx';
import { useMachineNames } from './use-machine-names.ts';

type PanelProps = { report: DeliveryReport | undefined; error: unknown; onRetry(): void };

/** How it stands with the delivery: figures, what is wrong and what to do, and what Odoo said last. */
export function DeliveryPanel({ report, error, onRetry }: PanelProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  if (error && !report) {
    return (
      <Alert color="red" role="alert" title={t('list.failed')}>
        <Text size="sm">{faultText(error)}</Text>
        <Button variant="default" mt="sm" onClick={onRetry}>
          {t('list.retry')}
        </Button>
      </Alert>
    );
  }
  return (
    <div className={classes.panel}>
      <Figures report={report} />
      {report ? (
        <div role="status" className={classes.sentences}>
          {conditionsOf(report).map((condition) => (
            <Sentence key={condition} condition={condition} report={report} />
          ))}
        </div>
      ) : (
        <Skeleton height="3.5rem" />
      )}
      <Problems />
      {report && <Answers answers={report.answers} />}
    </div>
  );
}

function Figures({ report }: { report: DeliveryReport | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const figures: [name: string, value: React.ReactNode][] = [
    [t('delivery.waiting'), report && format.count(report.pending)],
    [t('delivery.oldest'), report && <Age since={report.oldest_pending_at} />],
    [t('delivery.parked'), report && format.count(report.parked)],
    [t('delivery.last_hour'), report && format.count(report.delivered_last_hour)],
  ];
  return (
    <dl className={classes.figures}>
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt className="quiet">{name}</dt>
          <dd className={`${classes.value} figures`}>
            {value ?? <Skeleton height="1.25rem" width="4rem" />}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Age({ since }: { since: string | null }) {
  const format = useFormat();
  const now = useNow(since !== null);
  return <>{format.duration(since === null ? null : secondsSince(since, now))}</>;
}

const SIGNS: Record<Condition, string> = {
  no_odoo: '○',
  not_asked: '○',
  away: '⊘',
  refusing: '✕',
  parked: '■',
  good: '✓',
};

function Sentence({ condition, report }: { condition: Condition; report: DeliveryReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { pending, parked, away_since, next_attempt_at, last_error } = report;
  const isTold = condition === 'away' || condition === 'refusing';
  const count = condition === 'parked' ? parked : pending;
  const figures = { count, shown: format.count(count) };
  return (
    <div className={`${classes.sentence} figures`} data-condition={condition}>
      <Text fw={600} className={classes.title}>
        <span aria-hidden="true">{SIGNS[condition]}</span>{' '}
        {t(`delivery.is_${condition}`, { ...figures, since: format.moment(away_since) })}
      </Text>
      {isTold && last_error !== null && <Text size="sm">{last_error}</Text>}
      <Text size="sm">
        {t(`delivery.do_${condition}`, figures)}{' '}
        {condition === 'away' &&
          next_attempt_at !== null &&
          t('delivery.next_try', { time: format.time(next_attempt_at) })}
      </Text>
    </div>
  );
}

/** Everything the bridge finds wrong, in its own words: what holds up events may lie before the delivery. */
function Problems() {
  const { t } = useTranslation();
  const problems = useHealth().data?.problems ?? [];
  if (problems.length === 0) return null;
  return (
    <details className={classes.more}>
      <summary>{t('delivery.problems', { count: problems.length })}</summary>
      <ul className={classes.list}>
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </details>
  );
}

function Answers({ answers }: Pick<DeliveryReport, 'answers'>) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useMachineNames();
  const [newest] = answers;
  if (!newest) return null;
  return (
    <details className={`${classes.more} figures`}>
      <summary>
        {t('delivery.answers')} <span className="quiet">{format.time(newest.at)}</span>{' '}
        <OutcomeWord outcome={newest.outcome} />
      </summary>
      <ul className={classes.list}>
        {answers.map(({ at, event_uid, outcome, event_type, device_id, reason }) => (
          <li key={`${at} ${event_uid}`} className={classes.answer}>
            <span className="quiet">{format.time(at)}</span>
            <OutcomeWord outcome={outcome} />
            <span className={classes.about}>
              {typeWord(t, event_type)} · {nameOf(device_id)}
              {reason !== null && <span className={classes.reason}>{reason}</span>}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
