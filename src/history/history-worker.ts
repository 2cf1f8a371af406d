import { Worker } from 'node:worker_threads';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { type HistoryFound, historyPath, prepareHistory } from '../store/history-database.ts';
import { HistoryError } from './history-error.ts';
import type { Batch, FromWorker, Keep, QuestionKind, Questions, ToWorker } from './protocol.ts';
import type { WorkerStart } from './worker.ts';

/** What may wait for the worker, what it has not confirmed included. */
const WAITING_BYTES_MAX = 32 * 1024 * 1024;
const RESTART_MS_MIN = 1000;
const RESTART_MS_MAX = 60_000;
const STOP_MS_MAX = 2000;
const ASKED_MAX = 100;

export type HistoryWorkerDeps = {
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, 'historyDropped' | 'historyRestarts'>;
  folder: string;
  keep: Keep;
  /** Inputs of the reading log were lost: what follows must not build on them. */
  onLost(): void;
};

/** What was handed over and is not confirmed. */
type Sent = { entries: number; bytes: number };
/** What waits for the next worker. */
type Held = { no: number; batch: Batch; transfer: ArrayBuffer[] };
type Asked = { resolve(answer: never): void; reject(error: HistoryError): void };

/**
 * How the worker is doing:
 *
 *   stopped ──start──▶ running ──it ended──▶ resting ──1 to 60 s──▶ running
 *      ▲                  │                     │
 *      └──it ended── stopping ◀──────stop───────┘
 */
type Mode = 'stopped' | 'running' | 'resting' | 'stopping';

const inputsOf = (pieces: Batch['pieces']) => pieces.reduce((sum, piece) => sum + piece.inputs, 0);

function post(worker: Worker, order: ToWorker, transfer: ArrayBuffer[] = []): void {
  worker.postMessage(order, transfer);
}

/** The thread that owns history.db, seen from the main thread. It may fail at any time; nothing here waits for it. */
export class HistoryWorker {
  readonly #deps: HistoryWorkerDeps;
  #mode: Mode = 'stopped';
  #worker: Worker | null = null;
  #no = 0;
  #waitingBytes = 0;
  readonly #sent = new Map<number, Sent>();
  #held: Held[] = [];
  readonly #asked = new Map<number, Asked>();
  #restartMs = RESTART_MS_MIN;
  #cancel: Cancel | null = null;
  #damage: string | undefined;

  constructor(deps: HistoryWorkerDeps) {
    this.#deps = deps;
  }

  /**
   * Makes history.db ready and starts the worker.
   * @throws StoreError when the folder cannot be used
   */
  start(): HistoryFound {
    const found = prepareHistory(this.#deps.folder, this.#deps.clock.wallMs());
    this.#spawn();
    return found;
  }

  /** Whether the worker has failed, and the next one is awaited. */
  get isResting(): boolean {
    return this.#mode === 'resting';
  }

  /** Whether too much waits to take more. */
  get isFull(): boolean {
    return this.#waitingBytes >= WAITING_BYTES_MAX;
  }

  /**
   * Has `batch` written. What it does not take is counted: everything when there will be no worker any more,
   * pieces when too much waits; messages are refused before they are gathered.
   */
  write(batch: Batch): void {
    const { messages } = batch;
    const ends = this.#mode === 'stopped' || this.#mode === 'stopping';
    if (ends) return this.#lose((messages?.rows ?? 0) + inputsOf(batch.pieces));
    const pieces = this.isFull ? [] : batch.pieces;
    if (pieces !== batch.pieces && batch.pieces.length > 0) this.#lose(inputsOf(batch.pieces));
    const transfer = pieces.map(({ data }) => data.buffer as ArrayBuffer);
    if (messages) transfer.push(messages.columns, messages.payloads);
    const textBytes = (messages?.sources.length ?? 0) + (messages?.propertiesBytes ?? 0);
    const bytes = transfer.reduce((sum, { byteLength }) => sum + byteLength, textBytes);
    const no = this.#no++;
    this.#waitingBytes += bytes;
    this.#sent.set(no, { entries: (messages?.rows ?? 0) + inputsOf(pieces), bytes });
    const held = { no, batch: { messages, pieces }, transfer };
    if (this.#worker) post(this.#worker, { kind: 'write', no, batch: held.batch }, transfer);
    else this.#held.push(held);
  }

  /**
   * Asks the worker, after all that was written before.
   * @throws HistoryError with a plain sentence when there is no answer
   */
  ask<K extends QuestionKind>(question: K, query: Questions[K]['query']): Promise<Questions[K]['answer']> {
    const worker = this.#worker;
    if (!worker)
      return Promise.reject(new HistoryError('the history cannot be read just now; try again in a while'));
    if (this.#asked.size >= ASKED_MAX) {
      return Promise.reject(new HistoryError('too many look into the history; try again in a while'));
    }
    const no = this.#no++;
    return new Promise((resolve, reject) => {
      this.#asked.set(no, { resolve, reject });
      post(worker, { kind: 'ask', no, question, query });
    });
  }

  /** Has everything written that was handed over, and ends; within 2 s. */
  async stop(): Promise<void> {
    this.#cancel?.();
    const worker = this.#worker;
    if (!worker) {
      if (this.#mode === 'resting') this.#loseSent();
      this.#become('stopped');
      return;
    }
    this.#become('stopping');
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
    });
    post(worker, { kind: 'stop' });
    const cancel = this.#deps.clock.after(STOP_MS_MAX, () => void worker.terminate());
    await ended;
    cancel();
  }

  #become(mode: Mode): void {
    this.#mode = mode;
  }

