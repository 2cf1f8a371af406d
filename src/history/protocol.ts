import type { MessagesPage, MessagesQuery, TopicsPage, TopicsQuery } from '../model/message-record.ts';
import type { CurvePoints, CurvesQuery, ReadingsQuery, ReadingsSeries } from '../model/reading-series.ts';
import type { PackedMessages } from './message-batch.ts';
import type { ReadingPiece } from './reading-log.ts';

/** How long things are kept, and how large history.db may become. */
export type Keep = { messagesDays: number; readingsDays: number; historyBytesMax: number };

/** What is written in one transaction. */
export type Batch = { messages: PackedMessages | null; pieces: ReadingPiece[] };

/** What can be asked, and the answers. */
export type Questions = {
  messages: { query: MessagesQuery; answer: MessagesPage };
  topics: { query: TopicsQuery; answer: TopicsPage };
  readings: { query: ReadingsQuery; answer: ReadingsSeries };
  /** In the order of the query's devices. */
  curves: { query: CurvesQuery; answer: CurvePoints[] };
  /** Answered when all that was told before is written. */
  written: { query: null; answer: null };
};
export type QuestionKind = keyof Questions;

/** What the main thread tells the worker; it is done in this order. */
export type ToWorker =
  | { kind: 'write'; no: number; batch: Batch }
  | { kind: 'ask'; no: number; question: QuestionKind; query: Questions[QuestionKind]['query'] }
  | { kind: 'stop' };

/** What the worker tells. */
export type FromWorker =
  /** `inputsLost`: what came before them was missing. */
  | { kind: 'written'; no: number; inputsLost: number }
  | { kind: 'not_written'; no: number; message: string }
  | { kind: 'answer'; no: number; answer: Questions[QuestionKind]['answer'] }
  | { kind: 'no_answer'; no: number; message: string }
  /** Messages that were taken could not be written after all. */
  | { kind: 'messages_lost'; messages: number; message: string }
  | { kind: 'prune_failed'; message: string }
  /** The file is damaged; the worker ends, and so many messages that were taken with it. */
  | { kind: 'damaged'; message: string; messages: number };
