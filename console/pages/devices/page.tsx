import { Tabs } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PageHead } from '../../components/page-head.tsx';
import { ApprovalsTab } from './approvals-tab.tsx';
import { DeviceForm, type FormTask } from './device-form.tsx';
import { DevicesTab } from './devices-tab.tsx';
import { HeardTab } from './heard-tab.tsx';
import classes from './page.module.css';
import { TemplatesTab } from './templates-tab.tsx';
import { useDevices } from './use-devices.ts';
import { useHeard } from './use-heard.ts';
import { TABS, usePlace } from './use-place.ts';

/** How many need a look, behind the name of a tab. */
function useCounts(): Record<string, number> {
  const heard = useHeard('');
  const devices = useDevices();
  const waiting = devices.data?.filter(({ approval }) => approval === 'pending').length ?? 0;
  return { heard: heard.data?.total ?? 0, approvals: waiting };
}

export function Page() {
  const { t } = useTranslation();
  const [place, go] = usePlace();
  const [task, setTask] = useState<FormTask | null>(null);
  const counts = useCounts();
  const tabs = useRef<HTMLDivElement>(null);
  // On a phone there are more tabs than find room: the chosen one is to be seen.
  useEffect(() => {
    const chosen = tabs.current?.querySelector(`[data-tab="${place.tab}"]`);
    chosen?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [place.tab]);
  return (
    <>
      <PageHead title={t('devices.title')}>
        <Link to="/configuration" className={classes.link}>
          {t('devices.history')}
        </Link>
      </PageHead>
      <Tabs
        value={place.tab}
        onChange={(tab) => go({ tab: tab as typeof place.tab, id: null })}
        keepMounted={false}
      >
        <Tabs.List ref={tabs} className={classes.tabs} mb="md">
          {TABS.map((tab) => (
            <Tabs.Tab key={tab} value={tab} data-tab={tab}>
              {t(`devices.tab_${tab}`)}
              {(counts[tab] ?? 0) > 0 && <span className={`${classes.count} figures`}>{counts[tab]}</span>}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="devices">
          <DevicesTab id={place.id} onOpen={(id) => go({ tab: 'devices', id })} onForm={setTask} />
        </Tabs.Panel>
        <Tabs.Panel value="heard">
          <HeardTab onForm={setTask} />
        </Tabs.Panel>
        <Tabs.Panel value="templates">
          <TemplatesTab id={place.id} onOpen={(id) => go({ tab: 'templates', id })} />
        </Tabs.Panel>
        <Tabs.Panel value="approvals">
          <ApprovalsTab onOpen={(id) => go({ tab: 'devices', id })} />
        </Tabs.Panel>
      </Tabs>
      <DeviceForm task={task} onClose={() => setTask(null)} onMade={(id) => go({ tab: 'devices', id })} />
    </>
  );
}
