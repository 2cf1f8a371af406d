import { type MouseEvent, memo, startTransition, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Machine } from '../../../src/model/machine.ts';
import { useMachine } from '../../api/machines.ts';
import { useNow } from '../../api/time.ts';
import { secondsSince, useFormat } from '../../components/format.ts';
import { StateChip } from '../../components/state-chip.tsx';
import { DRAWING } from './curve-book.ts';
import { useCurve } from './curves.ts';
import classes from './tile.module.css';
import { powerNow } from './tile-list.ts';
import type { Observe } from './visibility.ts';

const DAY_S = 86_400;

type TileProps = {
  deviceId: string;
  name: string;
  observe: Observe;
  onOpen(event: MouseEvent<HTMLAnchorElement>, deviceId: string): void;
};

/** Everything about one machine at a glance; leads to its page. Until it comes into view it is its name. */
export const Tile = memo(function Tile({ deviceId, name, observe, onOpen }: TileProps) {
  const link = useRef<HTMLAnchorElement>(null);
  const [seen, setSeen] = useState<boolean | null>(null);
  useEffect(
    () =>
      link.current
        ? observe(link.current, (isSeen) =>
            startTransition(() => setSeen((before) => isSeen || (before === null ? null : false))),
          )
        : undefined,
    [observe],
  );
  return (
    <li className={classes.place}>
      {/* A thousand router links would each listen to the router. */}
      <a
        ref={link}
        className={classes.tile}
        href={`/machines/${encodeURIComponent(deviceId)}`}
        onClick={(event) => onOpen(event, deviceId)}
      >
        {seen === null ? name : <Figures deviceId={deviceId} isSeen={seen} />}
      </a>
    </li>
  );
});

function Figures({ deviceId, isSeen }: { deviceId: string; isSeen: boolean }) {
  const format = useFormat();
  const machine = useMachine(deviceId, isSeen);
  if (!machine) return null;
  return (
    <>
      <span className={classes.head}>
        <Lamp status={machine.status} />
        <span className={classes.name}>{machine.machine_name}</span>
        <StateChip state={machine.state} status={machine.status} />
      </span>
      <span className={classes.now}>
        <span className={classes.power}>{format.power(powerNow(machine))}</span>
        <InState since={machine.state_since} isSeen={isSeen} />
      </span>
      <SessionLine machine={machine} isSeen={isSeen} />
      <PowerCurve deviceId={deviceId} isSeen={isSeen} />
    </>
  );
}

function Lamp({ status }: Pick<Machine, 'status'>) {
  const { t } = useTranslation();
  const word = t(`overview.${status}`);
  return (
    <>
      <span className={classes.lamp} data-status={status} title={word} aria-hidden="true" />
      <span className="spoken">{word}</span>
    </>
  );
}

function InState({ since, isSeen }: { since: string | null; isSeen: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(isSeen && since !== null);
  if (since === null) return null;
  const duration = format.duration(secondsSince(since, now));
  return <span className={classes.since}>{t('overview.in_state', { duration })}</span>;
}

function SessionLine({ machine, isSeen }: { machine: Machine; isSeen: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { session, status, last_message_at: heardAt } = machine;
  const now = useNow(isSeen && session !== null);
  if (!session) {
    const words =
      heardAt === null
        ? t('overview.never_heard')
        : status === 'offline'
          ? t('overview.last_heard', { when: format.moment(heardAt) })
          : t('overview.no_session');
    return <span className={classes.line}>{words}</span>;
  }
  const seconds = secondsSince(session.started_at, now);
  const since = seconds < DAY_S ? format.clock(session.started_at) : format.moment(session.started_at);
  const figures = [format.duration(seconds), format.energy(session.energy_kwh)].join(' · ');
  return (
    <span className={classes.line} data-running="">
      {t('overview.since', { since })} · {figures}
    </span>
  );
}

const PowerCurve = memo(function PowerCurve({ deviceId, isSeen }: { deviceId: string; isSeen: boolean }) {
  const { path, standbyY, workingY } = useCurve(deviceId, isSeen);
  const { width, height } = DRAWING;
  return (
    <svg
      className={classes.curve}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {standbyY !== null && <path className={classes.threshold} d={`M0 ${standbyY}H${width}`} />}
      {workingY !== null && <path className={classes.threshold} d={`M0 ${workingY}H${width}`} />}
      <path className={classes.line_power} d={path} />
    </svg>
  );
});
