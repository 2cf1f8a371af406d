import { Button, Skeleton, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import classes from './history-list.module.css';
import { HistoryRow, isToday } from './history-row.tsx';
import type { Message } from './message.ts';
import type { History } from './use-history.ts';

type HistoryListProps = {
  history: History;
  tools: ReactNode;
  isFiltered: boolean;
  openId: number | null;
  onOpen(message: Message): void;
  onCompose(): void;
  onClear(): void;
};

/** What was sent and received, newest first. */
export function HistoryList(props: HistoryListProps) {
  const { history, tools, openId, onOpen } = props;
  const { t } = useTranslation();
  const { list, messages } = history;
  return (
    <ListFrame
      tools={tools}
      isLoading={list.isPending}
      error={messages.length === 0 ? list.error : null}
      onRetry={() => void list.refetch()}
      isEmpty={messages.length === 0 && !list.hasNextPage}
      empty={<Nothing {...props} />}
      skeleton={<Skeleton height={52} />}
    >
      <div className={classes.body}>
        <LiveBar history={history} />
        <ul
          className={classes.list}
          data-stale={list.isPlaceholderData || undefined}
          data-dated={messages.some(({ at }) => !isToday(at)) || undefined}
          aria-label={t('messages.history')}
        >
          {messages.map((message) => (
            <HistoryRow key={message.id} message={message} isOpen={message.id === openId} onOpen={onOpen} />
          ))}
        </ul>
        {list.hasNextPage && (
          <div className={classes.more}>
            <Button variant="default" loading={list.isFetchingNextPage} onClick={history.more}>
              {t('list.more')}
            </Button>
          </div>
        )}
      </div>
    </ListFrame>
  );
}

/** Whether new messages come by themselves, and how many came while they do not. */
function LiveBar({ history: { isPaused, missed, pause, resume } }: Pick<HistoryListProps, 'history'>) {
  const { t } = useTranslation();
  const f = useFormat();
  return (
    <div className={classes.paused}>
      <Title order={2}>{t('messages.history')}</Title>
      <span className={classes.live}>
        <span className={classes.light} data-paused={isPaused || undefined} aria-hidden="true" />
        <span className="figures">
          {isPaused ? t('messages.paused', { n: f.count(missed) }) : t('messages.live')}
        </span>
      </span>
      <Button variant="default" size="xs" onClick={isPaused ? resume : pause}>
        {t(isPaused ? 'messages.resume' : 'messages.pause')}
      </Button>
    </div>
  );
}

function Nothing({ isFiltered, onCompose, onClear }: HistoryListProps) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm" mb="sm">
        {t(isFiltered ? 'messages.nothing_found' : 'messages.nothing_yet')}
      </Text>
      <Button variant="default" onClick={isFiltered ? onClear : onCompose}>
        {t(isFiltered ? 'messages.clear_filter' : 'messages.new')}
      </Button>
    </>
  );
}
