import { Paper } from '@mantine/core';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionRecord } from '../../../src/model/machine.ts';
import { useFormat } from '../../components/format.ts';
import classes from './session-cards.module.css';
import { Duration, EndedAt, Ending, MachineLink, WhyLink } from './session-parts.tsx';

/** In place of the table where it has no room, as on a phone. */
export function SessionCards({ sessions }: { sessions: readonly SessionRecord[] }) {
  return (
    <ul className={`${classes.cards} figures`}>
      {sessions.map((session) => (
        <Card key={session.session_id} session={session} />
      ))}
    </ul>
  );
}

const Card = memo(function Card({ session }: { session: SessionRecord }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { started_at, ended_at, working_duration_s, standby_duration_s, energy_kwh } = session;
  const figures: [name: string, value: React.ReactNode][] = [
    [t('sessions.duration'), <Duration key="duration" session={session} />],
    [t('sessions.energy'), format.energy(energy_kwh)],
    [t('sessions.working'), format.duration(working_duration_s)],
    [t('sessions.standby'), format.duration(standby_duration_s)],
  ];
  return (
    <Paper component="li" withBorder className={classes.card}>
      <div className={classes.line}>
        <MachineLink session={session} />
        <Ending session={session} />
      </div>
      <div className={classes.line}>
        <span className="quiet">
          {format.moment(started_at)} – {ended_at !== null && <EndedAt session={session} />}
        </span>
        <WhyLink session={session} />
      </div>
      <dl className={classes.figures}>
        {figures.map(([name, value]) => (
          <div key={name} className={classes.figure}>
            <dt className="quiet">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Paper>
  );
});
