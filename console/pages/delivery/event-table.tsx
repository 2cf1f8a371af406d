import { Paper, Table, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { EventRecord } from '../../../src/api/schemas.ts';
import { useFormat } from '../../components/format.ts';
import whole from '../../components/whole-row.module.css';
import { bodyFacts } from './event-body.ts';
import classes from './event-table.module.css';
import { OutcomeWord, typeWord } from './event-words.tsx';
import { useMachineNames } from './use-machine-names.ts';

type EventTableProps = {
  events: readonly EventRecord[];
  /** The event_uid of the event that is open. */
  chosen: string;
  onOpen(uid: string): void;
};

export function EventTable({ events, chosen, onOpen }: EventTableProps) {
  const { t } = useTranslation();
  const nameOf = useMachineNames();
  return (
    <Paper withBorder className={classes.frame}>
      <Table className={`${classes.table} figures`} verticalSpacing={6}>
        <Table.Caption className="spoken">{t('shell.delivery')}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('delivery.event')}</Table.Th>
            <Table.Th className={classes.medium}>{t('delivery.machine')}</Table.Th>
            <Table.Th className={classes.time}>{t('delivery.at')}</Table.Th>
            <Table.Th className={classes.state}>{t('delivery.state')}</Table.Th>
            <Table.Th className={classes.tries}>{t('delivery.tries')}</Table.Th>
            <Table.Th className={classes.wide}>{t('delivery.last_answer')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => (
            <Row
              key={event.event_uid}
              event={event}
              machine={bodyFacts(event.body).machineName ?? nameOf(event.device_id)}
              isChosen={event.event_uid === chosen}
              onOpen={() => onOpen(event.event_uid)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

type RowProps = { event: EventRecord; machine: string; isChosen: boolean; onOpen(): void };

function Row({ event, machine, isChosen, onOpen }: RowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { event_type, ts, state, attempts, last_error } = event;
  return (
    <Table.Tr className={`${whole.row} ${whole.tinted}`} data-chosen={isChosen || undefined}>
      <Table.Td>
        <UnstyledButton
          className={`${whole.opener} ${classes.name}`}
          onClick={onOpen}
          aria-expanded={isChosen}
        >
          {typeWord(t, event_type)}
        </UnstyledButton>
        <span className={`${classes.narrow} quiet`}>{machine}</span>
        <span className={`${classes.narrow} quiet`}>{format.moment(ts)}</span>
      </Table.Td>
      <Table.Td className={classes.medium}>{machine}</Table.Td>
      <Table.Td className={classes.time}>{format.moment(ts)}</Table.Td>
      <Table.Td className={classes.state}>
        <OutcomeWord outcome={state} />
      </Table.Td>
      <Table.Td className={classes.tries}>{format.count(attempts)}</Table.Td>
      <Table.Td className={`${classes.wide} ${classes.answer}`}>{last_error ?? '–'}</Table.Td>
    </Table.Tr>
  );
}
