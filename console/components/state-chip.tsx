import { useTranslation } from 'react-i18next';
import type { Machine } from '../../src/model/machine.ts';
import classes from './state-chip.module.css';

export type ShownState = Machine['state'] | 'offline';
const SIGNS: Record<ShownState, string> = {
  idle: '○',
  starting: '◔',
  standby: '◐',
  working: '●',
  stopping: '◕',
  offline: '⊘',
};

/** The state of a machine by word, shape and colour. An idle machine that is offline says so. */
export function StateChip({ state, status }: Pick<Machine, 'state' | 'status'>) {
  const { t } = useTranslation();
  const shown: ShownState = status === 'offline' && state === 'idle' ? 'offline' : state;
  return (
    <span className={classes.chip} data-state={shown}>
      <span aria-hidden="true">{SIGNS[shown]}</span> {t(`machine_states.${shown}`)}
    </span>
  );
}
