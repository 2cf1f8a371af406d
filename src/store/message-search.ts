import type { MessageProperties } from '../model/message.ts';
import type {
  Direction,
  KeptMessage,
  KeptTopic,
  MessagesPage,
  MessagesQuery,
  TopicsPage,
  TopicsQuery,
} from '../model/message-record.ts';
import { topicMatches } from '../model/topic.ts';
import type { Database, Row, Value } from './database.ts';
import { messageBlocksTable } from './message-blocks.ts';
import { type IdList, newestFirst } from './newest-first.ts';

/** What one page may cost: messages looked at, and bytes of their payloads read. */
const LOOKED_AT_MAX = 20_000;
const READ_BYTES_MAX = 8 * 1024 * 1024;
/** A message whose payload is searched counts as so many more. */
const TEXT_COSTS = 3;
/** Up to this many sources are merged; of more, the messages are looked at one after the other. */
const MERGED_MAX = 4000;
/** Of more than this many, the newest messages are looked at first: they often fill a page. */
const MERGED_AT_ONCE_MAX = 100;
const NEWEST_LOOKED_AT = 2000;
const TOPICS_LOOKED_AT_MAX = 200_000;

/** Searching in C spares making a string of every payload. SQLite knows the case of ASCII letters only. */
const HAS_TEXT = 'instr(lower(CAST(m.payload AS TEXT)), ?1) > 0 OR instr(lower(t.topic), ?1) > 0';

const COLUMNS = `m.id, m.at, m.qos, m.retain, m.bytes, m.payload, m.properties,
  t.topic, t.broker_id, t.direction, t.device_id`;

function messageOf(row: Row): KeptMessage {
  return {
    id: Number(row.id),
    at: Number(row.at),
    brokerId: String(row.broker_id),
    direction: row.direction as Direction,
    topic: String(row.topic),
    deviceId: row.device_id === '' ? null : String(row.device_id),
    qos: Number(row.qos),
    retain: row.retain === 1,
    bytes: Number(row.bytes),
    payload: row.payload as Uint8Array,
    properties: row.properties === null ? null : (JSON.parse(String(row.properties)) as MessageProperties),
  };
}

