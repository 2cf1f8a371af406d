import { Button, Drawer } from '@mantine/core';
import { useRouterState } from '@tanstack/react-router';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PageHead } from '../../components/page-head.tsx';
import { useIsWide } from '../../components/side-panel.tsx';
import { filterFromSearch, type HistoryFilter, NO_FILTER } from './history-filter.ts';
import { HistoryList } from './history-list.tsx';
import { HistoryTools } from './history-tools.tsx';
import type { Message } from './message.ts';
import classes from './page.module.css';
import { Panel, usePanel } from './panel.tsx';
import { TopicTree } from './topic-tree.tsx';
import { useHistory } from './use-history.ts';
import { useTopics } from './use-topics.ts';

/** The filter of the list; a link to the page may bring one. */
function useFilter() {
  const search = useRouterState({ select: ({ location }) => location.search as Record<string, unknown> });
  const [filter, setFilter] = useState<HistoryFilter>(() => filterFromSearch(search));
  useEffect(() => setFilter(filterFromSearch(search)), [search]);
  return [filter, setFilter] as const;
}

/** What was sent and received, and writing and sending. */
export function Page() {
  const [filter, setFilter] = useFilter();
  const panel = usePanel();
  const [showsTopics, setShowsTopics] = useState(false);
  const history = useHistory(filter);
  const topics = useTopics(history.isPaused);
  const isWide = useIsWide();
  const { pause } = history;
  const { shown, show } = panel;

  // A message that was begun is still there.
  const compose = () => show({ kind: 'compose' });
  // What is looked at stays where it is.
  const open = useCallback(
    (message: Message) => {
      pause();
      show({ kind: 'message', message });
    },
    [pause, show],
  );
  const narrow = (topic: string) => {
    setFilter({ ...filter, topic });
    setShowsTopics(false);
    // On a phone the message lies over the list that was just narrowed.
    if (!isWide) show(null);
  };
  const tree = <TopicTree topics={topics} chosen={filter.topic} onChoose={narrow} />;
  return (
    <>
      <Head
        {...(!isWide && { onTopics: () => setShowsTopics(true) })}
        onSaved={() => show({ kind: 'saved' })}
        onCompose={compose}
      />
      <div className={classes.layout} data-panel={shown !== null || undefined}>
        {isWide && <div className={classes.topics}>{tree}</div>}
        <HistoryList
          history={history}
          tools={<HistoryTools filter={filter} onChange={setFilter} />}
          isFiltered={Object.values(filter).some((value) => value !== '')}
          openId={shown?.kind === 'message' ? shown.message.id : null}
          onOpen={open}
          onCompose={compose}
          onClear={() => setFilter(NO_FILTER)}
        />
        <Panel panel={panel} topics={topics} onTopic={narrow} />
      </div>
      <TopicsDrawer isOpen={showsTopics && !isWide} onClose={() => setShowsTopics(false)}>
        {tree}
      </TopicsDrawer>
    </>
  );
}

/** `onTopics`: where the tree is not beside the list. */
function Head({ onTopics, onSaved, onCompose }: { onTopics?(): void; onSaved(): void; onCompose(): void }) {
  const { t } = useTranslation();
  return (
    <PageHead title={t('shell.messages')}>
      {onTopics && (
        <Button variant="default" onClick={onTopics}>
          {t('messages.topics')}
        </Button>
      )}
      <Button variant="default" onClick={onSaved}>
        {t('messages.saved')}
      </Button>
      <Button onClick={onCompose}>{t('messages.new')}</Button>
    </PageHead>
  );
}

type TopicsDrawerProps = { isOpen: boolean; onClose(): void; children: ReactNode };

function TopicsDrawer({ isOpen, onClose, children }: TopicsDrawerProps) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened={isOpen}
      onClose={onClose}
      title={t('messages.topics')}
      closeButtonProps={{ 'aria-label': t('shell.close') }}
    >
      {children}
    </Drawer>
  );
}
