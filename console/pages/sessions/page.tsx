import { Alert, Button, Skeleton, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { query as queryText } from '../../api/client.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { LoadMore } from '../../components/load-more.tsx';
import { useFaultText } from '../../components/notices.tsx';
import { PageHead } from '../../components/page-head.tsx';
import classes from './page.module.css';
import { isReversed } from './periods.ts';
import { SessionCards } from './session-cards.tsx';
import { fieldsOf, queryOf, type SessionFilter, type SessionQuery } from './session-filter.ts';
import { SessionFilters } from './session-filters.tsx';
import { SessionSums } from './session-sums.tsx';
import { SessionTable } from './session-table.tsx';
import { useSessionFilter } from './use-session-filter.ts';
import { useSessionSums, useSessions } from './use-sessions.ts';

/** Below, the table has no room. */
const NARROW = '(max-width: 68em)';

export function Page() {
  const { t } = useTranslation();
  const [filter, change] = useSessionFilter();
  const query = queryOf(filter, new Date());
  const isWrong = filter.period === 'own' && isReversed(filter.own);
  return (
    <div className={classes.page}>
      <PageHead title={t('shell.sessions')}>
        <CsvButton query={query} isWrong={isWrong} />
      </PageHead>
      <SessionFilters filter={filter} onChange={change} />
      {!isWrong && <Found filter={filter} query={query} onChange={change} />}
    </div>
  );
}

/** A file of everything that matches, with times of the viewer's zone. */
function CsvButton({ query, isWrong }: { query: SessionQuery; isWrong: boolean }) {
  const { t } = useTranslation();
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const href = `/api/sessions.csv${queryText({ ...fieldsOf(query), time_zone: timeZone })}`;
  return (
    <Button
      component="a"
      variant="default"
      download="sessions.csv"
      disabled={isWrong}
      {...(!isWrong && { href })}
      title={t('sessions.csv_hint', { zone: timeZone })}
    >
      {t('sessions.csv')}
    </Button>
  );
}

type FoundProps = {
  filter: SessionFilter;
  query: SessionQuery;
  onChange(more: Partial<SessionFilter>): void;
};

function Found({ filter, query, onChange }: FoundProps) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const isNarrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const sums = useSessionSums(query);
  const { list, fresh, showFresh } = useSessions(query);
  const sessions = list.data?.pages.flatMap((page) => page.sessions) ?? [];
  const Rows = isNarrow ? SessionCards : SessionTable;
  return (
    <>
      <SessionSums sums={sums.data} isFailed={sums.isError} />
      {sums.isError && (
        <Alert color="red" role="alert">
          <Text size="sm">{faultText(sums.error)}</Text>
          <Button variant="default" size="xs" mt="xs" onClick={() => void sums.refetch()}>
            {t('list.retry')}
          </Button>
        </Alert>
      )}
      <div className={classes.above}>
        <Text size="sm" className="quiet">
          {t('sessions.whole')}
        </Text>
        <div role="status">
          {fresh > 0 && (
            <Button size="compact-sm" variant="light" onClick={showFresh}>
              {t('sessions.fresh', { count: fresh })}
            </Button>
          )}
        </div>
      </div>
      <ListFrame
        isLoading={list.isPending}
        error={list.isError && !list.data ? list.error : null}
        onRetry={() => void list.refetch()}
        isEmpty={sessions.length === 0}
        empty={<Nothing filter={filter} onChange={onChange} />}
        skeleton={<Skeleton height={isNarrow ? 112 : 36} />}
      >
        <Rows sessions={sessions} />
        <LoadMore list={list} />
      </ListFrame>
    </>
  );
}

/** Why there may be none, and the next step. */
function Nothing({ filter, onChange }: Pick<FoundProps, 'filter' | 'onChange'>) {
  const { t } = useTranslation();
  const { machine, period, state, reason } = filter;
  const isFiltered = machine !== '' || period !== 'all' || state !== '' || reason !== '';
  return (
    <>
      <Text>{t(isFiltered ? 'sessions.none_found' : 'sessions.none')}</Text>
      {isFiltered && (
        <Button
          mt="sm"
          variant="default"
          onClick={() => onChange({ machine: '', period: 'all', state: '', reason: '' })}
        >
          {t('sessions.show_all')}
        </Button>
      )}
    </>
  );
}
