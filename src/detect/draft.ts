import type { DetectorOptions } from '../model/device.ts';
import type { BridgeEvent } from '../model/event.ts';
import type { Reading } from '../model/reading.ts';
import type { Deadline } from './deadlines.ts';
import { atSessionStart, awaitEnergy, readCounter } from './energy-counter.ts';
import {
  derivedId,
  endedEvent,
  heartbeatEvent,
  type Identity,
  measurementEvent,
  type SessionEnd,
  startedEvent,
  statusEvent,
} from './events.ts';
import { isOn, type Level, levelOf, ratedPowerW, signedPowerW, timeKindOf } from './levels.ts';
import { countMessage, intervalFrom, openSession, seePower } from './session.ts';
import type { DetectorState, Phase, Session } from './state.ts';
import { bookTime, energyKwh, meanPowerW } from './sums.ts';

/** What the world outside may want to know besides events. */
export type Effect =
  | { kind: 'transition'; from: Phase; to: Phase; at: number; cause: string }
  /** What arrived was kept by a broker, or may have been. */
  | { kind: 'backlog'; dated: boolean }
  | { kind: 'late' }
  | { kind: 'unattributed'; kwh: number };

const NO_EVENTS: readonly BridgeEvent[] = [];
const NO_EFFECTS: readonly Effect[] = [];

/** A copy of a device's state while one input is carried out on it. */
export class Draft {
  state: DetectorState;
  readonly options: DetectorOptions;
  durable = false;
  readonly #installationId: string;
  #events: BridgeEvent[] | null = null;
  #effects: Effect[] | null = null;

  constructor(state: DetectorState, options: DetectorOptions, installationId: string) {
    this.state = { ...state };
    this.options = options;
    this.#installationId = installationId;
  }

  get #identity(): Identity {
    return { installationId: this.#installationId, deviceId: this.options.deviceId };
  }

  finish() {
    return {
      state: this.state,
      events: this.#events ?? NO_EVENTS,
      effects: this.#effects ?? NO_EFFECTS,
      durable: this.durable,
    };
  }

  tell(effect: Effect): void {
    this.#effects ??= [];
    this.#effects.push(effect);
  }

  countLate(): void {
    this.state.lateMessages++;
    this.tell({ kind: 'late' });
  }

  /** Takes a measurement at `at`, all deadlines before it being carried out. */
  measure(reading: Reading, at: number): void {
    const { state } = this;
    if (state.newestAt !== null && at < state.newestAt) return this.countLate();
    this.#judgeGap(reading, at);
    this.#book(reading, at);
    state.messagesAtLast = at === state.lastMessageAt ? state.messagesAtLast + 1 : 1;
    state.lastMessageAt = at;
    state.heardAt = at;
    state.newestAt = at;
    this.goOnline('message', at);
    if (this.options.forwardMeasurements) {
      state.measurementNumber++;
      this.#emit(measurementEvent(this.#identity, state, reading, at));
    }
    if (reading.powerW !== undefined) this.#takePower(reading.powerW, at);
  }

  carryOut(deadline: Deadline): void {
    const { state } = this;
    state.newestAt = Math.max(state.newestAt ?? deadline.at, deadline.at);
    switch (deadline.kind) {
      case 'confirm':
        return this.#confirm(deadline.at);
      case 'stop':
        return this.#end(deadline.at, { type: 'session_stopped', reason: 'normal' });
      case 'timeout':
        return this.#end(deadline.at, this.#timedOut('timeout'));
      case 'heartbeat':
        return this.#heartbeat(deadline.at);
      case 'offline':
        return this.goOffline('silence', deadline.at);
    }
  }

  goOnline(reason: 'message' | 'last_will', at: number): void {
    if (this.state.status === 'online') return;
    this.state.status = 'online';
    this.state.onlineAt = at;
    this.state.statusNumber++;
    this.#emit(statusEvent(this.#identity, this.options, this.state, 'device_online', reason, at));
  }

  goOffline(reason: 'last_will' | 'silence', at: number): void {
    this.state.status = 'offline';
    this.state.statusNumber++;
    this.#emit(statusEvent(this.#identity, this.options, this.state, 'device_offline', reason, at));
  }

  remove(at: number): void {
    this.#end(at, { type: 'session_stopped', reason: 'device_removed' });
  }

  /** The clock stood still from `stoodFrom` to `at`: the rest of a pending debounce and the heartbeats run from `at`. */
  resumeSession(at: number, stoodFrom: number): void {
    const session = this.state.session;
    if (!session) return;
    this.state.session = { ...session, pausedMs: session.pausedMs + at - stoodFrom, heartbeatBase: at };
    this.durable = true;
  }

  /** Takes what was held back while nobody listened; its energy is told apart when no open session takes it. */
  measureHeld(held: Reading, at: number): void {
    const { counter } = this.state;
    this.measure(held, at);
    const { session } = this.state;
    if ((session && session.startedAt < at) || !counter || held.energyTotalKwh === undefined) return;
    const kwh = held.energyTotalKwh - counter.kwh;
    if (kwh > 0) this.tell({ kind: 'unattributed', kwh });
  }

