import { createStage } from '../messages/stage.ts';
import type { KeptMessage, MessagesQuery, TopicsQuery } from '../model/message-record.ts';
import { messageRoutes } from './messages.ts';
import { savedMessageRoutes } from './saved-messages.ts';
import { createTestRoutes } from './test-routes.ts';

const AT = Date.UTC(2026, 0, 31, 10);

/** A message of the history. */
export function kept(id: number, more: Partial<KeptMessage> & { text?: string } = {}): KeptMessage {
  const { text = `{"n":${id}}`, ...fields } = more;
  const payload = Buffer.from(text);
  return {
    id,
    at: AT + id,
    brokerId: 'main',
    direction: 'in',
    topic: 'hall/light',
    deviceId: null,
    qos: 1,
    retain: false,
    bytes: payload.length,
    payload,
    properties: null,
    ...fields,
  };
}

/** The routes of messages over a history of `all`; what it is asked for is kept. */
export function setUp(all: KeptMessage[] = []) {
  const stage = createStage();
  const asked: MessagesQuery[] = [];
  const topicsAsked: TopicsQuery[] = [];
  const newestFirst = all.toSorted((a, b) => b.id - a.id);
  const history = {
    async messages(query: MessagesQuery) {
      asked.push(query);
      const { before = Number.MAX_SAFE_INTEGER, limit } = query;
      const found = newestFirst.filter(({ id }) => id < before).slice(0, limit);
      const last = found.at(-1);
      return { messages: found, nextBefore: last && last.id > 1 ? last.id : null };
    },
    async topics(query: TopicsQuery) {
      topicsAsked.push(query);
      const last = newestFirst[0];
      return { topics: last ? [{ topic: last.topic, messages: 3, last }] : [], nextAfter: 'hall/light' };
    },
  };
  const routes = createTestRoutes((app, log) => {
    messageRoutes(app, { history, publisher: stage.publisher, log });
    savedMessageRoutes(app, { savedMessages: stage.savedMessages });
  });
  return { stage, asked, topicsAsked, history, ...routes };
}
