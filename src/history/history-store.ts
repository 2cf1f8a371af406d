import { type Database, isDamage } from '../store/database.ts';
import { MessageHistoryTable } from '../store/message-history.ts';
import { MessageSearch } from '../store/message-search.ts';
import { type PackedMessages, unpackMessages } from './message-batch.ts';
import { powerCurves } from './power-curves.ts';
import type { Batch, FromWorker, QuestionKind, Questions, ToWorker } from './protocol.ts';
import { ReadingLog } from './reading-log.ts';
import { readingsSeries } from './readings-series.ts';

type Order = Exclude<ToWorker, { kind: 'stop' }>;

/**
 * Messages wait here for others: written together they cost a fraction, and of a busy measured topic most are
 * never written at all.
 */
const HELD_BYTES_MAX = 24 * 1024 * 1024;

const messagesOf = (batches: readonly PackedMessages[]) => batches.reduce((sum, { rows }) => sum + rows, 0);

/** Carries out in the worker what the main thread asks for. */
export class HistoryStore {
  readonly #database: Database;
  readonly #messages;
  readonly #search;
  readonly #series;
  readonly #curves;
  readonly #log: ReadingLog;
  #held: PackedMessages[] = [];
  #heldBytes = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#messages = new MessageHistoryTable(database);
    this.#search = new MessageSearch(database);
    this.#series = readingsSeries(database);
    this.#curves = powerCurves(database);
    this.#log = new ReadingLog(database);
  }

  /**
   * Writes the messages that are held.
   * @returns what is to be told: some were lost; null: none
   * @throws only what says that the file is damaged
   */
  settle(): FromWorker | null {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    if (held.length === 0) return null;
    try {
      const { sources, rows } = unpackMessages(held);
      this.#database.transaction(() => this.#messages.append(sources, rows));
      return null;
    } catch (error) {
      if (isDamage(error)) {
        this.#held = held;
        throw error;
      }
      return { kind: 'messages_lost', messages: messagesOf(held), message: (error as Error).message };
    }
  }

  /** @throws only what says that the file is damaged */
  carryOut(order: Order, nowMs: number): FromWorker {
    const { no } = order;
    try {
      if (order.kind === 'write') return { kind: 'written', no, inputsLost: this.#write(order.batch) };
      return { kind: 'answer', no, answer: this.#answer(order.question, order.query, nowMs) };
    } catch (error) {
      if (isDamage(error)) throw error;
      const { message } = error as Error;
      if (order.kind === 'ask') return { kind: 'no_answer', no, message };
      this.#log.forget();
      return { kind: 'not_written', no, message };
    }
  }

  #write({ messages, pieces }: Batch): number {
    if (messages) {
      this.#held.push(messages);
      this.#heldBytes +=
        messages.payloads.byteLength + messages.columns.byteLength + messages.propertiesBytes;
    }
    if (pieces.length === 0) return 0;
    return this.#database.transaction(() =>
      pieces.reduce((lost, piece) => lost + this.#log.append(piece), 0),
    );
  }

  /** How many messages are held. */
  get held(): number {
    return messagesOf(this.#held);
  }

  /** Whether the messages that are held are to be written before `order`: it asks for them, or they are too many. */
  isDue(order: ToWorker): boolean {
    if (order.kind === 'write') return this.#heldBytes > HELD_BYTES_MAX;
    return order.kind === 'stop' || order.question !== 'readings';
  }

  #answer(question: QuestionKind, query: Questions[QuestionKind]['query'], nowMs: number) {
    switch (question) {
      case 'messages':
        return this.#search.find(query as Questions['messages']['query']);
      case 'topics':
        return this.#search.topics(query as Questions['topics']['query']);
      case 'readings':
        return this.#series.series(query as Questions['readings']['query'], nowMs);
      case 'curves':
        return this.#curves(query as Questions['curves']['query'], nowMs);
      case 'written':
        return null;
    }
  }
}
