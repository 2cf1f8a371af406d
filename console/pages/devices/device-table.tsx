import { Paper, Table, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { DeviceSummary } from '../../../src/model/own-device.ts';
import { useFormat } from '../../components/format.ts';
import { StateChip } from '../../components/state-chip.tsx';
import whole from '../../components/whole-row.module.css';
import { type Condition, conditionOf } from './device-conditions.ts';
import classes from './device-table.module.css';
import { familyTitle } from './families.ts';

const SIGNS: Record<Condition, string> = {
  online: '●',
  offline: '⊘',
  unheard: '○',
  pending: '?',
  rejected: '✕',
  disabled: '□',
  no_topic: '–',
};

/** How it stands with a device, by word, sign and colour. */
export function ConditionWord({ device }: { device: DeviceSummary }) {
  const { t } = useTranslation();
  const condition = conditionOf(device);
  return (
    <span className={classes.condition} data-condition={condition}>
      <span aria-hidden="true">{SIGNS[condition]}</span> {t(`devices.condition_${condition}`)}
    </span>
  );
}

type DeviceTableProps = {
  devices: readonly DeviceSummary[];
  chosen: string | null;
  onOpen(id: string): void;
};

export function DeviceTable({ devices, chosen, onOpen }: DeviceTableProps) {
  const { t } = useTranslation();
  return (
    <Paper withBorder className={classes.frame}>
      <Table className={classes.table} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('devices.device')}</Table.Th>
            <Table.Th className={classes.state}>{t('devices.state')}</Table.Th>
            <Table.Th className={classes.connection}>{t('devices.condition')}</Table.Th>
            <Table.Th className={classes.wide}>{t('devices.family')}</Table.Th>
            <Table.Th className={classes.wide}>{t('devices.source')}</Table.Th>
            <Table.Th className={classes.last}>{t('devices.last_message')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {devices.map((device) => (
            <Row
              key={device.device_id}
              device={device}
              isChosen={device.device_id === chosen}
              onOpen={() => onOpen(device.device_id)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

type RowProps = { device: DeviceSummary; isChosen: boolean; onOpen(): void };

function Row({ device, isChosen, onOpen }: RowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Table.Tr className={`${whole.row} ${classes.row}`} data-chosen={isChosen || undefined}>
      <Table.Td>
        <UnstyledButton
          className={`${whole.opener} ${classes.name}`}
          aria-expanded={isChosen}
          onClick={onOpen}
        >
          {device.machine_name}
        </UnstyledButton>
        <div className={`${classes.id} quiet`}>{device.device_id}</div>
        <div className={`${classes.narrow} quiet figures`}>
          <ConditionWord device={device} /> · {t(`devices.source_${device.source}`)} ·{' '}
          {format.moment(device.last_message_at)}
        </div>
      </Table.Td>
      <Table.Td className={classes.state}>{device.running ? <StateChip {...device} /> : '–'}</Table.Td>
      <Table.Td className={classes.connection}>
        <ConditionWord device={device} />
      </Table.Td>
      <Table.Td className={classes.wide}>
        {device.family === null ? '–' : familyTitle(device.family)}
      </Table.Td>
      <Table.Td className={classes.wide}>{t(`devices.source_${device.source}`)}</Table.Td>
      <Table.Td className={`${classes.last} figures`}>{format.moment(device.last_message_at)}</Table.Td>
    </Table.Tr>
  );
}
