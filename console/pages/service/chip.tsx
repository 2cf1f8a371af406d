import { useTranslation } from 'react-i18next';
import type { ConnectionState } from '../../../src/model/broker.ts';
import type { Subscription } from '../../../src/model/subscription.ts';
import classes from './chip.module.css';

type Kind = 'good' | 'waiting' | 'bad' | 'off';
const SIGNS: Record<Kind, string> = { good: '●', waiting: '◐', bad: '■', off: '○' };

/** A state by word, shape and colour. */
function Chip({ kind, word }: { kind: Kind; word: string }) {
  return (
    <span className={classes.chip} data-kind={kind}>
      <span aria-hidden="true">{SIGNS[kind]}</span> {word}
    </span>
  );
}

const CONNECTIONS = { connected: 'good', connecting: 'waiting', disconnected: 'bad' } as const;

export function ConnectionChip({
  connection,
  isOff,
}: Pick<ConnectionState, 'connection'> & { isOff?: boolean }) {
  const { t } = useTranslation();
  if (isOff) return <Chip kind="off" word={t('service.off')} />;
  return <Chip kind={CONNECTIONS[connection]} word={t(`shell.${connection}`)} />;
}

const SUBSCRIPTIONS = {
  active: 'good',
  covered: 'good',
  waiting: 'waiting',
  refused: 'bad',
  off: 'off',
} as const;

export function SubscriptionChip({ state }: Pick<Subscription['state'], 'state'>) {
  const { t } = useTranslation();
  return <Chip kind={SUBSCRIPTIONS[state]} word={t(`service.state_${state}`)} />;
}
