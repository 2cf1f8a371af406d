import { Paper, SegmentedControl, Skeleton, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Check, CheckSubject } from '../../../src/model/diagnosis.ts';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import classes from './diagnosis-list.module.css';
import { bySeverity, type useDiagnosis } from './use-diagnosis.ts';

const SIGNS: Record<Check['status'], string> = { ok: '✓', warning: '!', fault: '✕', not_applicable: '–' };
const FILTERS = ['all', 'open'] as const;
const isOpen = ({ status }: Check) => status === 'fault' || status === 'warning';

/** The common faults, each as a check: what was found, and what to do. */
export function DiagnosisList({ diagnosis }: { diagnosis: ReturnType<typeof useDiagnosis> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [filter, setFilter] = useState<(typeof FILTERS)[number]>('all');
  const checks = bySeverity(diagnosis.data?.checks ?? []).filter(
    (check) => filter === 'all' || isOpen(check),
  );
  const open = diagnosis.data?.checks.filter(isOpen).length ?? 0;
  return (
    <section aria-labelledby="about-diagnosis">
      <Title order={2} id="about-diagnosis">
        {t('about.diagnosis')}
      </Title>
      <Text size="sm" className="quiet figures" mb="xs" role="status">
        {diagnosis.data
          ? t('about.checked', {
              open,
              of: diagnosis.data.checks.length,
              time: format.time(diagnosis.data.at),
            })
          : t('about.checking')}
      </Text>
      <ListFrame
        tools={
          <SegmentedControl
            size="xs"
            aria-label={t('about.show')}
            value={filter}
            onChange={(value) => setFilter(value as typeof filter)}
            data={FILTERS.map((value) => ({ value, label: t(`about.show_${value}`) }))}
          />
        }
        isLoading={diagnosis.isPending}
        error={diagnosis.data ? null : diagnosis.error}
        onRetry={() => void diagnosis.refetch()}
        isEmpty={checks.length === 0}
        empty={t('about.all_well')}
        skeleton={<Skeleton height={56} />}
      >
        <Paper withBorder component="ul" className={classes.list}>
          {checks.map((check) => (
            <CheckItem key={check.id} check={check} />
          ))}
        </Paper>
      </ListFrame>
    </section>
  );
}

/** The words of the viewer's language; a bridge that knows more than this console says it in English. */
function useCheckWords({ id, case: name, title, explanation, remedy, parameters }: Check) {
  const { t } = useTranslation();
  const place = `about.checks.${id}`;
  const result = name === 'not_applicable' ? 'about.not_applicable' : `${place}.${name}`;
  return {
    title: t(`${place}.title`, { defaultValue: title }),
    explanation: t(`${result}.explanation`, { ...parameters, defaultValue: explanation }),
    remedy: remedy === '' ? '' : t(`${result}.remedy`, { ...parameters, defaultValue: remedy }),
  };
}

function CheckItem({ check }: { check: Check }) {
  const { t } = useTranslation();
  const { title, explanation, remedy } = useCheckWords(check);
  return (
    <li className={classes.check} data-status={check.status}>
      <span className={classes.sign} aria-hidden="true">
        {SIGNS[check.status]}
      </span>
      <div>
        <div className={classes.head}>
          <h3 className={classes.title}>{title}</h3>
          <span className={classes.word}>{t(`about.status_${check.status}`)}</span>
        </div>
        <p className={classes.text}>{explanation}</p>
        {check.subjects.length > 0 && (
          <ul className={classes.subjects}>
            {check.subjects.map((subject) => (
              <SubjectItem key={`${subject.device_id} ${subject.name} ${subject.note}`} subject={subject} />
            ))}
          </ul>
        )}
        {remedy !== '' && (
          <p className={classes.remedy}>
            <strong>{t('about.what_to_do')}</strong> {remedy}
          </p>
        )}
      </div>
    </li>
  );
}

function SubjectItem({ subject: { device_id, name, note, similar } }: { subject: CheckSubject }) {
  const { t } = useTranslation();
  return (
    <li className="figures">
      {device_id === null ? (
        name
      ) : (
        <Link to="/machines/$deviceId" params={{ deviceId: device_id }}>
          {name}
        </Link>
      )}
      {note !== '' && `: ${note}`}
      {similar.length > 0 && (
        <div>
          {t('about.heard_instead')} {similar.join(', ')}
        </div>
      )}
    </li>
  );
}
