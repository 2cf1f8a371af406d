import { Alert, Button, Skeleton, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceReport } from '../../../src/model/service.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { secondsSince, useFormat } from '../../components/format.ts';
import { useFaultText, useNotices } from '../../components/notices.tsx';
import classes from './service.module.css';
import { useService, useSwitch } from './use-service.ts';

const KINDS = { connected: 'good', connecting: 'waiting', disconnected: 'bad' } as const;
const SIGNS = { connected: '●', connecting: '◐', disconnected: '■' } as const;
const TICK_MS = 1000;

/** Whether messages are received and sent, since when and why not; and the switch. */
export function ServiceStatus() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { data, error, refetch } = useService();
  if (data) return <Status report={data} />;
  if (!error) return <Skeleton height={104} />;
  return (
    <Alert color="red" role="alert" title={t('list.failed')}>
      <Text size="sm">{faultText(error)}</Text>
      <Button variant="default" mt="sm" onClick={() => void refetch()}>
        {t('list.retry')}
      </Button>
    </Alert>
  );
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function Status({ report }: { report: ServiceReport }) {
  const { t } = useTranslation();
  const f = useFormat();
  const now = useNow();
  const { status, connection, since, reason, persisted } = report;
  const isRunning = status === 'running';
  return (
    <section className={`${classes.card} ${classes.status}`} aria-label={t('service.service')}>
      <div>
        <div className={classes.words} role="status">
          <span className={classes.big} data-kind={isRunning ? 'good' : 'bad'}>
            <span aria-hidden="true">{isRunning ? '▶' : '■'}</span>{' '}
            {t(isRunning ? 'service.running' : 'service.stopped')}
          </span>
          <span className={classes.big} data-kind={KINDS[connection]}>
            <span aria-hidden="true">{SIGNS[connection]}</span> {t(`shell.${connection}`)}
          </span>
        </div>
        <Text size="sm" className="quiet figures">
          {t('service.since', { time: f.moment(since), duration: f.duration(secondsSince(since, now)) })}
        </Text>
        {reason !== null && <Text size="sm">{reason}</Text>}
        {persisted && <Text size="sm">{t('service.persisted')}</Text>}
      </div>
      <Switches isRunning={isRunning} />
    </section>
  );
}

function Switches({ isRunning }: { isRunning: boolean }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const turn = useSwitch();
  const [persist, setPersist] = useState(false);
  const start = useMutation({
    mutationFn: () => turn('start'),
    onSuccess: (text) => notices.done(text),
    onError: (error) => notices.failed(error),
  });
  if (!isRunning) {
    return (
      <Button loading={start.isPending} onClick={() => start.mutate()}>
        {t('service.start')}
      </Button>
    );
  }
  return (
    <div className={classes.actions}>
      <ConfirmButton
        label={t('service.restart')}
        consequence={t('service.restart_consequence')}
        act={() => turn('restart')}
      />
      <ConfirmButton
        label={t('service.stop')}
        consequence={
          <>
            {t('service.stop_consequence')}
            <label className={classes.persist}>
              <input
                type="checkbox"
                checked={persist}
                onChange={(event) => setPersist(event.currentTarget.checked)}
              />{' '}
              {t('service.persist')}
            </label>
          </>
        }
        act={() => turn('stop', { persist })}
      />
    </div>
  );
}
