import { Popover, Text, UnstyledButton } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { HealthReport } from '../../src/api/schemas.ts';
import { useHealth } from '../api/health.ts';
import classes from './lamps.module.css';

type Lamp = { name: 'mqtt' | 'odoo' | 'queue'; state: 'good' | 'waiting' | 'bad' | 'unknown'; word: string };

function lampsOf(health: HealthReport | undefined, t: TFunction): Lamp[] {
  if (!health) {
    const word = t('shell.lamp_unknown');
    return (['mqtt', 'odoo', 'queue'] as const).map((name) => ({ name, state: 'unknown', word }));
  }
  const { mqtt_connected, odoo_reachable, events_pending, events_parked } = health;
  const odoo = odoo_reachable === null ? 'unknown' : odoo_reachable ? 'good' : 'bad';
  return [
    {
      name: 'mqtt',
      state: mqtt_connected ? 'good' : 'bad',
      word: t(mqtt_connected ? 'shell.connected' : 'shell.disconnected'),
    },
    { name: 'odoo', state: odoo, word: t(`shell.odoo_${odoo}`) },
    {
      name: 'queue',
      state: events_parked > 0 ? 'bad' : events_pending > 0 ? 'waiting' : 'good',
      word: t('shell.queue_words', { waiting: events_pending, parked: events_parked }),
    },
  ];
}

/** MQTT, Odoo and the queue at a glance; each opens the sentences behind it. */
export function Lamps() {
  const { t } = useTranslation();
  const health = useHealth();
  const problems = health.isError ? [t('shell.unreachable')] : (health.data?.problems ?? []);
  return (
    <div className={classes.lamps}>
      {lampsOf(health.isError ? undefined : health.data, t).map(({ name, state, word }) => (
        <Popover key={name} width={320} position="bottom-end" withArrow shadow="md">
          <Popover.Target>
            <UnstyledButton className={classes.lamp} aria-label={`${t(`shell.${name}`)}: ${word}`}>
              <span className={classes.light} data-state={state} aria-hidden="true" />
              <span>{t(`shell.${name}`)}</span>
            </UnstyledButton>
          </Popover.Target>
          <Popover.Dropdown>
            <Text size="sm" fw={600}>
              {t(`shell.${name}`)}: {word}
            </Text>
            {problems.map((problem) => (
              <Text key={problem} size="sm" mt={4}>
                {problem}
              </Text>
            ))}
          </Popover.Dropdown>
        </Popover>
      ))}
    </div>
  );
}
