import type { AttributeChange } from '../model/attribute.ts';
import type { BridgeEvent } from '../model/event.ts';
import type { Message } from '../model/message.ts';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { BatchWriter, Written } from '../store/batch.ts';
import type { LiveDevice } from './live-device.ts';

export type CommitterDeps = {
  clock: Clock;
  log: Log;
  metrics: Metrics;
  writer: BatchWriter;
  heardAt(): number;
  live(): Iterable<LiveDevice>;
  /** `events` are on disk now. */
  onCommitted(written: Written, events: readonly BridgeEvent[]): void;
};

/** Running sums of open sessions are at most this old on disk. */
const SAVE_OPEN_MS = 2000;
/** What only matters to an idle device (when it last spoke, its counter) may be older. */
const SAVE_IDLE_EVERY = 30;
const RETRY_MS = 1000;
/** After a commit the disk rests so many times as long as it took, unless a message waits to be acknowledged. */
const REST_FACTOR = 4;
const REST_MAX_MS = 200;

/**
 * Gathers what a turn of the event loop changed and writes it in one transaction; then, and only then,
 * acknowledges the messages that caused it and wakes the courier. Where nobody waits for it, a slow disk
 * makes for fewer and larger commits.
 * While the disk does not take it, nothing is acknowledged, so that the brokers hold back what follows.
 */
export class Committer {
  readonly #deps: CommitterDeps;
  #events: BridgeEvent[] = [];
  #attributes: AttributeChange[] = [];
  readonly #changed = new Set<LiveDevice>();
  readonly #newDevices = new Set<LiveDevice>();
  #waiting: Message[] = [];
  #scheduled = false;
  #failing = false;
  #stopped = false;
  #saves = 0;
  #restUntil = Number.NEGATIVE_INFINITY;
  #cancelRest: Cancel | null = null;
  #cancelSave: Cancel | null = null;
  #cancelRetry: Cancel | null = null;

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#cancelSave ??= this.#deps.clock.after(SAVE_OPEN_MS, () => this.#save());
  }

  stop(): void {
    this.#cancelSave?.();
    this.#cancelSave = null;
    for (const live of this.#deps.live()) if (live.unsaved) this.#changed.add(live);
    this.#commit();
    this.#stopped = true;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#cancelRest?.();
    this.#cancelRest = null;
  }

  healthy(): boolean {
    return !this.#failing;
  }

  /** Puts the state of `live` and `events` into the commit of this turn. */
  add(live: LiveDevice, events: readonly BridgeEvent[]): void {
    this.#changed.add(live);
    for (const event of events) this.#events.push(event);
    this.#schedule();
  }

  /** Puts events that no device's state goes with into the commit of this turn. */
  addEvents(events: readonly BridgeEvent[]): void {
    for (const event of events) this.#events.push(event);
    this.#schedule();
  }

  /** `live` was replaced by another object of the same device, which will be saved in its place. */
  forget(live: LiveDevice): void {
    this.#changed.delete(live);
    this.#newDevices.delete(live);
  }

  /** Puts attributes into the commit of this turn. */
  addAttributes(changes: readonly AttributeChange[]): void {
    for (const change of changes) this.#attributes.push(change);
    this.#schedule();
  }

  /** `live` is new or has other options: both go to disk with its state. */
  deviceChanged(live: LiveDevice): void {
    this.#newDevices.add(live);
    this.#schedule();
  }

  /** Acknowledges `message`: after the commit if it changed something, else at once. QoS 0 has nothing to wait for. */
  acknowledge(message: Message, durable: boolean): void {
    if (!this.#failing && (!durable || message.qos === 0)) return message.done();
    this.#waiting.push(message);
    this.#commitSoon();
  }

  #schedule(): void {
    if (this.#scheduled || this.#failing || this.#stopped) return;
    const { clock } = this.#deps;
    const restMs = this.#restUntil - clock.steadyMs();
    if (restMs > 0) this.#cancelRest ??= clock.after(restMs, () => this.#commit());
    else this.#commitSoon();
  }

  #commitSoon(): void {
    if (this.#scheduled || this.#failing || this.#stopped) return;
    this.#scheduled = true;
    this.#deps.clock.soon(() => {
      if (this.#scheduled) this.#commit();
    });
  }

  #save(): void {
    const everything = ++this.#saves % SAVE_IDLE_EVERY === 0;
    for (const live of this.#deps.live()) {
      if (live.unsaved && (everything || live.state.session)) this.#changed.add(live);
    }
    if (this.#changed.size > 0) this.#schedule();
    this.#cancelSave = this.#deps.clock.after(SAVE_OPEN_MS, () => this.#save());
  }

  #commit(): void {
    this.#scheduled = false;
    this.#cancelRest?.();
    this.#cancelRest = null;
    const { writer, clock, log, metrics, heardAt, onCommitted } = this.#deps;
    const values = this.#events.length + this.#attributes.length;
    if (this.#changed.size + this.#newDevices.size + values === 0) return;
    for (const live of this.#newDevices) this.#changed.delete(live);
    const beganAt = clock.steadyMs();
    let written: Written;
    try {
      written = writer.write(
        {
          states: this.#changed,
          devices: this.#newDevices,
          events: this.#events,
          attributes: this.#attributes,
          heardSteadyAt: heardAt(),
        },
        clock.wallMs(),
      );
    } catch (error) {
      metrics.storeFailures.inc();
      if (!this.#failing)
        log.error('store_failed', { message: (error as Error).message, retry_in_s: RETRY_MS / 1000 });
      this.#failing = true;
      this.#cancelRetry?.();
      this.#cancelRetry = clock.after(RETRY_MS, () => this.#commit());
      return;
    }
    if (this.#failing) log.info('store_recovered');
    this.#failing = false;
    metrics.storeCommits.inc();
    const endedAt = clock.steadyMs();
    this.#restUntil = endedAt + Math.min(REST_FACTOR * (endedAt - beganAt), REST_MAX_MS);
    for (const live of this.#changed) live.unsaved = false;
    for (const live of this.#newDevices) live.unsaved = false;
    this.#changed.clear();
    this.#newDevices.clear();
    const events = this.#events;
    this.#events = [];
    this.#attributes = [];
    const acknowledged = this.#waiting;
    this.#waiting = [];
    for (const message of acknowledged) message.done();
    onCommitted(written, events);
  }
}
