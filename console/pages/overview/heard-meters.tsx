import { Anchor, Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Discovered } from '../../../src/model/discovery.ts';
import { call, query } from '../../api/client.ts';
import { useFormat } from '../../components/format.ts';
import { useFaultText } from '../../components/notices.tsx';
import classes from './first-steps.module.css';

const SHOWN_MAX = 5;
const RENEW_MS = 3000;

/** The newest meters that were heard and are no device yet; they are made devices on their own page. */
export function HeardMeters() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const heard = useQuery({
    queryKey: ['discovery', 'first-steps'],
    queryFn: ({ signal }) =>
      call<{ found: Discovered[]; total: number }>(
        'GET',
        `/api/discovery${query({ limit: SHOWN_MAX })}`,
        undefined,
        signal,
      ),
    refetchInterval: RENEW_MS,
  });
  const more = (heard.data?.total ?? 0) - (heard.data?.found.length ?? 0);
  return (
    <div className={classes.body}>
      <Text size="sm">{t('overview.machine_how')}</Text>
      {heard.isPending ? (
        <Skeleton height={64} />
      ) : heard.data ? (
        <Heard found={heard.data.found} more={more} />
      ) : (
        <Text size="sm">{faultText(heard.error)}</Text>
      )}
      <Anchor component={Link} to="/devices" size="sm">
        {t('overview.to_devices')}
      </Anchor>
    </div>
  );
}

function Heard({ found, more }: { found: readonly Discovered[]; more: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (found.length === 0) {
    return (
      <Text size="sm" className={classes.waiting} role="status">
        {t('overview.none_heard')}
      </Text>
    );
  }
  return (
    <>
      <ul className={classes.heard}>
        {found.map(({ id, name, topic, title, values }) => (
          <li key={id} className={classes.meter}>
            <span className={classes.meter_name}>
              <strong>{name ?? topic}</strong>
              <span className="quiet">{name ? `${title} · ${topic}` : title}</span>
            </span>
            <span className={classes.power}>{format.power(values?.power_w)}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <Text size="sm">{t('overview.more_heard', { count: format.count(more) })}</Text>}
    </>
  );
}
