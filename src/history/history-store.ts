import { type Database, isDamage } from '../store/database.ts';
import { MessageHistoryTable } from '../store/message-history.ts';
import { MessageSearch } from '../store/message-search.ts';
import { unpackMessages } from './message-batch.ts';
import type { Batch, FromWorker, QuestionKind, Questions, ToWorker } from './protocol.ts';
import { ReadingLog } from './reading-log.ts';
import { readingsSeries } from './readings-series.ts';

type Order = Exclude<ToWorker, { kind: 'stop' }>;

/** Carries out in the worker what the main thread asks for. */
export class HistoryStore {
  readonly #database: Database;
  readonly #messages;
  readonly #search;
  readonly #series;
  readonly #log: ReadingLog;

  constructor(database: Database) {
    this.#database = database;
    this.#messages = new MessageHistoryTable(database);
    this.#search = new MessageSearch(database);
    this.#series = readingsSeries(database);
    this.#log = new ReadingLog(database);
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
    return this.#database.transaction(() => {
      if (messages) {
        const { sources, rows } = unpackMessages(messages);
        this.#messages.append(sources, rows);
      }
      return pieces.reduce((lost, piece) => lost + this.#log.append(piece), 0);
    });
  }

  #answer(question: QuestionKind, query: Questions[QuestionKind]['query'], nowMs: number) {
    switch (question) {
      case 'messages':
        return this.#search.find(query as Questions['messages']['query']);
      case 'topics':
        return this.#search.topics(query as Questions['topics']['query']);
      case 'readings':
        return this.#series.series(query as Questions['readings']['query'], nowMs);
      case 'written':
        return null;
    }
  }
}
