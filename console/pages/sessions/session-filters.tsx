import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { MachineSelect } from '../../components/machine-select.tsx';
import { isReversed, type OwnDays, PERIODS } from './periods.ts';
import { REASONS, type SessionFilter, STATES } from './session-filter.ts';
import classes from './session-filters.module.css';

type SessionFiltersProps = { filter: SessionFilter; onChange(more: Partial<SessionFilter>): void };

export function SessionFilters({ filter, onChange }: SessionFiltersProps) {
  const { t } = useTranslation();
  const everything = { value: '' as const, label: t('list.all') };
  return (
    <div className={classes.filters}>
      <MachineSelect
        className={classes.machine}
        label={t('sessions.machine')}
        placeholder={t('sessions.all_machines')}
        value={filter.machine}
        onChange={(machine) => onChange({ machine })}
      />
      <Select
        label={t('sessions.period')}
        data={PERIODS.map((value) => ({ value, label: t(`sessions.period_${value}`) }))}
        value={filter.period}
        allowDeselect={false}
        onChange={(period) => period && onChange({ period })}
      />
      {filter.period === 'own' && <OwnPeriod own={filter.own} onChange={(own) => onChange({ own })} />}
      <Select
        label={t('sessions.state')}
        data={[everything, ...STATES.map((value) => ({ value, label: t(`sessions.state_${value}`) }))]}
        value={filter.state}
        allowDeselect={false}
        // An open session has not ended: it has no reason.
        onChange={(state) => onChange({ state: state ?? '', ...(state === 'open' && { reason: '' }) })}
      />
      <Select
        label={t('sessions.reason')}
        data={[everything, ...REASONS.map((value) => ({ value, label: t(`sessions.reason_${value}`) }))]}
        value={filter.reason}
        allowDeselect={false}
        disabled={filter.state === 'open'}
        onChange={(reason) => onChange({ reason: reason ?? '' })}
      />
    </div>
  );
}

function OwnPeriod({ own, onChange }: { own: OwnDays; onChange(own: OwnDays): void }) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        type="date"
        label={t('sessions.first_day')}
        value={own.from}
        onChange={({ currentTarget }) => onChange({ ...own, from: currentTarget.value })}
      />
      <TextInput
        type="date"
        label={t('sessions.last_day')}
        value={own.to}
        error={isReversed(own) && t('sessions.reversed')}
        onChange={({ currentTarget }) => onChange({ ...own, to: currentTarget.value })}
      />
    </>
  );
}
