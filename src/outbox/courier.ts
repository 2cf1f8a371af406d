import type { BatchLimit, BatchVerdict, Delivery, Verdict } from '../model/delivery.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { LaneHead, OutboxTable, Settlement } from '../store/outbox.ts';
import { type CourierMode, type CourierStatus, moved } from './courier-mode.ts';
import { reportOutcome } from './delivery-report.ts';
import { answersOf, deliveryOf, type Flight, headsIn, type LaneAnswer, loadParts, SINGLE } from './flight.ts';
import { LaneQueue } from './lane-queue.ts';
import { Outage } from './outage.ts';
import { QueueReport } from './queue-report.ts';
import { VerdictWriter } from './verdict-writer.ts';

/** Takes events to Odoo and says what Odoo made of them. Ends within a deadline of its own; never rejects. */
export type Sink = {
  deliver(delivery: Delivery): Promise<Verdict>;
  /** Of a sink that can take several at once. */
  batch?: {
    /** How much may go out at once now; null: nothing but single events. */
    limit(): BatchLimit | null;
    /** @returns one verdict for each, in this order; all are `away`, or none is */
    deliver(deliveries: readonly Delivery[]): Promise<BatchVerdict[]>;
  };
};

export type CourierOptions = {
  /** Most requests out at once, each with events of other lanes. */
  parallelMax: number;
  /** The same while batches may go out. */
  parallelBatchesMax: number;
  /** Refusals of one event before it is parked. */
  refusalsMax: number;
  backoffMinMs: number;
  backoffMaxMs: number;
};

export const COURIER_DEFAULTS: CourierOptions = {
  parallelMax: 8,
  parallelBatchesMax: 2,
  refusalsMax: 10,
  backoffMinMs: 1000,
  backoffMaxMs: 60_000,
};

export type CourierDeps = {
  outbox: OutboxTable;
  sink: Sink;
  clock: Clock;
  random: () => number;
  log: Log;
  metrics: Metrics;
  options: CourierOptions;
  /** A try came to its end, and that is on disk. */
  onAnswer?(head: LaneHead, settlement: Settlement): void;
};

/** Most lanes in memory: above what devices need, below what a million parked events sent again would take. */
const LANES_MAX = 50_000;

/** What became of one request. */
type Answer = { flight: Flight; lanes: LaneAnswer[]; settlements: Settlement[] };

/** See courier-mode.ts for its modes. */
class Courier {
  readonly #deps: CourierDeps;
  readonly #queue: LaneQueue;
  readonly #outage: Outage;
  readonly #report: QueueReport;
  readonly #writer: VerdictWriter<Answer>;
  /** The events that are out, or whose verdicts are not on disk yet, and in how many requests they went. */
  readonly #inFlight = new Set<string>();
  #flights = 0;
  #mode: CourierMode = 'stopped';
  #odooReachable: boolean | null = null;
  #lastError: string | null = null;
  #stopWaiters: (() => void)[] = [];

