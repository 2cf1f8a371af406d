import type { Message } from './message.ts';

/** The bounds of the bridge, see docs/messages.md. */
const TOPIC_BYTES_MAX = 1024;
const TOPIC_LEVELS_MAX = 32;

export type TopicFault =
  | 'topic_empty'
  | 'topic_long'
  | 'topic_characters'
  | 'topic_levels'
  | 'topic_hash'
  | 'topic_plus'
  | 'topic_wildcard'
  | 'topic_dollar'
  | 'topic_shared';

function commonFault(topic: string): TopicFault | null {
  if (topic === '') return 'topic_empty';
  if (new TextEncoder().encode(topic).length > TOPIC_BYTES_MAX) return 'topic_long';
  if (topic.includes('\u0000') || !topic.isWellFormed()) return 'topic_characters';
  return topic.split('/').length > TOPIC_LEVELS_MAX ? 'topic_levels' : null;
}

/** Why `filter` is no topic filter; null: it is one. */
export function filterFault(filter: string): TopicFault | null {
  const common = commonFault(filter);
  if (common) return common;
  if (filter.startsWith('$share/')) return 'topic_shared';
  const levels = filter.split('/');
  for (const [i, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || i !== levels.length - 1)) return 'topic_hash';
    if (level.includes('+') && level !== '+') return 'topic_plus';
  }
  return null;
}

/** Why nothing can be sent to `topic`; null: it can. */
export function sendTopicFault(topic: string): TopicFault | null {
  return (
    commonFault(topic) ??
    (isWildcard(topic) ? 'topic_wildcard' : topic.startsWith('$') ? 'topic_dollar' : null)
  );
}

export const isWildcard = (filter: string): boolean => /[+#]/.test(filter);

/** Whether a filter brings a topic (MQTT 3.1.1, 4.7). */
export function topicMatches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false;
  const rest = wanted.indexOf('#');
  if (rest < 0 ? wanted.length !== levels.length : levels.length < rest) return false;
  return wanted
    .slice(0, rest < 0 ? undefined : rest)
    .every((level, i) => level === '+' || level === levels[i]);
}

export type TopicInfo = { topic: string; messages: number; last: Message };
/** A level of the tree; levels that only lead to one other are drawn as one. */
export type TopicNode = {
  name: string;
  path: string;
  /** The topic that ends here; null: there are only longer ones. */
  own: TopicInfo | null;
  messages: number;
  children: TopicNode[];
};

type Level = { own: TopicInfo | null; below: Map<string, Level> };
const level = (): Level => ({ own: null, below: new Map() });

function nodeOf(name: string, path: string, { own, below }: Level): TopicNode {
  const children = Array.from(below, ([child, at]) => nodeOf(child, `${path}/${child}`, at));
  const [only] = children;
  if (only && !own && children.length === 1) return { ...only, name: `${name}/${only.name}` };
  children.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const messages = children.reduce((sum, child) => sum + child.messages, own?.messages ?? 0);
  return { name, path, own, messages, children };
}

/** The topics as a tree, by name; `search` keeps those that hold it, in any case. */
export function topicTree(topics: readonly TopicInfo[], search: string): TopicNode[] {
  const root = level();
  const wanted = search.trim().toLowerCase();
  for (const info of topics) {
    if (!info.topic.toLowerCase().includes(wanted)) continue;
    let here = root;
    for (const name of info.topic.split('/')) {
      const next = here.below.get(name) ?? level();
      here.below.set(name, next);
      here = next;
    }
    here.own = info;
  }
  return Array.from(root.below, ([name, at]) => nodeOf(name, name, at)).sort((a, b) =>
    a.name.localeCompare(b.name, undefined, { numeric: true }),
  );
}

/** The filter that shows what is under a node. */
export const filterOf = ({ path, children }: TopicNode): string => (children.length > 0 ? `${path}/#` : path);

/** `topics` after these messages, oldest first. */
export function withMessages(topics: readonly TopicInfo[], messages: readonly Message[]): TopicInfo[] {
  const byTopic = new Map(topics.map((info) => [info.topic, info]));
  for (const last of messages) {
    const known = byTopic.get(last.topic);
    if (known && known.last.id >= last.id) continue;
    byTopic.set(last.topic, { topic: last.topic, messages: (known?.messages ?? 0) + 1, last });
  }
  return [...byTopic.values()];
}
