import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Evaluation, EvaluationRequest } from './evaluator-process.ts';

/** The process gives up a little earlier by itself; it is ended when it cannot. */
const TIME_MS_MAX = 250;
const MEMORY_MB_MAX = 64;
const START_MS_MAX = 10_000;
/** After a start that failed, so that a machine out of memory is not made worse. */
const START_AGAIN_MS = 1000;
const PROGRAM = fileURLToPath(new URL('./evaluator-process.ts', import.meta.url));

export type EvaluationOutcome =
  | Evaluation
  /** The process ended over it. */
  | { status: 'died'; message: string }
  /** It was not tried: nothing is said about the expressions. */
  | { status: 'unavailable'; message: string };

type Job = { request: EvaluationRequest; settle: (outcome: EvaluationOutcome) => void };

/**
 * Works out expressions in a process of their own, in the order in which they come:
 *
 *     none ── a job, or warm() ──▶ starting ── ready ──▶ idle ◀── answer / job ──▶ busy
 *      ▲                              │                   │                         │
 *      └───────── too slow, ended ────┴────── rest() ─────┴── too slow, out of memory
 *
 * Not a thread: one allocation beyond a thread's limit ends the whole process (nodejs/node issue 47224).
 */
export class Evaluator {
  readonly #clock: Clock;
  readonly #log: Log;
  #child: ChildProcess | null = null;
  #isReady = false;
  #isStopped = false;
  #current: { job: Job; cancel: Cancel } | null = null;
  #cancelStart: Cancel = () => {};
  #startAgainAt = 0;
  readonly #jobs: Job[] = [];
  readonly #exits = new Set<Promise<void>>();

  constructor(deps: { clock: Clock; log: Log }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  evaluate(request: EvaluationRequest): Promise<EvaluationOutcome> {
    if (this.#isStopped) return Promise.resolve({ status: 'unavailable', message: 'the bridge is stopping' });
    return new Promise((settle) => {
      this.#jobs.push({ request, settle });
      this.#next();
    });
  }

  /** Starts the process ahead of the first job. */
  warm(): void {
    if (!this.#child && !this.#isStopped) this.#start();
  }

  /** Ends the process unless it is needed. */
  rest(): void {
    if (!this.#current && this.#jobs.length === 0) this.#drop()?.kill('SIGKILL');
  }

  /** Ends the process; what waits is answered `unavailable`. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#drop()?.kill('SIGKILL');
    this.#giveUp('the bridge is stopping');
    await Promise.all(this.#exits);
  }

  #start(): void {
    this.#isReady = false;
    // No environment: secrets stand in it. Its output would be V8's farewell when it runs out of memory.
    const child = fork(PROGRAM, {
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [`--max-old-space-size=${MEMORY_MB_MAX}`, '--max-semi-space-size=4', '--no-warnings'],
    });
    this.#child = child;
    const exit = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => child.pid === undefined && resolve());
    });
    this.#exits.add(exit);
    void exit.then(() => this.#exits.delete(exit));
    child.on('message', (message) => this.#heard(child, message));
    child.on('error', (error) => this.#lost(child, error.message));
    child.on('exit', (code, signal) => this.#lost(child, signal ?? `code ${code}`));
    this.#cancelStart = this.#clock.after(START_MS_MAX, () => this.#lost(child, 'it did not start in time'));
  }

  #heard(child: ChildProcess, message: unknown): void {
    if (child !== this.#child) return;
    if (!this.#isReady) {
      this.#isReady = true;
      this.#cancelStart();
    } else {
      this.#settle(message as Evaluation);
    }
    this.#next();
  }

  #next(): void {
    if (this.#current || this.#jobs.length === 0) return;
    if (!this.#child) {
      if (this.#clock.steadyMs() >= this.#startAgainAt) this.#start();
      else this.#giveUp('the process for expressions could not be started');
      return;
    }
    const job = this.#isReady ? this.#jobs.shift() : undefined;
    if (!job) return;
    const child = this.#child;
    const current = { job, cancel: this.#clock.after(TIME_MS_MAX, () => this.#late(child)) };
    this.#current = current;
    child.send(job.request, (error) => error && this.#lost(child, error.message));
  }

  /** If it was us who were busy, the answer is here already: it is read before this turn and the next end. */
  #late(child: ChildProcess): void {
    const { job } = this.#current ?? {};
    const end = () => {
      if (child !== this.#child || this.#current?.job !== job) return;
      this.#drop()?.kill('SIGKILL');
      this.#settle({ status: 'timeout' });
      this.#next();
    };
    this.#clock.soon(() => this.#clock.soon(end));
  }

  #lost(child: ChildProcess, reason: string): void {
    if (child !== this.#child) return;
    const hadStarted = this.#isReady;
    this.#drop()?.kill('SIGKILL');
    if (hadStarted) {
      const isMemory = reason === 'SIGABRT' || reason === 'SIGTRAP';
      const message = isMemory
        ? `used more than ${MEMORY_MB_MAX} MB of memory`
        : `its process ended (${reason})`;
      this.#settle({ status: 'died', message });
      this.#next();
      return;
    }
    this.#startAgainAt = this.#clock.steadyMs() + START_AGAIN_MS;
    this.#log.error('flow_process_failed', { reason });
    this.#giveUp('the process for expressions could not be started');
  }

  #drop(): ChildProcess | null {
    const child = this.#child;
    this.#cancelStart();
    this.#child = null;
    this.#isReady = false;
    return child;
  }

  #settle(outcome: EvaluationOutcome): void {
    const current = this.#current;
    this.#current = null;
    current?.cancel();
    current?.job.settle(outcome);
  }

  #giveUp(message: string): void {
    this.#settle({ status: 'unavailable', message });
    for (const { settle } of this.#jobs.splice(0)) settle({ status: 'unavailable', message });
  }
}
