import type { DetectorOptions } from '../model/device.ts';
import type { BridgeEvent } from '../model/event.ts';
import type { ReplayedSession, ReplayTransition, SessionTotals } from '../model/replay.ts';
import { type Input, step } from './detector.ts';
import { endedEvent } from './events.ts';
import { timeKindOf } from './levels.ts';
import { type DetectorState, initialState } from './state.ts';
import { bookTime } from './sums.ts';

/** Sessions are told without ids, so it does not matter whose the ids would be. */
const NO_INSTALLATION = '00000000-0000-0000-0000-000000000000';

/** Most sessions that are kept one by one; totals count all. */
const SESSIONS_KEPT_MAX = 50_000;
const TRANSITIONS_MAX = 20_000;
/** A session that goes on at the end of the period is followed for so long. */
const FOLLOWED_MS_MAX = 24 * 3_600_000;

export type ReplayPeriod = {
  /** Sessions that were open at some time in [fromMs, toMs) are told, whole. ms since the epoch. */
  fromMs: number;
  toMs: number;
  /** The log reaches up to here, so silence until now was silence; null: up to its last input. */
  untilMs: number | null;
};

/** Oldest first. */
export type Replayed = {
  sessions: ReplayedSession[];
  /** Of all sessions, also of those beyond the ones kept. */
  totals: SessionTotals;
  /** Not all sessions were kept. */
  truncated: boolean;
  /** The first session may have begun before the data do. */
  partial: boolean;
  /** Within the period, the first 20 000. */
  transitions: ReplayTransition[];
  readings: number;
  lateMessages: number;
};

/**
 * Runs the detector over a log of inputs, under other options if they are so. The log holds all that the detector
 * was told but deadlines: whatever is due is carried out before the next input, as it would have been by a timer.
 * It should begin some time before the period, so that a session that goes on at its beginning is found whole.
 */
export function replay(inputs: Iterable<Input>, options: DetectorOptions, period: ReplayPeriod): Replayed {
  const run = new Run(options, period);
  for (const input of inputs) {
    run.take(input);
    if (run.isOver) return run.result();
  }
  run.end();
  return run.result();
}

/** Both clocks of an input, ms; null where it does not tell the wall clock. */
function clocksOf(input: Input): { wallAt: number; steadyAt: number } | null {
  if (input.kind === 'reading') return { wallAt: input.reading.receivedAt, steadyAt: input.reading.steadyAt };
  return 'wallAt' in input ? input : null;
}

type EndOf = Extract<BridgeEvent, { event_type: 'session_stopped' | 'session_timeout' }>['payload'];

function sessionOf(payload: EndOf, isOpen: boolean): ReplayedSession {
  return {
    started_at: payload.started_at,
    ended_at: isOpen ? null : payload.ended_at,
    reason: isOpen ? null : payload.reason,
    duration_s: payload.duration_s,
    standby_duration_s: payload.standby_duration_s,
    working_duration_s: payload.working_duration_s,
    interruption_duration_s: payload.interruption_duration_s,
    energy_kwh: payload.energy_kwh,
    energy_source: payload.energy_source,
    avg_power_w: payload.avg_power_w,
    max_power_w: payload.max_power_w,
    message_count: payload.message_count,
  };
}

