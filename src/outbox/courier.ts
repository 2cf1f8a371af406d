import type { Delivery, Verdict } from '../model/delivery.ts';
import { Backoff } from '../platform/backoff.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { LaneHead, OutboxTable, Settlement } from '../store/outbox.ts';
import { type CourierMode, type CourierStatus, moved } from './courier-mode.ts';
import { reportOutcome } from './delivery-report.ts';
import { type Lane, LaneQueue } from './lane-queue.ts';
import { Outage } from './outage.ts';
import { QueueReport } from './queue-report.ts';
import { VerdictWriter } from './verdict-writer.ts';

/** Takes one event to Odoo and says what Odoo made of it. Ends within a deadline of its own; never rejects. */
export type Sink = { deliver(delivery: Delivery): Promise<Verdict> };

export type CourierOptions = {
  /** Most events out at once, each of another lane. */
  parallelMax: number;
  /** Refusals of one event before it is parked. */
  refusalsMax: number;
  backoffMinMs: number;
  backoffMaxMs: number;
};

export const COURIER_DEFAULTS: CourierOptions = {
  parallelMax: 8,
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

/** An event that is out, or whose verdict is not on disk yet. */
type Flight = { lane: Lane; head: LaneHead; probe: boolean };
type Answer = { flight: Flight; settlement: Settlement; retryDelayMs: number };

/** See courier-mode.ts for its modes. */
class Courier {
  readonly #deps: CourierDeps;
  readonly #queue: LaneQueue;
  readonly #outage: Outage;
  readonly #report: QueueReport;
  readonly #writer: VerdictWriter<Answer>;
  readonly #inFlight = new Set<string>();
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
    if (this.#inFlight.size === 0) return Promise.resolve();
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
    while (this.#inFlight.size < this.#places()) {
      try {
        const lane = this.#queue.take();
        if (!lane) break;
        this.#sendHead(lane);
      } catch (error) {
        this.#writer.pause(error);
        return;
      }
    }
    if (this.#mode === 'idle' || this.#mode === 'sending') {
      this.#setMode(this.#inFlight.size > 0 ? 'sending' : 'idle');
    }
  }

  #places(): number {
    if (this.#mode === 'backing_off') return 0;
    return this.#mode === 'probing' ? 1 : this.#deps.options.parallelMax;
  }

  #sendHead(lane: Lane): void {
    let head: LaneHead | null;
    try {
      head = this.#deps.outbox.head(lane.name);
    } catch (error) {
      this.#queue.giveBack(lane);
      throw error;
    }
    this.#writer.readWell();
    if (!head) return this.#queue.leave(lane);
    this.#inFlight.add(head.uid);
    void this.#send({ lane, head, probe: this.#mode === 'probing' });
  }

  async #send(flight: Flight): Promise<void> {
    const { clock, metrics, sink } = this.#deps;
    const { uid, deviceId, eventType, body, attempts } = flight.head;
    const sentAtMs = clock.steadyMs();
    try {
      const verdict = await sink.deliver({ uid, deviceId, eventType, body, attempts });
      metrics.odooSeconds.observe((clock.steadyMs() - sentAtMs) / 1000);
      this.#take(flight, verdict);
    } catch (error) {
      // A sink returns its verdict; one that throws is a mistake in the program and must not go unseen.
      clock.soon(() => {
        throw error;
      });
    }
  }

  #take(flight: Flight, verdict: Verdict): void {
    if (this.#mode !== 'stopped') {
      if (verdict.status === 'away') this.#odooAway(flight, verdict.reason, verdict.retryAfterMs);
      else this.#odooAnswered(flight, verdict.status === 'refused' ? verdict.reason : null);
    }
    this.#writer.add(this.#answer(flight, verdict));
  }

  #odooAway(flight: Flight, reason: string, retryAfterMs: number | undefined): void {
    this.#odooReachable = false;
    this.#lastError = reason;
    if (this.#mode === 'idle' || this.#mode === 'sending') {
      flight.lane.outagesBegun++;
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
  #odooAnswered(flight: Flight, refusal: string | null): void {
    flight.lane.outagesBegun = 0;
    if (this.#mode === 'backing_off' || (this.#mode === 'probing' && !flight.probe)) return;
    this.#odooReachable = true;
    this.#lastError = refusal;
    if (this.#mode !== 'probing') return;
    const awayMs = this.#outage.end();
    this.#setMode('sending');
    this.#deps.log.info('odoo_back', {
      away_s: Math.round(awayMs / 1000),
      pending: this.#deps.outbox.counts().pending,
    });
  }

  #answer(flight: Flight, verdict: Verdict): Answer {
    const { lane, head } = flight;
    const { seq } = head;
    const { clock, options } = this.#deps;
    switch (verdict.status) {
      case 'delivered':
        return { flight, settlement: { seq, outcome: 'delivered' }, retryDelayMs: 0 };
      case 'away':
        return {
          flight,
          settlement: { seq, outcome: 'away', reason: verdict.reason },
          // Odoo answered others since this lane began an outage: it is this event that makes it fail.
          retryDelayMs: lane.outagesBegun > 1 ? this.#laneBackoff(lane).nextMs() : 0,
        };
      case 'refused': {
        const { reason } = verdict;
        if (head.refusals + 1 >= options.refusalsMax) {
          return { flight, settlement: { seq, outcome: 'parked', reason }, retryDelayMs: 0 };
        }
        const retryDelayMs = this.#laneBackoff(lane).nextMs();
        const nextAttemptAt = clock.wallMs() + retryDelayMs;
        return { flight, settlement: { seq, outcome: 'refused', reason, nextAttemptAt }, retryDelayMs };
      }
    }
  }

  #laneBackoff(lane: Lane): Backoff {
    const { backoffMinMs, backoffMaxMs } = this.#deps.options;
    lane.backoff ??= new Backoff(backoffMinMs, backoffMaxMs, this.#deps.random);
    return lane.backoff;
  }

  #written(answers: readonly Answer[], lost: boolean): void {
    for (const answer of answers) this.#settled(answer, lost);
    if (this.#mode !== 'stopped') {
      this.#report.note();
      this.#pump();
    } else if (this.#inFlight.size > 0) return;
    for (const resolve of this.#stopWaiters.splice(0)) resolve();
  }

  #settled({ flight, settlement, retryDelayMs }: Answer, lost: boolean): void {
    const { lane, head } = flight;
    const awayWorthALine = () => this.#outage.worthALine();
    this.#inFlight.delete(head.uid);
    if (!lost) {
      reportOutcome({ ...this.#deps, awayWorthALine }, head, settlement);
      this.#deps.onAnswer?.(head, settlement);
    }
    const done = settlement.outcome === 'delivered' || settlement.outcome === 'parked';
    if (done) lane.backoff = null;
    if (this.#mode === 'stopped' || (done && !head.more && !lane.woken)) this.#queue.leave(lane);
    else if (retryDelayMs > 0) this.#queue.giveBackAfter(lane, retryDelayMs, () => this.#pump());
    else this.#queue.giveBack(lane);
  }
}

/** The courier that carries the outbox's events to Odoo: in order per lane, several lanes at once. */
export function createCourier(deps: CourierDeps): Courier {
  return new Courier(deps);
}
export type { Courier };