  #emit(event: BridgeEvent): void {
    this.#events ??= [];
    this.#events.push(event);
    this.durable = true;
  }

  #move(to: Phase, at: number, cause: string): void {
    const from = this.state.phase;
    this.state.phase = to;
    this.durable = true;
    this.tell({ kind: 'transition', from, to, at, cause });
  }

  /** Books time, energy and the message itself, all at the power that was held until `at`. */
  #book(reading: Reading, at: number): void {
    const { state } = this;
    const heldW = state.powerW ?? 0;
    const heldMs = state.lastMessageAt === null ? 0 : at - state.lastMessageAt;
    let sums =
      state.session &&
      bookTime(state.session.sums, timeKindOf(state.phase, state.powerW ?? 0, this.options), heldW, at);
    let counter = state.counter && awaitEnergy(state.counter, energyKwh(heldW, Math.max(0, heldMs)));
    if (reading.energyTotalKwh !== undefined) {
      ({ counter, sums } = readCounter(
        counter,
        sums,
        reading.energyTotalKwh,
        at,
        ratedPowerW(state, this.options),
      ));
    }
    state.counter = counter;
    if (!state.session || !sums) return;
    state.session = countMessage(state.session, sums);
  }

  #takePower(measuredW: number, at: number): void {
    const { state, options } = this;
    const powerW = signedPowerW(measuredW, options);
    state.powerW = powerW;
    if (!state.session) {
      if (isOn(powerW, options)) this.#start(powerW, at);
      return;
    }
    if (state.phase === 'starting' && !isOn(powerW, options)) return this.#abandon(at, 'false start');
    state.maxPowerW = Math.max(state.maxPowerW, powerW);
    state.session = seePower(state.session, powerW);
    if (state.phase !== 'starting') this.#takeLevel(state.session, levelOf(powerW, options), at);
  }

  #takeLevel(session: Session, level: Level, at: number): void {
    const { state } = this;
    const { phase } = state;
    if (level === phase) return;
    if (level !== 'off') {
      state.session = { ...session, stoppingSince: null, sumsAtStopping: null, pausedMs: 0 };
      this.#move(level, at, 'power');
    } else if (phase !== 'stopping') {
      state.session = { ...session, stoppingSince: at, sumsAtStopping: session.sums, pausedMs: 0 };
      this.#move('stopping', at, 'power');
    }
  }

  #start(powerW: number, at: number): void {
    const { state } = this;
    state.counter = atSessionStart(state.counter);
    state.maxPowerW = Math.max(state.maxPowerW, powerW);
    state.session = openSession(at, powerW, state.messagesAtLast, state.counter, this.options);
    this.#move('starting', at, 'power');
  }

  #abandon(at: number, cause: string): void {
    this.state.session = null;
    this.#move('idle', at, cause);
  }

  #confirm(at: number): void {
    const { state } = this;
    const powerW = state.powerW ?? 0;
    if (!state.session || !isOn(powerW, this.options)) return this.#abandon(at, 'below the start level');
    const phase = levelOf(powerW, this.options) === 'working' ? 'working' : 'standby';
    state.sessionNumber++;
    const sessionId = derivedId(this.#identity, 'session', state.sessionNumber);
    state.session = { ...state.session, sessionId, heartbeatBase: at, pausedMs: 0 };
    this.#move(phase, at, 'start debounce');
    this.#emit(
      startedEvent(this.#identity, this.options, state.session, state.sessionNumber, phase, powerW, at),
    );
  }

  #heartbeat(at: number): void {
    const { state } = this;
    const { session, phase } = state;
    if (!session || phase === 'idle' || phase === 'starting') return;
    const powerW = state.powerW ?? 0;
    // A view of the moment: what is booked stays at the last message, where a timeout would end the session.
    const sums = bookTime(session.sums, timeKindOf(state.phase, state.powerW ?? 0, this.options), powerW, at);
    const beaten: Session = { ...session, heartbeats: session.heartbeats + 1 };
    this.#emit(heartbeatEvent(this.#identity, beaten, sums, state.sessionNumber, phase, powerW));
    state.session = { ...beaten, heartbeatBase: at, interval: intervalFrom(sums, powerW) };
  }

  #timedOut(reason: 'timeout' | 'gap'): SessionEnd {
    return { type: 'session_timeout', reason, lastMessageAt: this.state.lastMessageAt ?? 0 };
  }

  /** Ends the session, if there is one: where the power went if it is stopping, else at the last message. */
  #end(at: number, end: SessionEnd): void {
    const { state } = this;
    const { session } = state;
    if (!session) return;
    const cause = end.reason === 'normal' ? 'stop debounce' : end.reason;
    if (state.phase === 'starting') return this.#abandon(at, cause);
    const sums = session.sumsAtStopping ?? session.sums;
    this.#emit(
      endedEvent(
        this.#identity,
        this.options,
        session,
        sums,
        state.sessionNumber,
        state.powerW ?? 0,
        at,
        end,
      ),
    );
    this.#abandon(at, cause);
  }

  /** After a long time without a link only the counter can tell that the machine went on. */
  #judgeGap(reading: Reading, at: number): void {
    const { state, options } = this;
    const { gapMs, counter } = state;
    if (gapMs === null) return;
    state.gapMs = null;
    if (!state.session || gapMs <= options.gapMaxMs) return;
    if (counter && reading.energyTotalKwh !== undefined && at > counter.at) {
      const meanW = meanPowerW(reading.energyTotalKwh - counter.kwh, at - counter.at);
      if (meanW >= options.standbyThresholdW) return;
    }
    this.#end(at, this.#timedOut('gap'));
    // What the counter rose by belongs to the gap, not to a session that begins now.
    state.counter = null;
  }
}