  #spawn(): void {
    const { folder, keep } = this.#deps;
    const workerData: WorkerStart = { path: historyPath(folder), keep };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, name: 'history' });
    let message = 'it ended';
    worker.on('message', (told: FromWorker) => this.#take(told));
    worker.on('error', (error) => {
      ({ message } = error as Error);
    });
    worker.on('exit', () => this.#exited(message));
    this.#worker = worker;
    this.#become('running');
    for (const { no, batch, transfer } of this.#held) {
      post(worker, { kind: 'write', no, batch }, transfer);
    }
    this.#held = [];
  }

  #take(told: FromWorker): void {
    const { log } = this.#deps;
    switch (told.kind) {
      case 'written':
        this.#confirmed(told.no);
        this.#restartMs = RESTART_MS_MIN;
        if (told.inputsLost > 0) this.#lose(told.inputsLost);
        break;
      case 'not_written': {
        const { message } = told;
        const entries = this.#confirmed(told.no);
        log.warning('history_not_written', { entries, message });
        this.#lose(entries);
        break;
      }
      case 'answer':
        this.#answered(told.no)?.resolve(told.answer as never);
        break;
      case 'no_answer':
        this.#answered(told.no)?.reject(new HistoryError(`the history could not be read: ${told.message}`));
        break;
      case 'messages_lost':
        log.warning('history_not_written', { entries: told.messages, message: told.message });
        this.#lose(told.messages);
        break;
      case 'prune_failed':
        log.warning('history_prune_failed', { message: told.message });
        break;
      case 'damaged':
        this.#damage = told.message;
        this.#lose(told.messages);
        break;
    }
  }

  /** @returns how many entries the batch has */
  #confirmed(no: number): number {
    const sent = this.#sent.get(no);
    this.#sent.delete(no);
    this.#waitingBytes -= sent?.bytes ?? 0;
    return sent?.entries ?? 0;
  }

  #answered(no: number): Asked | undefined {
    const asked = this.#asked.get(no);
    this.#asked.delete(no);
    return asked;
  }

  #lose(entries: number): void {
    this.#deps.metrics.historyDropped.inc(entries);
    this.#deps.onLost();
  }

  /** What was handed over and not confirmed went with the worker. */
  #loseSent(): void {
    let entries = 0;
    for (const no of this.#sent.keys()) entries += this.#confirmed(no);
    this.#held = [];
    if (entries > 0) this.#lose(entries);
  }

  #exited(message: string): void {
    const { log, metrics } = this.#deps;
    this.#worker = null;
    for (const { reject } of this.#asked.values()) {
      reject(new HistoryError('the history could not be read: its worker ended'));
    }
    this.#asked.clear();
    this.#loseSent();
    if (this.#mode === 'stopping') return this.#become('stopped');
    metrics.historyRestarts.inc();
    log.error('history_worker_failed', { message: this.#damage ?? message, retry_in_ms: this.#restartMs });
    this.#rest();
  }

  #rest(): void {
    const { clock, log, folder } = this.#deps;
    this.#become('resting');
    this.#cancel = clock.after(this.#restartMs, () => {
      this.#restartMs = Math.min(RESTART_MS_MAX, this.#restartMs * 2);
      try {
        const { notices } = prepareHistory(folder, clock.wallMs(), this.#damage);
        for (const notice of notices) log.error('store_notice', { notice });
        this.#damage = undefined;
        this.#spawn();
      } catch (error) {
        log.error('history_worker_failed', {
          message: (error as Error).message,
          retry_in_ms: this.#restartMs,
        });
        this.#rest();
      }
    });
  }
}
