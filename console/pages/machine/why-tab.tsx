import { Button, NativeSelect, Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { SessionRecord } from '../../../src/model/machine.ts';
import type { DeviceDetail } from '../../../src/model/own-device.ts';
import type { SessionWhy } from '../../../src/model/session-why.ts';
import { at, call, query } from '../../api/client.ts';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import classes from './machine.module.css';
import { type SessionsPage, usePlace } from './use-device.ts';
import { WhyView } from './why-view.tsx';

const LISTED = 100;

/** Why a session is as it is: everything that played a part, on one time axis. */
export function WhyTab({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation();
  const { sessionId } = usePlace();
  const deviceId = device.device_id;
  const recent = useQuery({
    queryKey: ['sessions', deviceId, 'recent'],
    queryFn: ({ signal }) =>
      call<SessionsPage>(
        'GET',
        `/api/sessions${query({ device_id: deviceId, limit: LISTED })}`,
        undefined,
        signal,
      ),
  });
  const sessions = recent.data?.sessions ?? [];
  const chosen = sessionId ?? sessions[0]?.session_id ?? null;
  return (
    <ListFrame
      tools={<Tools sessions={sessions} chosen={chosen} />}
      isLoading={recent.isPending}
      error={recent.error}
      onRetry={() => void recent.refetch()}
      isEmpty={chosen === null}
      empty={<Text>{t('machine.no_sessions')}</Text>}
      skeleton={<Skeleton height={60} />}
    >
      {chosen && <Why sessionId={chosen} />}
    </ListFrame>
  );
}

function Tools({ sessions, chosen }: { sessions: readonly SessionRecord[]; chosen: string | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { go } = usePlace();
  const listed = sessions.map(({ session_id, started_at, duration_s, state }) => ({
    value: session_id,
    label: `${format.moment(started_at)} · ${state === 'open' ? t('machine.session_open') : format.duration(duration_s)}`,
  }));
  const isListed = chosen === null || listed.some(({ value }) => value === chosen);
  return (
    <NativeSelect
      label={t('machine.session')}
      value={chosen ?? ''}
      onChange={(event) => go('why', event.currentTarget.value)}
      data={isListed ? listed : [{ value: chosen, label: t('machine.older_session') }, ...listed]}
      className={classes.picker}
    />
  );
}

function Why({ sessionId }: { sessionId: string }) {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ['why', sessionId],
    queryFn: ({ signal }) => call<SessionWhy>('GET', at('sessions', sessionId, 'why'), undefined, signal),
  });
  return (
    <ListFrame
      isLoading={found.isPending}
      error={found.error}
      onRetry={() => void found.refetch()}
      isEmpty={false}
      empty={null}
      skeleton={<Skeleton height={60} />}
    >
      {found.data && (
        <>
          <WhyView why={found.data} />
          <div>
            <Button variant="default" onClick={() => download(found.data)}>
              {t('machine.download')}
            </Button>
          </div>
        </>
      )}
    </ListFrame>
  );
}

/** The whole answer as a file, as it came. */
function download(why: SessionWhy): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(why, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `session-${why.session.session_id}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