  constructor(deps: CourierDeps) {
    const { clock, random, outbox, log, metrics, options } = deps;
    const { backoffMinMs, backoffMaxMs } = options;
    this.#deps = deps;
    this.#queue = new LaneQueue({
      clock,
      readLanes: (after, limit) => outbox.lanes(after, limit),
      lanesMax: LANES_MAX,
    });
    this.#outage = new Outage({
      clock,
      random,
      backoffMinMs,
      backoffMaxMs,
      onWaited: () => {
        this.#setMode('probing');
        this.#pump();
      },
    });
    this.#report = new QueueReport({
      clock,
      log,
      metrics,
      counts: () => outbox.counts(),
      oldestPendingAt: () => outbox.oldestPendingAt(),
    });
    this.#writer = new VerdictWriter({
      ...deps,
      ...options,
      onWritten: (answers, lost) => this.#written(answers, lost),
    });
  }

  /** Begins with what waits on disk. */
  start(): void {
    if (this.#mode !== 'stopped') return;
    this.#setMode('idle');
    this.#writer.start();
    this.#queue.readFromDisk();
    this.#report.note();
    this.#pump();
  }

  /** Sends nothing more; resolves when the requests that are out have ended and their verdicts were written. */
  stop(): Promise<void> {
    if (this.#mode !== 'stopped') {
      this.#setMode('stopped');
      this.#outage.end();
      this.#report.stop();
      this.#queue.clear();
      this.#writer.stop();
    }
    if (this.#flights === 0) return Promise.resolve();
    return new Promise((resolve) => this.#stopWaiters.push(resolve));
  }

  /** Called after the commit that gave these lanes events. */
  wake(lanes: Iterable<string>): void {
    if (this.#mode === 'stopped') return;
    for (const lane of lanes) this.#queue.wake(lane);
    this.#report.note();
    this.#pump();
  }

  status(): CourierStatus {
    return {
      mode: this.#mode,
      odooReachable: this.#odooReachable,
      lastError: this.#lastError,
      awaySince: this.#outage.sinceMs,
      inFlight: this.#inFlight.size,
      nextAttemptAt: this.#outage.nextProbeAtMs,
    };
  }

  /** The events that are out or whose verdict is not on disk yet: nobody else may touch their rows. */
  inFlightUids(): ReadonlySet<string> {
    return this.#inFlight;
  }

  #setMode(mode: CourierMode): void {
    this.#mode = moved(this.#mode, mode);
  }

  #pump(): void {
    if (this.#mode === 'stopped' || this.#writer.paused) return;
    while (this.#flights < this.#places()) {
      try {
        const parts = loadParts(this.#queue, this.#deps.outbox, this.#limit());
        if (parts.length === 0) break;
        this.#writer.readWell();
        this.#depart({ parts, probe: this.#mode === 'probing' });
      } catch (error) {
        this.#writer.pause(error);
        return;
      }
    }
    if (this.#mode === 'idle' || this.#mode === 'sending') {
      this.#setMode(this.#flights > 0 ? 'sending' : 'idle');
    }
  }

  #places(): number {
    if (this.#mode === 'backing_off') return 0;
    if (this.#mode === 'probing') return 1;
    const { parallelMax, parallelBatchesMax } = this.#deps.options;
    return this.#limit() === SINGLE ? parallelMax : parallelBatchesMax;
  }

  #limit(): BatchLimit {
    return this.#mode === 'probing' ? SINGLE : (this.#deps.sink.batch?.limit() ?? SINGLE);
  }

  #depart(flight: Flight): void {
    for (const { uid } of headsIn(flight)) this.#inFlight.add(uid);
    this.#flights++;
    void this.#send(flight);
  }

  async #send(flight: Flight): Promise<void> {
    const { clock, metrics, sink } = this.#deps;
    const [first, ...others] = headsIn(flight).map(deliveryOf);
    const sentAtMs = clock.steadyMs();
    try {
      if (!first) throw new Error('a request without an event');
      const batch = others.length > 0 ? sink.batch : undefined;
      const verdicts = batch ? await batch.deliver([first, ...others]) : [await sink.deliver(first)];
      metrics.odooSeconds.observe((clock.steadyMs() - sentAtMs) / 1000);
      this.#take(flight, verdicts);
    } catch (error) {
      // A sink returns its verdict; one that throws is a mistake in the program and must not go unseen.
      clock.soon(() => {
        throw error;
      });
    }
  }

  #take(flight: Flight, verdicts: readonly BatchVerdict[]): void {
    const { clock, options, random } = this.#deps;
    if (this.#mode !== 'stopped') {
      const away = verdicts.find((verdict) => verdict.status === 'away');
      if (away) this.#odooAway(flight, away.reason, away.retryAfterMs);
      else if (verdicts.some(({ status }) => status !== 'held')) this.#odooAnswered(flight, verdicts);
    }
    const lanes = answersOf(flight, verdicts, { ...options, random, nowMs: clock.wallMs() });
    const settlements = lanes.flatMap(({ settled }) => settled.map(({ settlement }) => settlement));
    this.#writer.add({ flight, lanes, settlements });
  }

  #odooAway(flight: Flight, reason: string, retryAfterMs: number | undefined): void {
    this.#odooReachable = false;
    this.#lastError = reason;
    if (this.#mode === 'idle' || this.#mode === 'sending') {
      const isSingle = headsIn(flight).length === 1;
      // Which event of a batch made Odoo fail, if any did, shows when they go one by one.
      if (isSingle) for (const { lane } of flight.parts) lane.outagesBegun++;
      this.#setMode('backing_off');
      this.#outage.wait(retryAfterMs);
    } else if (flight.probe) {
      this.#setMode('backing_off');
      this.#outage.wait(retryAfterMs);
    } else if (this.#outage.waitAtLeast(retryAfterMs)) {
      this.#setMode('backing_off');
    }
  }

  /** A late answer to a request from before the outage does not end it: only a probe does. */
  #odooAnswered(flight: Flight, verdicts: readonly BatchVerdict[]): void {
    for (const { lane } of flight.parts) lane.outagesBegun = 0;
    if (this.#mode === 'backing_off' || (this.#mode === 'probing' && !flight.probe)) return;
    this.#odooReachable = true;
    this.#lastError = verdicts.findLast((verdict) => verdict.status === 'refused')?.reason ?? null;
    if (this.#mode !== 'probing') return;
    const awayMs = this.#outage.end();
    this.#setMode('sending');
    this.#deps.log.info('odoo_back', {
      away_s: Math.round(awayMs / 1000),
      pending: this.#deps.outbox.counts().pending,
    });
  }

  #written(answers: readonly Answer[], lost: boolean): void {
    for (const answer of answers) this.#settled(answer, lost);
    if (this.#mode !== 'stopped') {
      this.#report.note();
      this.#pump();
    } else if (this.#flights > 0) return;
    for (const resolve of this.#stopWaiters.splice(0)) resolve();
  }

  #settled({ flight, lanes }: Answer, lost: boolean): void {
    const awayWorthALine = () => this.#outage.worthALine();
    this.#flights--;
    for (const { uid } of headsIn(flight)) this.#inFlight.delete(uid);
    for (const { lane, settled, emptied, retryDelayMs } of lanes) {
      for (const { head, settlement } of lost ? [] : settled) {
        reportOutcome({ ...this.#deps, awayWorthALine }, head, settlement);
        this.#deps.onAnswer?.(head, settlement);
      }
      if (this.#mode === 'stopped' || (emptied && !lane.woken)) this.#queue.leave(lane);
      else if (retryDelayMs > 0) this.#queue.giveBackAfter(lane, retryDelayMs, () => this.#pump());
      else this.#queue.giveBack(lane);
    }
  }
}

/** The courier that carries the outbox's events to Odoo: in order per lane, several lanes at once. */
export function createCourier(deps: CourierDeps): Courier {
  return new Courier(deps);
}
export type { Courier };
