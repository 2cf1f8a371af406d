import { Alert, Button, Select, Skeleton, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConfigurationEntry } from '../../../src/api/configurations.ts';
import type { Finding } from '../../api/client.ts';
import { at, call } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { useFormat } from '../../components/format.ts';
import { useFaultText } from '../../components/notices.tsx';
import classes from './configuration-detail.module.css';
import { DiffView } from './diff-view.tsx';
import { HISTORY_KEY, useDiff } from './use-configurations.ts';

type ConfigurationDetailProps = { chosen: ConfigurationEntry; all: readonly ConfigurationEntry[] };

/** What the entry changed, compared with any other, and the way back to it. */
export function ConfigurationDetail({ chosen, all }: ConfigurationDetailProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const before = all[all.findIndex(({ id }) => id === chosen.id) + 1];
  const [from, setFrom] = useState<string | null>(before ? String(before.id) : 'current');
  const others = all.filter(({ id, in_force }) => id !== chosen.id && !in_force);
  const nameOf = ({ id, applied_at }: ConfigurationEntry) =>
    id === before?.id
      ? t('configuration.one_before', { moment: format.moment(applied_at) })
      : format.moment(applied_at);
  return (
    <>
      <Select
        label={t('configuration.compared_with')}
        data={[
          { value: 'current', label: t('configuration.the_one_in_force') },
          ...others.map((one) => ({ value: String(one.id), label: nameOf(one) })),
          ...(before?.in_force ? [{ value: String(before.id), label: nameOf(before) }] : []),
        ]}
        value={from}
        onChange={(value) => setFrom(value)}
        allowDeselect={false}
      />
      <Difference from={from === null || from === 'current' ? 'current' : Number(from)} to={chosen.id} />
      <div className={classes.actions}>
        <Button
          component="a"
          variant="default"
          href={at('configurations', String(chosen.id))}
          download={`configuration-${chosen.id}.json`}
        >
          {t('configuration.download')}
        </Button>
        {!chosen.in_force && <GoBack chosen={chosen} />}
      </div>
    </>
  );
}

function Difference({ from, to }: { from: number | 'current'; to: number }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const diff = useDiff(from, to);
  if (diff.data) return <DiffView diff={diff.data} />;
  if (diff.isPending) return <Skeleton height={160} mt="md" />;
  return (
    <Alert color="red" role="alert" mt="md" title={t('list.failed')}>
      <Text size="sm">{faultText(diff.error)}</Text>
      <Button variant="default" mt="sm" onClick={() => void diff.refetch()}>
        {t('list.retry')}
      </Button>
    </Alert>
  );
}

type Applied = { added: string[]; updated: string[]; removed: string[]; warnings: Finding[] };

function GoBack({ chosen }: { chosen: ConfigurationEntry }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const change = useDiff('current', chosen.id);
  const counts = change.data?.counts;
  const restore = async () => {
    const { added, updated, removed } = await call<Applied>(
      'POST',
      at('configurations', String(chosen.id), 'restore'),
    );
    await queries.invalidateQueries({ queryKey: HISTORY_KEY });
    return t('configuration.restored', {
      added: added.length,
      changed: updated.length,
      removed: removed.length,
    });
  };
  return (
    <ConfirmButton
      label={t('configuration.go_back')}
      consequence={
        <>
          {t('configuration.go_back_to', { moment: format.moment(chosen.applied_at) })}{' '}
          {counts && t('configuration.counts', counts)} {t('configuration.go_back_what')}
        </>
      }
      act={restore}
    />
  );
}
