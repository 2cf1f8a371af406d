import { Alert, Button, Skeleton, Tabs, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { ApiFault } from '../../api/client.ts';
import { useFaultText } from '../../components/notices.tsx';
import classes from './machine.module.css';
import { MachineHead } from './machine-head.tsx';
import { TABS, type Tab, useDevice, usePlace } from './use-device.ts';

type TabProps = { device: DeviceDetail };

const CONTENTS = {
  chart: lazy(() => import('./chart-tab.tsx').then(({ ChartTab }) => ({ default: ChartTab }))),
  sessions: lazy(() => import('./sessions-tab.tsx').then(({ SessionsTab }) => ({ default: SessionsTab }))),
  attributes: lazy(() =>
    import('./attributes-tab.tsx').then(({ AttributesTab }) => ({ default: AttributesTab })),
  ),
  messages: lazy(() => import('./messages-tab.tsx').then(({ MessagesTab }) => ({ default: MessagesTab }))),
  configuration: lazy(() =>
    import('./configuration-tab.tsx').then(({ ConfigurationTab }) => ({ default: ConfigurationTab })),
  ),
  tune: lazy(() => import('./tune-tab.tsx').then(({ TuneTab }) => ({ default: TuneTab }))),
  why: lazy(() => import('./why-tab.tsx').then(({ WhyTab }) => ({ default: WhyTab }))),
} satisfies Record<Tab, React.ComponentType<TabProps>>;

/** One machine: live, its history, its configuration, and why its sessions are as they are. */
export function Page() {
  const { t } = useTranslation();
  const { deviceId, tab, go } = usePlace();
  const { data: device, error, refetch } = useDevice(deviceId);
  const tabs = useRef<HTMLDivElement>(null);
  const isThere = device !== undefined;
  // On a phone the tabs are wider than the page: the one that is open is to be seen.
  useEffect(() => {
    const list = isThere && tabs.current;
    const open = list && list.querySelector<HTMLElement>(`[data-tab="${tab}"]`);
    if (open) list.scrollLeft = open.offsetLeft - (list.clientWidth - open.offsetWidth) / 2;
  }, [tab, isThere]);
  if (!device) return error ? <Missing error={error} onRetry={() => void refetch()} /> : <Waiting />;
  const Content: React.ComponentType<TabProps> = CONTENTS[tab];
  return (
    <>
      <MachineHead device={device} />
      <Tabs value={tab} onChange={(next) => next && go(next as Tab)} keepMounted={false}>
        <Tabs.List ref={tabs} className={classes.tabs}>
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one} data-tab={one}>
              {t(`machine.tab_${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab} pt="sm">
          <Suspense fallback={<Skeleton height={360} />}>
            <Content key={deviceId} device={device} />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-busy="true" aria-label={t('list.loading')} className={classes.stack}>
      <Skeleton height={28} width={240} />
      <Skeleton height={48} />
      <Skeleton height={36} />
      <Skeleton height={360} />
    </div>
  );
}

function Missing({ error, onRetry }: { error: unknown; onRetry(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const isUnknown = error instanceof ApiFault && error.status === 404;
  return (
    <Alert color="red" role="alert" title={t(isUnknown ? 'machine.no_machine' : 'list.failed')}>
      <Text size="sm">{isUnknown ? t('machine.no_machine_hint') : faultText(error)}</Text>
      {isUnknown ? (
        <Text size="sm" mt="sm">
          <Link to="/devices" className={classes.link}>
            {t('machine.to_devices')}
          </Link>
        </Text>
      ) : (
        <Button variant="default" mt="sm" onClick={onRetry}>
          {t('list.retry')}
        </Button>
      )}
    </Alert>
  );
}
