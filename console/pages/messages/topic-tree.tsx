import { Skeleton, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../components/format.ts';
import { ListFrame } from '../../components/list-frame.tsx';
import { previewOf } from './message.ts';
import classes from './topic-tree.module.css';
import { filterOf, type TopicNode, topicTree } from './topics.ts';
import type { useTopics } from './use-topics.ts';

/** A tree of so many topics is open from the beginning. */
const OPEN_TOPICS_MAX = 40;

type TopicTreeProps = {
  topics: ReturnType<typeof useTopics>;
  /** The filter that is chosen. */
  chosen: string;
  onChoose(filter: string): void;
};

/** The topics there are, with counts and last values; choosing one narrows the history to it. */
export function TopicTree({ topics: { data, error, isPending, refetch }, chosen, onChoose }: TopicTreeProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [folded, setFolded] = useState<ReadonlyMap<string, boolean>>(new Map());
  const topics = data?.topics ?? [];
  const nodes = useMemo(() => topicTree(topics, search), [topics, search]);
  const opensAll = search !== '' || topics.length <= OPEN_TOPICS_MAX;
  const level: Level = {
    isOpen: (path) => folded.get(path) ?? opensAll,
    onFold: (path, isOpen) => setFolded((all) => new Map(all).set(path, isOpen)),
    chosen,
    onChoose: (filter) => onChoose(filter === chosen ? '' : filter),
  };
  return (
    <ListFrame
      tools={
        <TextInput
          w="100%"
          label={t('messages.topics')}
          placeholder={t('list.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          spellCheck={false}
        />
      }
      isLoading={isPending}
      error={data ? null : error}
      onRetry={() => void refetch()}
      isEmpty={nodes.length === 0}
      empty={<Text size="sm">{t(search === '' ? 'messages.no_topics' : 'messages.no_topic_found')}</Text>}
      skeleton={<Skeleton height={36} />}
    >
      <nav className={classes.frame} aria-label={t('messages.topics')}>
        <Nodes nodes={nodes} level={level} className={classes.tree} />
        {data && !data.isWhole && (
          <Text size="xs" className="quiet" mt={4}>
            {t('messages.topics_cut', { n: topics.length })}
          </Text>
        )}
      </nav>
    </ListFrame>
  );
}

type Level = {
  isOpen(path: string): boolean;
  onFold(path: string, isOpen: boolean): void;
  chosen: string;
  onChoose(filter: string): void;
};

function Nodes({
  nodes,
  level,
  className,
}: {
  nodes: TopicNode[];
  level: Level;
  className?: string | undefined;
}) {
  return (
    <ul className={className}>
      {nodes.map((node) => (
        <Node key={node.path} node={node} level={level} />
      ))}
    </ul>
  );
}

function Node({ node, level }: { node: TopicNode; level: Level }) {
  const { t } = useTranslation();
  const f = useFormat();
  const { name, path, own, messages, children } = node;
  const isOpen = level.isOpen(path);
  const filter = filterOf(node);
  const shownName = name === '' ? t('messages.empty_level') : name;
  return (
    <li>
      <div className={classes.line}>
        {children.length > 0 ? (
          <UnstyledButton
            className={classes.fold}
            aria-expanded={isOpen}
            aria-label={t(isOpen ? 'messages.fold' : 'messages.unfold', { topic: path })}
            onClick={() => level.onFold(path, !isOpen)}
          >
            {isOpen ? '▾' : '▸'}
          </UnstyledButton>
        ) : (
          <span className={classes.fold} aria-hidden="true" />
        )}
        <UnstyledButton
          className={classes.node}
          aria-current={level.chosen === filter ? 'true' : undefined}
          title={filter}
          onClick={() => level.onChoose(filter)}
        >
          <span className={classes.top}>
            <span className={classes.name}>{shownName}</span>
            <span className={classes.count}>{f.count(messages)}</span>
          </span>
          {own && <div className={classes.last}>{previewOf(own.last) || t('messages.no_payload')}</div>}
        </UnstyledButton>
      </div>
      {children.length > 0 && isOpen && <Nodes nodes={children} level={level} />}
    </li>
  );
}
