import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { SessionRecord } from '../../../src/model/machine.ts';
import { useNow } from '../../api/time.ts';
import { secondsSince, useFormat } from '../../components/format.ts';
import classes from './session-parts.module.css';

type SessionProps = { session: SessionRecord };

/** The machine of a session, as a link to it. */
export function MachineLink({ session: { device_id, machine_name } }: SessionProps) {
  return (
    <Link to="/machines/$deviceId" params={{ deviceId: device_id }} className={classes.machine}>
      {machine_name}
    </Link>
  );
}

/** The way to what made a session begin and end. */
export function WhyLink({ session: { device_id, session_id, machine_name, started_at } }: SessionProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const about = t('sessions.why_of', { machine: machine_name, time: format.moment(started_at) });
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => (
        <Link
          to="/machines/$deviceId"
          params={{ deviceId: device_id }}
          search={{ tab: 'why', session: session_id } as never}
          aria-label={about}
          {...props}
        />
      )}
    >
      {t('sessions.why')}
    </Anchor>
  );
}

/** Whether a session goes on, or why it ended: by word, sign and colour. */
export function Ending({ session: { state, reason } }: SessionProps) {
  const { t } = useTranslation();
  if (state === 'open') {
    return (
      <span className={classes.ending} data-kind="open">
        <span aria-hidden="true">●</span> {t('sessions.state_open')}
      </span>
    );
  }
  return (
    <span className={classes.ending} data-kind={reason ?? undefined}>
      {reason !== null && t(`sessions.reason_${reason}`)}
    </span>
  );
}

/** How long a session took, or has taken until now. */
export function Duration({ session: { state, started_at, duration_s } }: SessionProps) {
  const format = useFormat();
  const isOpen = state === 'open';
  const now = useNow(isOpen);
  return <>{format.duration(isOpen ? secondsSince(started_at, now) : duration_s)}</>;
}

/** When a session ended; the day only where it is another one than it began on. */
export function EndedAt({ session: { started_at, ended_at } }: SessionProps) {
  const format = useFormat();
  if (ended_at === null) return <>–</>;
  const isSameDay = format.day(started_at) === format.day(ended_at);
  return <>{isSameDay ? format.time(ended_at) : format.moment(ended_at)}</>;
}
