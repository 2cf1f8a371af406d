import { Code, SegmentedControl, Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Broker } from '../../../src/model/broker.ts';
import { call } from '../../api/client.ts';
import { CopyBlock } from './copy-block.tsx';
import classes from './first-steps.module.css';
import { COMMANDS, FAMILIES, type Family, type MeterAddress, meterAddress } from './meter-address.ts';

const HOST_UNKNOWN = 'BRIDGE-ADDRESS';

/** Where a meter connects to, and the commands that make it do so. */
export function ConnectMeter() {
  const brokers = useQuery({
    queryKey: ['brokers', 'first-steps'],
    queryFn: ({ signal }) => call<{ brokers: Broker[] }>('GET', '/api/brokers', undefined, signal),
  });
  if (brokers.isPending) return <Skeleton height={160} />;
  // Without an answer the defaults are still the best guess.
  return <Settings address={meterAddress(brokers.data?.brokers ?? [], window.location.hostname)} />;
}

function Settings({ address }: { address: MeterAddress }) {
  const { t } = useTranslation();
  const [family, setFamily] = useState<Family>('shelly');
  const { port, isEmbedded, isTls } = address;
  const host = address.host ?? HOST_UNKNOWN;
  const login = isEmbedded
    ? { username: 'any', password: 'TOKEN' }
    : { username: 'USER', password: 'PASSWORD' };
  return (
    <div className={classes.body}>
      <Text size="sm">
        {t(isEmbedded ? 'overview.embedded_address' : 'overview.broker_address')}{' '}
        <Code className={classes.address}>{`${host}:${port}`}</Code>
      </Text>
      {address.host === null && <Text size="sm">{t('overview.localhost', { host })}</Text>}
      {isEmbedded && address.isPortAssumed && (
        <Text size="sm" className="quiet">
          {t('overview.port_assumed', { port })}
        </Text>
      )}
      <Text size="sm">{t(isEmbedded ? 'overview.login_token' : 'overview.login_broker')}</Text>
      <SegmentedControl
        className={classes.families}
        aria-label={t('overview.family')}
        value={family}
        onChange={(value) => setFamily(value as Family)}
        data={FAMILIES.map((value) => ({ value, label: t(`overview.family_${value}`) }))}
      />
      <CopyBlock
        label={t(`overview.family_${family}`)}
        text={COMMANDS[family]({ host, port, isTls, ...login })}
      />
      <Text size="sm">{t(`overview.where_${family}`)}</Text>
    </div>
  );
}
