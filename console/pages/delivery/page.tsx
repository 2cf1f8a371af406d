import { Button, SegmentedControl, Skeleton, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { DeliveryReport } from '../../../src/api/delivery.ts';
import { Beside } from '../../components/beside.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { LoadMore } from '../../components/load-more.tsx';
import { MachineSelect } from '../../components/machine-select.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { DeliveryPanel } from './delivery-panel.tsx';
import { EventDetail } from './event-detail.tsx';
import { FRESH_MAX } from './event-news.ts';
import { type EventState, type Place, STATES } from './event-place.ts';
import { EventTable } from './event-table.tsx';
import { typeWord } from './event-words.tsx';
import classes from './page.module.css';
import { useDeliveryReport, useEvents, useSendAgain } from './use-delivery.ts';
import { usePlace } from './use-place.ts';

export function Page() {
  const { t } = useTranslation();
  const [place, go] = usePlace();
  const report = useDeliveryReport();
  return (
    <div className={classes.page}>
      <PageHead title={t('shell.delivery')}>
        {report.data && report.data.parked > 0 && <SendAllAgain parked={report.data.parked} />}
      </PageHead>
      <DeliveryPanel report={report.data} error={report.error} onRetry={() => void report.refetch()} />
      <Events place={place} report={report.data} onGo={go} />
    </div>
  );
}

function SendAllAgain({ parked }: { parked: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const sendAgain = useSendAgain();
  return (
    <ConfirmButton
      label={t('delivery.send_all_again')}
      consequence={t('delivery.all_consequence', { count: parked, shown: format.count(parked) })}
      act={async () => {
        const count = await sendAgain();
        return t('delivery.waits_again', { count, shown: format.count(count) });
      }}
    />
  );
}

type EventsProps = {
  place: Place;
  report: DeliveryReport | undefined;
  onGo(more: Partial<Place>): void;
};

function Events({ place, report, onGo }: EventsProps) {
  const { t } = useTranslation();
  const { list, fresh, showFresh } = useEvents(place);
  const events = list.data?.pages.flatMap((page) => page.events) ?? [];
  const known = events.find(({ event_uid }) => event_uid === place.event);
  const title = known ? typeWord(t, known.event_type) : t('delivery.event');
  return (
    <Beside
      title={place.event === '' ? null : title}
      detail={<EventDetail uid={place.event} known={known} />}
      onClose={() => onGo({ event: '' })}
    >
      <ListFrame
        tools={
          <>
            <Tools place={place} report={report} onGo={onGo} />
            <Fresh fresh={fresh} onShow={showFresh} />
          </>
        }
        isLoading={list.isPending}
        error={list.isError && !list.data ? list.error : null}
        onRetry={() => void list.refetch()}
        isEmpty={events.length === 0}
        empty={<Nothing place={place} onGo={onGo} />}
        skeleton={<Skeleton height={36} />}
      >
        <EventTable events={events} chosen={place.event} onOpen={(event) => onGo({ event })} />
        <LoadMore list={list} />
      </ListFrame>
    </Beside>
  );
}

function Tools({ place, report, onGo }: EventsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const counts: { [S in EventState]?: number | undefined } = {
    pending: report?.pending,
    parked: report?.parked,
  };
  const label = (state: EventState) => {
    const count = counts[state];
    const word = t(`delivery.list_${state}`);
    return count === undefined ? word : `${word} ${format.count(count)}`;
  };
  return (
    <>
      <SegmentedControl
        className="figures"
        aria-label={t('delivery.state')}
        data={STATES.map((value) => ({ value, label: label(value) }))}
        value={place.state}
        onChange={(state) => onGo({ state })}
      />
      <MachineSelect
        label={t('delivery.machine')}
        placeholder={t('delivery.all_machines')}
        value={place.machine}
        onChange={(machine) => onGo({ machine })}
      />
    </>
  );
}

/** Keeps its place, so that the list does not move when something is new. */
function Fresh({ fresh, onShow }: { fresh: number; onShow(): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const shown = `${format.count(fresh)}${fresh >= FRESH_MAX ? '+' : ''}`;
  return (
    <div role="status" className={classes.fresh}>
      {fresh > 0 && (
        <Button size="compact-sm" variant="light" className="figures" onClick={onShow}>
          {t('delivery.fresh', { count: fresh, shown })}
        </Button>
      )}
    </div>
  );
}

/** What it means that there are none, and the next step. */
function Nothing({ place: { state, machine }, onGo }: Pick<EventsProps, 'place' | 'onGo'>) {
  const { t } = useTranslation();
  return (
    <>
      <Text>{t(`delivery.none_${state}`)}</Text>
      {machine !== '' ? (
        <Button mt="sm" variant="default" onClick={() => onGo({ machine: '' })}>
          {t('delivery.show_all_machines')}
        </Button>
      ) : (
        state !== 'delivered' && (
          <Button mt="sm" variant="default" onClick={() => onGo({ state: 'delivered' })}>
            {t('delivery.show_delivered')}
          </Button>
        )
      )}
    </>
  );
}
