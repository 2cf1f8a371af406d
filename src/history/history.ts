import type { Input } from '../detect/detector.ts';
import type { Message, MessageProperties, OutgoingMessage } from '../model/message.ts';
import type {
  Direction,
  MessagesPage,
  MessagesQuery,
  TopicsPage,
  TopicsQuery,
} from '../model/message-record.ts';
import type { CurvePoints, CurvesQuery, ReadingsQuery, ReadingsSeries } from '../model/reading-series.ts';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { historyPath } from '../store/history-database.ts';
import { HistoryWorker } from './history-worker.ts';
import { InputPieces } from './input-pieces.ts';
import { MessageBatch } from './message-batch.ts';
import type { Keep } from './protocol.ts';
import type { ReadingPiece } from './reading-log.ts';
import { TaskRunner } from './task-runner.ts';
import type { TaskName, TaskParams, TaskResult } from './tasks.ts';

const FLUSH_MS = 500;

export type HistoryDeps = {
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, 'historyDropped' | 'historyRestarts'>;
  /** Where history.db is. */
  folder: string;
  keep: Keep;
};

/** What a received message is about. */
export type MessageAbout = {
  deviceId: string | null;
  /** A machine listens to its topic: only the last messages are kept. */
  measured: boolean;
};

/**
 * What people look back at: messages of all topics, and what every detector was told. This side only gathers; a
 * worker thread owns history.db, so that neither disk nor search holds a reading back.
 */
export class History {
  readonly #deps: HistoryDeps;
  readonly #worker: HistoryWorker;
  readonly #tasks: TaskRunner;
  readonly #batch = new MessageBatch();
  readonly #pieces = new InputPieces();
  #lastId = 0;
  #cancel: Cancel | null = null;
  #isRunning = false;

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
    this.#worker = new HistoryWorker({ ...deps, onLost: () => this.#pieces.beginAnew() });
    this.#tasks = new TaskRunner(deps.clock, historyPath(deps.folder));
  }

  /**
   * Opens history.db and starts the worker.
   * @returns what a person should know about how history.db was found
   * @throws StoreError when the folder cannot be used
   */
  start(): string[] {
    if (this.#isRunning) return [];
    const { notices, lastMessageId } = this.#worker.start();
    this.#lastId = lastMessageId;
    this.#isRunning = true;
    return notices;
  }

  /** What is wrong, as a sentence for people; null: nothing. */
  problem(): string | null {
    if (!this.#worker.isResting) return null;
    return 'The history of messages and readings has failed and is being started again; sessions are not affected. See the log: history_worker_failed.';
  }

  /** Has everything written that waits, and ends; within 2 s. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#write(this.#pieces.takeAll());
    await Promise.all([this.#tasks.stop(), this.#worker.stop()]);
  }

  /**
   * Keeps a message that came from a broker. When too much waits for the disk it is left out, and counted.
   * @returns its id
   */
  received(message: Message, brokerId: string, { deviceId, measured }: MessageAbout): number {
    const { topic, receivedAt, qos, retained, payload, properties } = message;
    const source = { topic, brokerId, direction: 'in' as const, deviceId, measured };
    return this.#add(source, receivedAt, qos, retained, payload, properties);
  }

  /** The same for a message that was sent to a broker. */
  sent(message: OutgoingMessage, brokerId: string, deviceId: string | null): number {
    const { topic, qos, retain, payload, properties } = message;
    const source = { topic, brokerId, direction: 'out' as const, deviceId, measured: false };
    return this.#add(source, this.#deps.clock.wallMs(), qos, retain, payload, properties);
  }

  /**
   * Keeps what the detector of a device was told, the deadlines that carried something out included: how a late
   * message is dated depends on what was decided before it came.
   */
  input(deviceId: string, input: Input): void {
    if (!this.#isRunning) return;
    if (input.kind === 'reading') {
      const { reading } = input;
      if (reading.retained && !reading.presence) return;
      this.#pieces.add(deviceId, input, reading.receivedAt, reading.steadyAt);
    } else {
      const { clock } = this.#deps;
      const at = 'wallAt' in input ? input.wallAt : input.steadyAt + clock.wallMs() - clock.steadyMs();
      this.#pieces.add(deviceId, input, at, clock.steadyMs());
    }
    this.#cancel ??= this.#deps.clock.after(FLUSH_MS, () => this.#flush());
  }

  /** A page of messages, those that wait for the disk included. @throws HistoryError */
  messages(query: MessagesQuery): Promise<MessagesPage> {
    this.#flush();
    return this.#worker.ask('messages', query);
  }

  /** The topics of kept messages. @throws HistoryError */
  topics(query: TopicsQuery): Promise<TopicsPage> {
    this.#flush();
    return this.#worker.ask('topics', query);
  }

  /** The power of a device over a period, up to now. @throws HistoryError */
  readings(query: ReadingsQuery): Promise<ReadingsSeries> {
    this.#write(this.#pieces.takeOf(query.deviceId));
    return this.#worker.ask('readings', query);
  }

  /** The small curves of many devices, up to now, in the order of the query. @throws HistoryError */
  curves(query: CurvesQuery): Promise<CurvePoints[]> {
    this.#write(this.#pieces.takeAll());
    return this.#worker.ask('curves', query);
  }

  /**
   * Runs a computation over the readings of a device, up to now.
   * @param signal gives it up
   * @throws HistoryError
   */
  async run<N extends TaskName>(
    name: N,
    params: TaskParams<N>,
    signal?: AbortSignal,
  ): Promise<TaskResult<N>> {
    const { deviceId } = params as { deviceId: string };
    this.#write(this.#pieces.takeOf(deviceId));
    await this.#worker.ask('written', null);
    return (await this.#tasks.run(name, params as { deviceId: string }, signal)) as TaskResult<N>;
  }

  #add(
    source: {
      topic: string;
      brokerId: string;
      direction: Direction;
      deviceId: string | null;
      measured: boolean;
    },
    at: number,
    qos: number,
    retain: boolean,
    payload: Buffer,
    properties: MessageProperties | undefined,
  ): number {
    this.#lastId += 1;
    if (!this.#isRunning || this.#worker.isFull) {
      this.#deps.metrics.historyDropped.inc();
      return this.#lastId;
    }
    const entry = { ...source, id: this.#lastId, at, qos, retain, payload, properties };
    if (!this.#batch.add(entry)) {
      this.#flush();
      this.#batch.add(entry);
    }
    this.#cancel ??= this.#deps.clock.after(FLUSH_MS, () => this.#flush());
    return this.#lastId;
  }

  #flush(): void {
    this.#write(this.#pieces.takeDue(this.#deps.clock.steadyMs()));
  }

  #write(pieces: ReadingPiece[]): void {
    this.#cancel?.();
    this.#cancel = null;
    const messages = this.#batch.take();
    if (messages || pieces.length > 0) this.#worker.write({ messages, pieces });
    if (this.#isRunning && this.#pieces.waits) {
      this.#cancel = this.#deps.clock.after(FLUSH_MS, () => this.#flush());
    }
  }
}
