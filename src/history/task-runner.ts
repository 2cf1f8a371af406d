import { Worker } from 'node:worker_threads';
import type { Clock } from '../platform/clock.ts';
import { HistoryError } from './history-error.ts';
import type { TaskEnd, TaskStart } from './task-worker.ts';

/** Tasks that wait for their turn; they run one after the other, as they take a whole core. */
const WAITING_MAX = 8;
const TASK_MS_MAX = 120_000;

/** Runs tasks, each in a worker of its own, so that what takes seconds holds nothing back. */
export class TaskRunner {
  readonly #clock: Clock;
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #running: Worker | null = null;
  #stopped = false;

  constructor(clock: Clock, path: string) {
    this.#clock = clock;
    this.#path = path;
  }

  /**
   * Runs the task `name`.
   * @param signal ends it, also while it waits for its turn
   * @throws HistoryError with a plain sentence: too many wait, it failed, took too long or was given up
   */
  run(name: string, params: { deviceId: string }, signal?: AbortSignal): Promise<unknown> {
    if (this.#waiting >= WAITING_MAX) {
      return Promise.reject(new HistoryError('too many computations wait; try again in a while'));
    }
    this.#waiting += 1;
    const result = this.#last.then(() => this.#start(name, params, signal));
    const ended = () => {
      this.#waiting -= 1;
    };
    this.#last = result.then(ended, ended);
    return result;
  }

  /** Ends what runs; what waits is given up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running?.terminate();
  }

  #start(name: string, params: { deviceId: string }, signal: AbortSignal | undefined): Promise<unknown> {
    if (this.#stopped || signal?.aborted)
      return Promise.reject(new HistoryError('the computation was given up'));
    const workerData: TaskStart = { path: this.#path, name, params };
    const worker = new Worker(new URL('./task-worker.ts', import.meta.url), {
      workerData,
      name: 'history task',
    });
    this.#running = worker;
    return new Promise((resolve, reject) => {
      let reason = 'the computation was given up';
      const end = (why: string) => {
        reason = why;
        void worker.terminate();
      };
      const cancel = this.#clock.after(TASK_MS_MAX, () => end('the computation took too long'));
      const abort = () => end(reason);
      signal?.addEventListener('abort', abort, { once: true });
      worker.on('message', (told: TaskEnd) => {
        if (told.ok) resolve(told.result);
        else reject(new HistoryError(told.message));
      });
      worker.on('error', (error) => {
        reason = (error as Error).message;
      });
      worker.on('exit', () => {
        cancel();
        signal?.removeEventListener('abort', abort);
        this.#running = null;
        // After an answer this changes nothing.
        reject(new HistoryError(reason));
      });
    });
  }
}
