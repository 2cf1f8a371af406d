import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ListFrame } from '../../components/list-frame.tsx';
import { useFaultText } from '../../components/notices.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { LineSkeleton, LogLines } from './log-lines.tsx';
import { LogTools } from './log-tools.tsx';
import classes from './page.module.css';
import { NO_FILTER, useLog } from './use-log.ts';

const TYPING_MS = 300;

export function Page() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [filter, setFilter] = useState(NO_FILTER);
  const [isFollowed, setFollowed] = useState(true);
  const [wanted] = useDebouncedValue(filter, TYPING_MS);
  const { log, older } = useLog(wanted, isFollowed);
  const { lines = [], next_before: next = null } = log.data ?? {};
  const isFiltered = Object.values(wanted).some((value) => value !== '');
  return (
    <>
      <PageHead title={t('log.title')}>
        <span className={`${classes.state} quiet`} role="status">
          {log.isError && log.data ? faultText(log.error) : t(isFollowed ? 'log.following' : 'log.paused')}
        </span>
        <Button variant="default" onClick={() => setFollowed(!isFollowed)}>
          {t(isFollowed ? 'log.pause' : 'log.follow')}
        </Button>
      </PageHead>
      <ListFrame
        tools={<LogTools filter={filter} onFilter={setFilter} />}
        isLoading={log.isPending}
        error={log.data ? null : log.error}
        onRetry={() => void log.refetch()}
        isEmpty={lines.length === 0}
        empty={
          isFiltered ? (
            <>
              <p>{t('log.no_match')}</p>
              <Button variant="default" onClick={() => setFilter(NO_FILTER)}>
                {t('log.clear_filter')}
              </Button>
            </>
          ) : (
            t('log.empty')
          )
        }
        skeleton={<LineSkeleton />}
      >
        <LogLines lines={lines} />
        {next !== null && (
          <Button variant="default" loading={older.isPending} onClick={() => older.mutate(next)}>
            {older.isError ? faultText(older.error) : t('list.more')}
          </Button>
        )}
      </ListFrame>
    </>
  );
}
