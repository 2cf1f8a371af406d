import type { FlowReport } from '../model/flow.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';

const COUNTS = ['runs', 'matched', 'actions', 'errors', 'timeouts', 'throttled', 'dropped', 'loops'] as const;
export type Count = (typeof COUNTS)[number];

const METRIC = {
  runs: 'flowRuns',
  matched: 'flowMatched',
  actions: 'flowActions',
  errors: 'flowErrors',
  timeouts: 'flowTimeouts',
  throttled: 'flowThrottled',
  dropped: 'flowDropped',
  loops: 'flowLoops',
} as const satisfies Record<Count, keyof Metrics>;

const ERROR_CHARACTERS_MAX = 500;
/** The same fault of a flow is logged again after this time at the earliest. */
const LOG_AGAIN_MS = 60_000;

export type TallyDeps = {
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, (typeof METRIC)[Count]>;
};

/** How one flow fares; it outlives changes of the flow. */
export class Tally {
  readonly #deps: TallyDeps;
  readonly #flowId: string;
  readonly #counts = Object.fromEntries(COUNTS.map((count) => [count, 0])) as Record<Count, number>;
  #lastRunAt: number | null = null;
  #lastError: { at: number; message: string } | null = null;
  #logged: { at: number; message: string } | null = null;

  constructor(flowId: string, deps: TallyDeps) {
    this.#flowId = flowId;
    this.#deps = deps;
  }

  add(count: Count): void {
    this.#counts[count] += 1;
    if (count === 'runs') this.#lastRunAt = this.#deps.clock.wallMs();
    this.#deps.metrics[METRIC[count]].inc();
  }

  /** Counts a fault and keeps what it was. */
  fault(count: Count, message: string): void {
    this.add(count);
    const { clock, log } = this.#deps;
    const text = message.slice(0, ERROR_CHARACTERS_MAX).toWellFormed();
    this.#lastError = { at: clock.wallMs(), message: text };
    const now = clock.steadyMs();
    if (this.#logged?.message === text && now < this.#logged.at + LOG_AGAIN_MS) return;
    this.#logged = { at: now, message: text };
    log.warning('flow_failed', { flow_id: this.#flowId, reason: text });
  }

  report(): Omit<FlowReport, 'state' | 'suspended_because'> {
    const error = this.#lastError;
    return {
      ...this.#counts,
      last_run_at: this.#lastRunAt === null ? null : isoTime(this.#lastRunAt),
      last_error: error && { at: isoTime(error.at), message: error.message },
    };
  }
}
