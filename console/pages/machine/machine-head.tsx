import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import { live } from '../../api/live.ts';
import { secondsSince, useFormat } from '../../components/format.ts';
import { PageHead } from '../../components/page-head.tsx';
import { StateChip } from '../../components/state-chip.tsx';
import classes from './machine.module.css';

const TICK_MS = 1000;

/** The newest power by the stream, else by the device. */
function usePower(device: DeviceDetail): number | null {
  const [told, setTold] = useState<{ deviceId: string; watts: number } | null>(null);
  const { device_id: deviceId } = device;
  useEffect(
    () =>
      live.on('reading', (readings) => {
        const watts = readings.find((one) => one.device_id === deviceId)?.power_w;
        if (watts !== undefined) setTold({ deviceId, watts });
      }),
    [deviceId],
  );
  return told?.deviceId === deviceId ? told.watts : device.power_w;
}

function useNow(): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

/** What matters now: name, state, power, the running session, and whether anything is heard. */
export function MachineHead({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const power = usePower(device);
  const nowMs = useNow();
  const { session } = device;
  const facts: [word: string, value: string][] = [
    ['session', session ? t('machine.since', { time: format.time(session.started_at) }) : '–'],
    ['duration', session ? format.duration(secondsSince(session.started_at, nowMs)) : '–'],
    ['energy', session ? format.energy(session.energy_kwh) : '–'],
    ['last_message', format.moment(device.last_message_at)],
  ];
  return (
    <header>
      <PageHead title={device.machine_name}>
        <StateChip state={device.state} status={device.status} />
        <span className={classes.online} data-online={device.status === 'online'}>
          {t(`machine.status_${device.status}`)}
        </span>
      </PageHead>
      <div className={`${classes.facts} figures`}>
        <div className={classes.power}>
          <span className="quiet">{t('machine.power_now')}</span>
          <strong>{format.power(power)}</strong>
        </div>
        {facts.map(([word, value]) => (
          <div key={word}>
            <span className="quiet">{t(`machine.${word}`)}</span>
            <span>{value}</span>
          </div>
        ))}
      </div>
      {!device.running && <p className={classes.notice}>{t('machine.not_running')}</p>}
    </header>
  );
}
