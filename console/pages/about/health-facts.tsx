import { Alert, Button, Paper, Skeleton, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { HealthReport } from '../../../src/api/schemas.ts';
import { useHealth } from '../../api/health.ts';
import { useFormat } from '../../components/format.ts';
import { useFaultText } from '../../components/notices.tsx';
import classes from './health-facts.module.css';

function useFacts(health: HealthReport): [name: string, value: string][] {
  const { t } = useTranslation();
  const format = useFormat();
  const odoo = health.odoo_reachable === null ? 'unknown' : health.odoo_reachable ? 'good' : 'bad';
  return [
    [t('about.version'), health.version],
    [t('about.uptime'), format.duration(health.uptime_seconds)],
    [t('shell.mqtt'), t(health.mqtt_connected ? 'shell.connected' : 'shell.disconnected')],
    [t('shell.odoo'), t(`shell.odoo_${odoo}`)],
    [
      t('shell.queue'),
      t('shell.queue_words', { waiting: format.count(health.events_pending), parked: health.events_parked }),
    ],
    [t('about.devices'), format.count(health.devices)],
    [t('about.machines'), format.count(health.subscriptions)],
    [t('about.open_sessions'), format.count(health.active_sessions)],
    [t('about.last_configuration'), format.moment(health.last_config_update)],
  ];
}

/** Version, how long it runs, and every problem that it knows of. */
export function HealthFacts() {
  const { t } = useTranslation();
  const health = useHealth();
  const faultText = useFaultText();
  return (
    <Paper withBorder component="section" className={classes.card} aria-labelledby="about-health">
      <Title order={2} id="about-health">
        {t('about.health')}
      </Title>
      {health.data ? (
        <Facts health={health.data} />
      ) : health.isError ? (
        <Alert color="red" role="alert" mt="sm" title={faultText(health.error)}>
          <Button variant="default" onClick={() => void health.refetch()}>
            {t('list.retry')}
          </Button>
        </Alert>
      ) : (
        <Skeleton height={200} mt="sm" />
      )}
    </Paper>
  );
}

function Facts({ health }: { health: HealthReport }) {
  const { t } = useTranslation();
  const facts = useFacts(health);
  return (
    <>
      <dl className={classes.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="figures">{value}</dd>
          </div>
        ))}
      </dl>
      {health.problems.length > 0 ? (
        <ul className={classes.problems}>
          {health.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      ) : (
        <Text size="sm" mt="xs">
          {t('about.no_problems')}
        </Text>
      )}
    </>
  );
}
