import { useTranslation } from 'react-i18next';
import type { Machine } from '../../src/model/machine.ts';
import { type ShownState, shownStateOf } from '../api/machine-book.ts';
import classes from './state-chip.module.css';

const SIGNS: Record<ShownState, string> = {
  idle: '○',
  starting: '◔',
  standby: '◐',
  working: '●',
  stopping: '◕',
  offline: '⊘',
};

/** The state of a machine by word, shape and colour. */
export function StateChip({ state, status }: Pick<Machine, 'state' | 'status'>) {
  const { t } = useTranslation();
  const shown = shownStateOf({ state, status });
  return (
    <span className={classes.chip} data-state={shown}>
      <span aria-hidden="true">{SIGNS[shown]}</span> {t(`machine_states.${shown}`)}
    </span>
  );
}