class Run {
  /** The period is over, and so are its sessions. */
  isOver = false;
  readonly #options: DetectorOptions;
  readonly #period: ReplayPeriod;
  #state: DetectorState = initialState();
  #wallAt: number | null = null;
  /** The wall clock minus the steady one, as last told. */
  #wallAheadMs = 0;
  /** Where a session began whose beginning may lie before the data. */
  #cutAt: number | null = null;
  #isPowerKnown = false;
  readonly #told: Replayed = {
    sessions: [],
    totals: { sessions: 0, duration_s: 0, energy_kwh: 0 },
    truncated: false,
    partial: false,
    transitions: [],
    readings: 0,
    lateMessages: 0,
  };

  constructor(options: DetectorOptions, period: ReplayPeriod) {
    // Nobody reads the measurements of a replay; they decide nothing.
    this.#options = { ...options, forwardMeasurements: false };
    this.#period = period;
  }

  take(input: Input): void {
    const clocks = clocksOf(input);
    if (clocks) {
      this.#wallAt = clocks.wallAt;
      this.#wallAheadMs = clocks.wallAt - clocks.steadyAt;
    }
    if (input.kind === 'reading') this.#told.readings++;
    this.#step(input);
    if (!this.#isPowerKnown && this.#state.powerW !== null) {
      this.#isPowerKnown = true;
      this.#cutAt = this.#state.session?.startedAt ?? null;
    }
    if (this.#wallAt === null || this.#wallAt < this.#period.toMs) return;
    const { session } = this.#state;
    const followed = session !== null && session.startedAt < this.#period.toMs;
    if (followed && this.#wallAt < this.#period.toMs + FOLLOWED_MS_MAX) return;
    this.#tellOpen();
    this.isOver = true;
  }

  /** The log is through: carries out what was due by its end, and tells what is still open. */
  end(): void {
    const untilMs = this.#period.untilMs ?? this.#wallAt;
    if (untilMs === null) return;
    this.#step({ kind: 'deadline', steadyAt: untilMs - this.#wallAheadMs });
    this.#tellOpen();
  }

  result(): Replayed {
    this.#told.lateMessages = this.#state.lateMessages;
    const { totals } = this.#told;
    const round = (value: number, digits: number) => Math.round(value * digits) / digits;
    totals.duration_s = round(totals.duration_s, 1e3);
    totals.energy_kwh = round(totals.energy_kwh, 1e6);
    return this.#told;
  }

  #step(input: Input): void {
    const { state, events, effects } = step(this.#state, this.#options, input, NO_INSTALLATION);
    this.#state = state;
    for (const event of events) {
      if (event.event_type === 'session_stopped' || event.event_type === 'session_timeout') {
        this.#tell(event.payload, false);
      }
    }
    const { fromMs, toMs } = this.#period;
    for (const effect of effects) {
      if (effect.kind !== 'transition' || effect.at < fromMs || effect.at >= toMs) continue;
      if (this.#told.transitions.length >= TRANSITIONS_MAX) continue;
      this.#told.transitions.push({ at: new Date(effect.at).toISOString(), state: effect.to });
    }
  }

  #tell(payload: EndOf, isOpen: boolean): void {
    const { fromMs, toMs } = this.#period;
    const startedAt = Date.parse(payload.started_at);
    if (startedAt >= toMs || (!isOpen && Date.parse(payload.ended_at) < fromMs)) return;
    const { totals, sessions } = this.#told;
    totals.sessions++;
    totals.duration_s += payload.duration_s;
    totals.energy_kwh += payload.energy_kwh;
    if (startedAt === this.#cutAt) this.#told.partial = true;
    if (sessions.length < SESSIONS_KEPT_MAX) sessions.push(sessionOf(payload, isOpen));
    else this.#told.truncated = true;
  }

  /** Tells a session that is still open as it would be if it ended now. */
  #tellOpen(): void {
    const { session, phase, powerW, sessionNumber, wallAheadMs } = this.#state;
    if (!session || phase === 'starting') return;
    const at = Math.max(session.sums.bookedTo, (this.#wallAt ?? 0) - wallAheadMs);
    const sums = bookTime(session.sums, timeKindOf(phase, powerW ?? 0, this.#options), powerW ?? 0, at);
    const identity = { installationId: NO_INSTALLATION, deviceId: this.#options.deviceId };
    const end = { type: 'session_stopped', reason: 'normal' } as const;
    const event = endedEvent(identity, this.#options, session, sums, sessionNumber, powerW ?? 0, at, end);
    if (event.event_type === 'session_stopped') this.#tell(event.payload, true);
  }
}
