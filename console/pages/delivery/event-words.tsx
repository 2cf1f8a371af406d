import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { DeliveryReport } from '../../../src/api/delivery.ts';
import classes from './event-words.module.css';

type Outcome = DeliveryReport['answers'][number]['outcome'] | 'pending';

const SIGNS: Record<Outcome, string> = {
  pending: '◔',
  delivered: '✓',
  parked: '■',
  refused: '✕',
  away: '⊘',
};

/** How an event stands, or what Odoo said to it: by word, sign and colour. */
export function OutcomeWord({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation();
  return (
    <span className={classes.outcome} data-outcome={outcome}>
      <span aria-hidden="true">{SIGNS[outcome]}</span> {t(`delivery.outcome_${outcome}`)}
    </span>
  );
}

/** What an event tells, in the viewer's language; a kind that is not known goes by its name. */
export const typeWord = (t: TFunction, eventType: string): string =>
  t(`delivery.type_${eventType}`, { defaultValue: eventType });
