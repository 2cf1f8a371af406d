import { Paper, Table } from '@mantine/core';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionRecord } from '../../../src/model/machine.ts';
import { useFormat } from '../../components/format.ts';
import { Duration, EndedAt, Ending, MachineLink, WhyLink } from './session-parts.tsx';
import classes from './session-table.module.css';

const FIGURES = ['duration', 'working', 'standby', 'interruptions', 'energy', 'max_power'] as const;

export function SessionTable({ sessions }: { sessions: readonly SessionRecord[] }) {
  const { t } = useTranslation();
  return (
    <Paper withBorder className={classes.frame}>
      <Table className={`${classes.table} figures`} verticalSpacing={6} highlightOnHover>
        <Table.Caption className="spoken">{t('shell.sessions')}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('sessions.machine')}</Table.Th>
            <Table.Th>{t('sessions.started')}</Table.Th>
            <Table.Th>{t('sessions.ended')}</Table.Th>
            {FIGURES.map((name) => (
              <Table.Th key={name} className={classes.figure} data-column={name}>
                {t(`sessions.${name}`)}
              </Table.Th>
            ))}
            <Table.Th>{t('sessions.reason')}</Table.Th>
            <Table.Th>
              <span className="spoken">{t('sessions.why')}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sessions.map((session) => (
            <Row key={session.session_id} session={session} />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

const Row = memo(function Row({ session }: { session: SessionRecord }) {
  const format = useFormat();
  const figures: Record<(typeof FIGURES)[number], React.ReactNode> = {
    duration: <Duration session={session} />,
    working: format.duration(session.working_duration_s),
    standby: format.duration(session.standby_duration_s),
    interruptions: format.duration(session.interruption_duration_s),
    energy: format.energy(session.energy_kwh),
    max_power: format.power(session.max_power_w),
  };
  return (
    <Table.Tr>
      <Table.Th scope="row">
        <MachineLink session={session} />
      </Table.Th>
      <Table.Td className={classes.time}>{format.moment(session.started_at)}</Table.Td>
      <Table.Td className={classes.time}>
        <EndedAt session={session} />
      </Table.Td>
      {FIGURES.map((name) => (
        <Table.Td key={name} className={classes.figure} data-column={name}>
          {figures[name]}
        </Table.Td>
      ))}
      <Table.Td>
        <Ending session={session} />
      </Table.Td>
      <Table.Td>
        <WhyLink session={session} />
      </Table.Td>
    </Table.Tr>
  );
});
