import { Select, Skeleton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Beside } from '../../components/beside.tsx';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { LoadMore } from '../../components/load-more.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { ConfigurationDetail } from './configuration-detail.tsx';
import { ConfigurationTable } from './configuration-table.tsx';
import { useConfigurations } from './use-configurations.ts';

const SOURCES = ['push', 'pull', 'file', 'restore', 'start'] as const;

export function Page() {
  const { t } = useTranslation();
  const format = useFormat();
  const history = useConfigurations();
  const [source, setSource] = useState<string | null>(null);
  const [chosenId, setChosenId] = useState<number | null>(null);
  const all = history.data?.pages.flatMap(({ configurations }) => configurations) ?? [];
  const shown = all.filter((one) => source === null || one.source === source);
  const chosen = all.find(({ id }) => id === chosenId);
  return (
    <>
      <PageHead title={t('configuration.title')} />
      <Beside
        title={chosen ? t('configuration.of', { moment: format.moment(chosen.applied_at) }) : null}
        detail={chosen && <ConfigurationDetail key={chosen.id} chosen={chosen} all={all} />}
        onClose={() => setChosenId(null)}
      >
        <ListFrame
          tools={
            <Select
              label={t('configuration.source')}
              placeholder={t('list.all')}
              data={SOURCES.map((value) => ({ value, label: t(`configuration.source_${value}`) }))}
              value={source}
              onChange={setSource}
              clearable
              clearButtonProps={{ 'aria-label': t('configuration.all_sources') }}
            />
          }
          isLoading={history.isPending}
          error={history.data ? null : history.error}
          onRetry={() => void history.refetch()}
          isEmpty={shown.length === 0}
          empty={t(source === null ? 'configuration.empty' : 'configuration.no_match')}
          skeleton={<Skeleton height={44} />}
        >
          <ConfigurationTable configurations={shown} chosenId={chosenId} onChoose={setChosenId} />
          <LoadMore list={history} />
        </ListFrame>
      </Beside>
    </>
  );
}
