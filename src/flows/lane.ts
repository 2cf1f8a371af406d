import type { Flow } from '../model/flow.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Actions } from './actions.ts';
import type { Backlog } from './backlog.ts';
import type { EvaluationOutcome, Evaluator } from './evaluator.ts';
import { programOf } from './expressions.ts';
import { RateBound } from './rate-bound.ts';
import { renderActions } from './rendering.ts';
import type { Tally } from './tally.ts';
import { bytesOf, type Trigger } from './trigger.ts';

/** Flows that may follow from one another before the chain is cut. */
const DEPTH_MAX = 4;
const RATE = { perSecond: 100, burst: 200 };
const TRIGGER_BYTES_MAX = 262_144;
/** Evaluations in a row that had to be ended. */
const OVERRUNS_MAX = 3;
const LOOPS_MAX = 3;
const LOOPS_WITHIN_MS = 60_000;

export type Run = { trigger: Trigger; depth: number };
export type LaneDeps = {
  evaluator: Evaluator;
  actions: Actions;
  backlog: Backlog<Lane, Run>;
  clock: Clock;
  log: Log;
};

/**
 * One flow at work: its triggers one after the other, each evaluated, then its actions carried out.
 * It suspends itself when it costs the others too much; a changed flow gets a new lane.
 */
export class Lane {
  readonly flow: Flow;
  readonly tally: Tally;
  readonly #deps: LaneDeps;
  readonly #program: ReturnType<typeof programOf>;
  readonly #rate: RateBound;
  #isClosed = false;
  #isWorking = false;
  #suspendedBecause: string | null = null;
  #overruns = 0;
  #loopsAt: number[] = [];

  constructor(flow: Flow, tally: Tally, deps: LaneDeps) {
    this.flow = flow;
    this.tally = tally;
    this.#deps = deps;
    this.#program = programOf(flow);
    this.#rate = new RateBound(deps.clock, RATE);
  }

  get suspendedBecause(): string | null {
    return this.#suspendedBecause;
  }

  /** Puts a trigger of this flow in the queue, unless there is a reason against it. Makes the trigger only then. */
  offer(makeTrigger: () => Trigger, payloadBytes: number, depthOf: () => number): void {
    if (this.#isClosed || this.#suspendedBecause !== null) return;
    if (!this.#rate.take()) return this.tally.add('throttled');
    if (payloadBytes > TRIGGER_BYTES_MAX) {
      return this.tally.fault('dropped', `a trigger of ${payloadBytes} bytes is more than flows read`);
    }
    const depth = depthOf();
    if (depth > DEPTH_MAX) return this.#cutLoop();
    const trigger = makeTrigger();
    this.#deps.backlog.push(this, { trigger, depth }, bytesOf(trigger));
    void this.#work();
  }

  /** Drops what waits; an action that is under way comes to its end. */
  close(): void {
    this.#isClosed = true;
    this.#deps.backlog.clear(this);
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (;;) {
      const run = this.#deps.backlog.shift(this);
      if (!run) break;
      await this.#run(run);
    }
    this.#isWorking = false;
  }

  async #run({ trigger, depth }: Run): Promise<void> {
    const { condition, expressions } = this.#program;
    this.tally.add('runs');
    const texts = expressions.map(({ text }) => text);
    const outcome = await this.#deps.evaluator.evaluate({ trigger, condition, expressions: texts });
    if (this.#isClosed) return;
    if (outcome.status !== 'done') return this.#failed(outcome);
    this.#overruns = 0;
    if (outcome.condition === false) return;
    this.tally.add('matched');
    const rendered = renderActions(this.flow, this.#program, outcome.values, trigger.deviceId);
    if ('fault' in rendered)
      return this.tally.fault('errors', `${rendered.fault.path} ${rendered.fault.message}`);
    for (const [i, action] of rendered.actions.entries()) {
      const result = await this.#deps.actions.carryOut(this.flow, action, depth + 1);
      if ('error' in result) this.tally.fault('errors', `do[${i}]: ${result.error}`);
      else this.tally.add('actions');
      if (this.#isClosed) return;
    }
  }

  #failed(outcome: Exclude<EvaluationOutcome, { status: 'done' }>): void {
    if (outcome.status === 'unavailable') return this.tally.fault('errors', outcome.message);
    if (outcome.status === 'failed') {
      this.#overruns = 0;
      const path = outcome.index === null ? 'if' : this.#program.expressions[outcome.index]?.path;
      return this.tally.fault('errors', `${path}: ${outcome.message}`);
    }
    const message = outcome.status === 'died' ? outcome.message : 'took longer than 200 ms';
    this.tally.fault(
      outcome.status === 'died' ? 'errors' : 'timeouts',
      `its expressions were ended: ${message}`,
    );
    this.#overruns += 1;
    if (this.#overruns >= OVERRUNS_MAX) {
      this.#suspend(
        `its expressions had to be ended ${OVERRUNS_MAX} times in a row, the last time: ${message}`,
      );
    }
  }

  #cutLoop(): void {
    const message = `a chain of more than ${DEPTH_MAX} flows that set one another off was cut: a loop`;
    this.tally.fault('loops', message);
    const now = this.#deps.clock.steadyMs();
    this.#loopsAt = [...this.#loopsAt.filter((at) => at > now - LOOPS_WITHIN_MS), now];
    if (this.#loopsAt.length >= LOOPS_MAX) {
      this.#suspend(`it was the end of ${LOOPS_MAX} loops within a minute`);
    }
  }

  #suspend(reason: string): void {
    this.#suspendedBecause = reason;
    this.#deps.backlog.clear(this);
    this.#deps.log.error('flow_suspended', { flow_id: this.flow.flowId, name: this.flow.name, reason });
  }
}
