import { Anchor, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useHealth } from '../../api/health.ts';
import { ConnectMeter } from './connect-meter.tsx';
import { CopyBlock } from './copy-block.tsx';
import classes from './first-steps.module.css';
import { HeardMeters } from './heard-meters.tsx';

const ODOO_VARIABLES = [
  'ODOO_BASE_URL=https://odoo.example',
  'ODOO_API_KEY_FILE=/etc/iot-bridge/odoo-key',
].join('\n');

/** What to do when there is no device yet. */
export function FirstSteps() {
  const { t } = useTranslation();
  return (
    <>
      <Text className={classes.intro}>{t('overview.first_intro')}</Text>
      <ol className={classes.steps}>
        <Step title={t('overview.step_meter')}>
          <ConnectMeter />
        </Step>
        <Step title={t('overview.step_machine')}>
          <HeardMeters />
        </Step>
        <Step title={t('overview.step_odoo')}>
          <ConnectOdoo />
        </Step>
      </ol>
    </>
  );
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <li className={classes.step}>
      <Title order={2} mb="xs">
        {title}
      </Title>
      {children}
    </li>
  );
}

function ConnectOdoo() {
  const { t } = useTranslation();
  const { data: health } = useHealth();
  const reachable = health?.odoo_reachable ?? null;
  const state = reachable === null ? 'unknown' : reachable ? 'good' : 'bad';
  return (
    <div className={classes.body}>
      <Text size="sm">{t('overview.odoo_how')}</Text>
      <CopyBlock label={t('overview.odoo_variables')} text={ODOO_VARIABLES} />
      <Text size="sm">{t('overview.odoo_pull')}</Text>
      <Text size="sm" fw={600}>
        Odoo: {t(`shell.odoo_${state}`)}
      </Text>
      <Anchor component={Link} to="/delivery" size="sm">
        {t('overview.to_delivery')}
      </Anchor>
    </div>
  );
}
