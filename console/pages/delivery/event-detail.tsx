import { Alert, Anchor, Button, Skeleton, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { EventRecord } from '../../../src/api/schemas.ts';
import { ApiFault } from '../../api/client.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Fact, Facts } from '../../components/facts.tsx';
import { useFormat } from '../../components/format.ts';
import { useFaultText, useNotices } from '../../components/notices.tsx';
import { bodyFacts, bodyText } from './event-body.ts';
import classes from './event-detail.module.css';
import { OutcomeWord } from './event-words.tsx';
import { useEvent, useSendAgain } from './use-delivery.ts';
import { useMachineNames } from './use-machine-names.ts';

type EventDetailProps = { uid: string; known: EventRecord | undefined };

/** One event: how it stands, what Odoo said, and what Odoo is sent. */
export function EventDetail({ uid, known }: EventDetailProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const event = useEvent(uid, known);
  if (event.isError) {
    const isGone = event.error instanceof ApiFault && event.error.status === 404;
    return (
      <Alert color={isGone ? 'gray' : 'red'} role="alert">
        <Text size="sm">{isGone ? t('delivery.gone') : faultText(event.error)}</Text>
        {!isGone && (
          <Button variant="default" size="xs" mt="xs" onClick={() => void event.refetch()}>
            {t('list.retry')}
          </Button>
        )}
      </Alert>
    );
  }
  if (!event.data) return <Skeleton height="20rem" />;
  const text = bodyText(event.data.body);
  return (
    <div className={classes.detail}>
      {event.data.state === 'parked' && <SendAgain uid={uid} />}
      <EventFacts event={event.data} />
      <div className={classes.head}>
        <Text component="h3" size="sm" fw={600}>
          {t('delivery.body')}
        </Text>
        <CopyButton size="compact-sm" label={t('delivery.copy')} text={() => text} />
      </div>
      <pre className={classes.body}>
        <code>{text}</code>
      </pre>
    </div>
  );
}

function SendAgain({ uid }: { uid: string }) {
  const { t } = useTranslation();
  const notices = useNotices();
  const sendAgain = useSendAgain();
  const action = useMutation({
    mutationFn: () => sendAgain(uid),
    onSuccess: () => notices.done(t('delivery.waits_again', { count: 1, shown: 1 })),
    onError: (error) => notices.failed(error),
  });
  return (
    <div>
      <Button loading={action.isPending} onClick={() => action.mutate()}>
        {t('delivery.send_again')}
      </Button>
      <Text size="sm" className="quiet">
        {t('delivery.alone')}
      </Text>
    </div>
  );
}

function EventFacts({ event }: { event: EventRecord }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useMachineNames();
  const { machineName, sessionId } = bodyFacts(event.body);
  const to = { to: '/machines/$deviceId', params: { deviceId: event.device_id } } as const;
  const why = { tab: 'why', session: sessionId } as never;
  return (
    <Facts>
      <Fact name={t('delivery.state')}>
        <OutcomeWord outcome={event.state} />
      </Fact>
      <Fact name={t('delivery.last_answer')}>{event.last_error ?? '–'}</Fact>
      <Fact name={t('delivery.tries')}>
        {t('delivery.tries_refused', {
          tries: format.count(event.attempts),
          refused: format.count(event.refusals),
        })}
      </Fact>
      {event.next_attempt_at !== null && (
        <Fact name={t('delivery.next_attempt')}>{format.moment(event.next_attempt_at)}</Fact>
      )}
      <Fact name={t('delivery.at')}>{format.moment(event.ts)}</Fact>
      <Fact name={t('delivery.created')}>{format.moment(event.created_at)}</Fact>
      {event.settled_at !== null && (
        <Fact name={t(`delivery.settled_${event.state === 'parked' ? 'parked' : 'delivered'}`)}>
          {format.moment(event.settled_at)}
        </Fact>
      )}
      <Fact name={t('delivery.machine')}>
        <Anchor size="sm" renderRoot={(props) => <Link {...to} {...props} />}>
          {machineName ?? nameOf(event.device_id)}
        </Anchor>
      </Fact>
      {sessionId !== null && (
        <Fact name={t('delivery.session')}>
          <Anchor size="sm" renderRoot={(props) => <Link {...to} search={why} {...props} />}>
            {t('delivery.why')}
          </Anchor>
        </Fact>
      )}
      <Fact name="event_type">{event.event_type}</Fact>
      <Fact name="event_uid">{event.event_uid}</Fact>
    </Facts>
  );
}