/** The SQL that sources of a topic filter fulfil; it lets more through when there are wildcards. */
function topicCondition(filter: string): { sql: string; values: Value[] } {
  const wildcardAt = filter.search(/[+#]/);
  if (wildcardAt < 0) return { sql: 'topic = ?', values: [filter] };
  const prefix = filter.slice(0, wildcardAt).replace(/\/$/, '');
  const pattern = filter.replaceAll(/[[?*]/g, '[$&]').replaceAll('+', '*').replace(/\/?#$/, '*');
  return {
    sql: 'topic >= ? AND topic < ? AND topic GLOB ?',
    values: [prefix, `${prefix}\u{10FFFF}`, pattern],
  };
}

/** The SQL that sources of a search fulfil; null: all do. */
function sourceCondition({ topic, brokerId, direction, deviceId }: Partial<MessagesQuery>) {
  const parts: string[] = [];
  const values: Value[] = [];
  if (topic !== undefined && topic !== '#') {
    const condition = topicCondition(topic);
    parts.push(condition.sql);
    values.push(...condition.values);
  }
  const exact = Object.entries({ broker_id: brokerId, direction, device_id: deviceId });
  for (const [column, value] of exact) {
    if (value === undefined) continue;
    parts.push(`${column} = ?`);
    values.push(value);
  }
  return parts.length === 0 ? null : { sql: parts.join(' AND '), values };
}

type Range = { from: number; before: number };
type Source = { id: number; topic: string; lastId: number };

/**
 * A text that is searched for, whatever the case.
 * - part: its longest run of ASCII letters and signs, which SQLite finds quickly; what has it not has not the text.
 * - isIn: whether a message has all of it.
 */
function textSearch(text: string | undefined): { part: string; isIn(message: KeptMessage): boolean } | null {
  if (text === undefined || text === '') return null;
  const wanted = text.toLowerCase();
  const runs = wanted.split(/[^\u0020-\u007e]+/).sort((a, b) => b.length - a.length);
  const isIn = ({ topic, payload }: KeptMessage) =>
    Buffer.from(payload.buffer, payload.byteOffset, payload.length)
      .toString('utf8')
      .toLowerCase()
      .includes(wanted) || topic.toLowerCase().includes(wanted);
  return { part: runs[0] ?? '', isIn };
}

/** One message that is looked at; `wanted`: it is of a source that is looked for. */
type Candidate = { id: number; wanted: boolean };

/** Finds messages in history.db; the work for one page is bounded. */
export class MessageSearch {
  readonly #database: Database;
  readonly #idsOf;
  readonly #idsBefore;
  readonly #read;
  readonly #one;
  readonly #blocks;

  constructor(database: Database) {
    this.#database = database;
    this.#idsOf = database.prepare(
      'SELECT id FROM messages WHERE topic = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ?',
    );
    this.#idsBefore = database.prepare(
      'SELECT id, topic FROM messages WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT ?',
    );
    this.#read = database.prepare(
      `SELECT length(m.payload) AS bytes, (${HAS_TEXT}) AS has_text
       FROM messages m JOIN topics t ON t.id = m.topic WHERE m.id = ?2`,
    );
    this.#one = database.prepare(
      `SELECT ${COLUMNS} FROM messages m JOIN topics t ON t.id = m.topic WHERE m.id = ?`,
    );
    this.#blocks = messageBlocksTable(database);
  }

  /** A page of the messages that match, newest first. */
  find(query: MessagesQuery): MessagesPage {
    const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY, limit } = query;
    const text = textSearch(query.text);
    const messages: KeptMessage[] = [];
    let lookedAt = 0;
    let readBytes = 0;
    let lastId: number | null = null;
    for (const { id, wanted } of this.#candidates(query)) {
      if (messages.length >= limit || lookedAt >= LOOKED_AT_MAX || readBytes >= READ_BYTES_MAX) {
        return { messages, nextBefore: lastId };
      }
      lookedAt += 1;
      lastId = id;
      if (!wanted) continue;
      if (text) {
        const { has_text, bytes } = this.#read.get(text.part, id) ?? {};
        lookedAt += TEXT_COSTS;
        readBytes += Number(bytes ?? 0);
        if (!has_text) continue;
      }
      const row = this.#one.get(id);
      if (!row) continue;
      const message = messageOf(row);
      readBytes += message.payload.length;
      if (message.at < fromMs || message.at >= toMs || !(text?.isIn(message) ?? true)) continue;
      messages.push(message);
    }
    return { messages, nextBefore: null };
  }

  /** Topics that match, in the order of their bytes, each with how many messages there are and the newest one. */
  topics({ filter, brokerId, after, limit }: TopicsQuery): TopicsPage {
    const condition = sourceCondition({ topic: filter, brokerId }) ?? { sql: '1', values: [] };
    const found = this.#database.prepare(
      `SELECT topic, sum(messages) AS messages, max(last_id) AS last_id FROM topics
       WHERE topic > ? AND ${condition.sql} GROUP BY topic ORDER BY topic`,
    );
    const topics: KeptTopic[] = [];
    let lookedAt = 0;
    let readBytes = 0;
    let lastTopic: string | null = null;
    for (const row of found.iterate(after ?? '', ...condition.values)) {
      if (topics.length >= limit || lookedAt >= TOPICS_LOOKED_AT_MAX || readBytes >= READ_BYTES_MAX) {
        return { topics, nextAfter: lastTopic };
      }
      lookedAt += 1;
      lastTopic = String(row.topic);
      if (filter !== undefined && !topicMatches(filter, lastTopic)) continue;
      const last = this.#newestOf(lastTopic, brokerId, Number(row.last_id));
      if (!last) continue;
      topics.push({ topic: lastTopic, messages: Number(row.messages), last });
      readBytes += last.payload.length;
    }
    return { topics, nextAfter: null };
  }

  /** The ids among which the messages of the period are. */
  #rangeOf({ fromMs, toMs, before }: MessagesQuery): Range {
    const range = { from: 0, before: before ?? Number.MAX_SAFE_INTEGER };
    if (fromMs !== undefined) range.from = this.#blocks.firstFrom(fromMs) ?? Number.MAX_SAFE_INTEGER;
    if (toMs !== undefined) range.before = Math.min(range.before, (this.#blocks.lastBefore(toMs) ?? -1) + 1);
    return range;
  }

  /** The sources a search is narrowed to; null: all, or so many that they are not told one by one. */
  #sourcesOf(query: MessagesQuery): Source[] | null {
    const condition = sourceCondition(query);
    if (!condition) return null;
    const sql = `SELECT id, topic, last_id FROM topics WHERE ${condition.sql}`;
    const sources: Source[] = [];
    for (const row of this.#database.prepare(sql).iterate(...condition.values)) {
      const topic = String(row.topic);
      if (query.topic !== undefined && !topicMatches(query.topic, topic)) continue;
      if (sources.length === MERGED_MAX) return null;
      sources.push({ id: Number(row.id), topic, lastId: Number(row.last_id) });
    }
    return sources;
  }

  *#candidates(query: MessagesQuery): Generator<Candidate> {
    const range = this.#rangeOf(query);
    const sources = this.#sourcesOf(query);
    if (!sources) {
      // One more than is looked at, so that the end shows.
      yield* this.#each(range, LOOKED_AT_MAX + 1, this.#sourceTest(query));
      return;
    }
    if (sources.length > MERGED_AT_ONCE_MAX) {
      const ids = new Set(sources.map(({ id }) => id));
      let lookedAt = 0;
      for (const candidate of this.#each(range, NEWEST_LOOKED_AT, (source) => ids.has(source))) {
        lookedAt += 1;
        range.before = candidate.id;
        yield candidate;
      }
      if (lookedAt < NEWEST_LOOKED_AT) return;
    }
    yield* this.#merged(sources, range);
  }

  *#merged(sources: readonly Source[], { from, before }: Range): Generator<Candidate> {
    const lists = sources.map(
      ({ id, lastId }): IdList => ({
        below: Math.min(lastId, before - 1),
        next: (below, max) => this.#idsOf.all(id, below, from, max).map((row) => Number(row.id)),
      }),
    );
    for (const id of newestFirst(lists)) yield { id, wanted: true };
  }

  /** Each message of the range, newest first. */
  *#each({ from, before }: Range, max: number, isWanted: (source: number) => boolean): Generator<Candidate> {
    for (const row of this.#idsBefore.iterate(before, from, max)) {
      yield { id: Number(row.id), wanted: isWanted(Number(row.topic)) };
    }
  }

  /** Whether a source is looked for; learned when a message of it comes up. */
  #sourceTest(query: MessagesQuery): (source: number) => boolean {
    const condition = sourceCondition(query);
    if (!condition && query.topic === undefined) return () => true;
    const test = this.#database.prepare(`SELECT topic FROM topics WHERE id = ? AND ${condition?.sql ?? '1'}`);
    const tested = new Map<number, boolean>();
    return (source) => {
      const known = tested.get(source);
      if (known !== undefined) return known;
      const row = test.get(source, ...(condition?.values ?? []));
      const wanted =
        row !== undefined && (query.topic === undefined || topicMatches(query.topic, String(row.topic)));
      tested.set(source, wanted);
      return wanted;
    };
  }

  #newestOf(topic: string, brokerId: string | undefined, lastId: number): KeptMessage | undefined {
    const row = this.#one.get(lastId);
    return row ? messageOf(row) : this.find({ topic, brokerId, limit: 1 }).messages[0];
  }
}
