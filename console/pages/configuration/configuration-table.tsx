import { Paper, Table, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ConfigurationEntry } from '../../../src/api/configurations.ts';
import { useFormat } from '../../components/format.ts';
import whole from '../../components/whole-row.module.css';
import classes from './configuration-table.module.css';

type ConfigurationTableProps = {
  configurations: readonly ConfigurationEntry[];
  chosenId: number | null;
  onChoose(id: number): void;
};

/** Who changed the devices, and when. */
export function ConfigurationTable({ configurations, chosenId, onChoose }: ConfigurationTableProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Paper withBorder className={classes.frame}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('configuration.applied_at')}</Table.Th>
            <Table.Th>{t('configuration.source')}</Table.Th>
            <Table.Th className={classes.number}>{t('configuration.devices')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {configurations.map(({ id, applied_at, source, devices, in_force }) => (
            <Table.Tr
              key={id}
              className={`${whole.row} ${whole.tinted}`}
              data-chosen={id === chosenId || undefined}
            >
              <Table.Td className="figures">
                <UnstyledButton
                  className={`${whole.opener} ${classes.open}`}
                  aria-expanded={id === chosenId}
                  onClick={() => onChoose(id)}
                >
                  {format.moment(applied_at)}
                </UnstyledButton>
                {in_force && <span className={classes.inForce}>✓ {t('configuration.in_force')}</span>}
              </Table.Td>
              <Table.Td>{t(`configuration.source_${source}`, { defaultValue: source })}</Table.Td>
              <Table.Td className={`${classes.number} figures`}>{format.count(devices)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
