import { type Broker, type ConnectionState, EMBEDDED_BROKER, MAIN_BROKER } from '../model/broker.ts';
import type { ServiceReport } from '../model/service.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';

/**
 * stopped ──start──▶ starting ──received──▶ running
 *    ▲                  │ fault                │
 *    │◀─────────────────┘                      │
 *    └────────────── stopping ◀──────stop──────┘
 */
type Mode = 'stopped' | 'starting' | 'running' | 'stopping';

export type ServiceDeps = {
  /** Connects to the brokers. @throws Error with a sentence for people */
  startReception(): Promise<void>;
  /** Takes the connections down; sessions of machines stay open. */
  stopReception(): Promise<void>;
  /** A fact that outlives the process: why the service stays stopped. */
  persisted: { get(): string | null; set(reason: string | null): void };
  /** The brokers as they are now. */
  brokers(): Broker[];
  clock: Pick<Clock, 'wallMs'>;
  log: Log;
};

/** `reason` is a sentence for people. */
export type ServiceResult = { ok: true } | { ok: false; reason: string };

const NOT_STARTED = 'The bridge is starting.';
const ENDING = 'The bridge is ending.';

const laterOf = (a: string, b: string) => (a > b ? a : b);

function whyNotConnected(state: ConnectionState | null): string | null {
  if (state === null) return 'There is no broker to connect to.';
  return state.connection === 'connected' ? null : (state.last_fault?.message ?? null);
}

/** Whether messages are received and sent: one switch over all brokers. What is asked of it is done in turn. */
export class Service {
  readonly #deps: ServiceDeps;
  #mode: Mode = 'stopped';
  #since: number | null = null;
  #startedAt: number | null = null;
  #stoppedAt: number | null = null;
  /** Why it is stopped. */
  #reason = NOT_STARTED;
  #ended = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: ServiceDeps) {
    this.#deps = deps;
  }

  /** Starts with the process, unless it was stopped for longer than that. */
  begin(): Promise<ServiceResult> {
    return this.#inTurn(async () => {
      const kept = this.#deps.persisted.get();
      if (kept === null) return this.#start();
      this.#since = this.#deps.clock.wallMs();
      this.#reason = kept;
      this.#deps.log.warning('service_stays_stopped', { reason: kept });
      return { ok: true };
    });
  }

  /** Connects; nothing happens when it runs already. It starts with the process again. */
  start(): Promise<ServiceResult> {
    return this.#inTurn(() => {
      this.#deps.persisted.set(null);
      return this.#start();
    });
  }

  /** Disconnects; nothing happens when it is stopped already. @param persist it stays so when the process restarts */
  stop(persist: boolean): Promise<ServiceResult> {
    return this.#inTurn(async () => {
      const { persisted, clock } = this.#deps;
      const asked = `Stopped over the API at ${isoTime(clock.wallMs())}`;
      const reason = persist ? `${asked}, until it is started there again.` : `${asked}.`;
      if (persist) persisted.set(reason);
      if (this.#mode === 'running') await this.#stop(reason);
      else if (persist) this.#reason = reason;
      return { ok: true };
    });
  }

  /** Disconnects and connects again. */
  restart(): Promise<ServiceResult> {
    return this.#inTurn(async () => {
      this.#deps.persisted.set(null);
      if (this.#mode === 'running') await this.#stop('Restarted over the API.');
      return this.#start();
    });
  }

  /** Stops with the process; whether it starts with the next one is not touched. */
  end(): Promise<ServiceResult> {
    return this.#inTurn(async () => {
      if (this.#mode === 'running') await this.#stop(ENDING);
      this.#ended = true;
      return { ok: true };
    });
  }

  isStopped(): boolean {
    return this.#mode === 'stopped';
  }

  /** Asks every broker for its state; `isStopped` is for whoever asks often. */
  report(): ServiceReport {
    const { brokers, persisted, clock } = this.#deps;
    const enabled = brokers().filter((broker) => broker.enabled);
    const chosen =
      enabled.find((one) => one.broker_id === MAIN_BROKER) ??
      enabled.find((one) => one.broker_id === EMBEDDED_BROKER) ??
      enabled[0];
    const isStopped = this.isStopped();
    const state = isStopped ? null : (chosen?.state ?? null);
    const since = isoTime(this.#since ?? clock.wallMs());
    return {
      status: isStopped ? 'stopped' : 'running',
      connection: state?.connection ?? 'disconnected',
      since: state === null ? since : laterOf(since, state.since),
      started_at: this.#startedAt === null ? null : isoTime(this.#startedAt),
      stopped_at: this.#stoppedAt === null ? null : isoTime(this.#stoppedAt),
      reason: isStopped ? this.#reason : whyNotConnected(state),
      persisted: persisted.get() !== null,
      brokers: enabled.map(({ broker_id, name, state: { connection, since: at, last_fault } }) => ({
        broker_id,
        name,
        connection: isStopped ? 'disconnected' : connection,
        since: at,
        last_fault,
      })),
    };
  }

  #setMode(mode: Mode): void {
    const now = this.#deps.clock.wallMs();
    this.#mode = mode;
    if (mode === 'starting' || mode === 'stopped') this.#since = now;
    if (mode === 'running') this.#startedAt = now;
    if (mode === 'stopped') this.#stoppedAt = now;
  }

  async #start(): Promise<ServiceResult> {
    if (this.#ended) return { ok: false, reason: ENDING };
    if (this.#mode === 'running') return { ok: true };
    const { startReception, log } = this.#deps;
    this.#setMode('starting');
    try {
      await startReception();
    } catch (error) {
      const { message } = error as Error;
      log.error('service_not_started', { message });
      this.#reason = message;
      this.#setMode('stopped');
      return { ok: false, reason: message };
    }
    this.#setMode('running');
    log.info('service_started', {});
    return { ok: true };
  }

  async #stop(reason: string): Promise<void> {
    const { stopReception, log } = this.#deps;
    this.#setMode('stopping');
    try {
      await stopReception();
    } catch (error) {
      // The connections are let go all the same: a start makes new ones.
      log.error('service_stop_failed', { message: (error as Error).message });
    }
    this.#reason = reason;
    this.#setMode('stopped');
    log.info('service_stopped', { reason });
  }

  #inTurn(work: () => Promise<ServiceResult>): Promise<ServiceResult> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
