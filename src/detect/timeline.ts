import type { DetectorOptions } from '../model/device.ts';
import type { BridgeEvent } from '../model/event.ts';
import type { Reading } from '../model/reading.ts';
import { type Effect, type Input, nextDeadline, step } from './detector.ts';
import { type DetectorState, initialState } from './state.ts';

/** The options of the worked examples. */
export const EXAMPLE_OPTIONS: DetectorOptions = {
  deviceId: 'mill',
  machineName: 'Mill',
  standbyThresholdW: 5,
  workingThresholdW: 50,
  startDebounceMs: 3000,
  stopDebounceMs: 15_000,
  messageTimeoutMs: 20_000,
  heartbeatIntervalMs: 300_000,
  startOn: 'standby',
  powerSign: 'consume',
  ratedPowerW: null,
  offlineTimeoutMs: null,
  maxClockSkewMs: 5000,
  gapMaxMs: 3_600_000,
  forwardMeasurements: false,
};

export const INSTALLATION = '7f1b6a52-3d1c-4c55-9a0e-0d5c0a6a1f10';

/** A reading that arrives live at `ms`. */
export function readingAt(ms: number, values: Partial<Reading> = {}): Reading {
  return { receivedAt: ms, steadyAt: ms, retained: false, qos: 1, ...values };
}

/** Where test times begin, so that no time is a small number by accident. */
export const T0 = Date.UTC(2026, 0, 31, 10);

/** `seconds` after T0, in ms since the epoch. */
export function at(seconds: number): number {
  return T0 + Math.round(seconds * 1000);
}

/** Seconds from T0 to `iso`. */
export function secondsOf(iso: string): number {
  return (Date.parse(iso) - T0) / 1000;
}

/** One event in a few words, times in seconds from T0: what is told, not what was used. */
export function inWords(event: BridgeEvent): string {
  const head = `${secondsOf(event.ts)} ${event.event_type}`;
  switch (event.event_type) {
    case 'session_started':
      return `${head} ${secondsOf(event.payload.started_at)} ${event.payload.state}`;
    case 'session_heartbeat': {
      const { interval_start, interval_end, state } = event.payload;
      return `${head} ${secondsOf(interval_start)}-${secondsOf(interval_end)} ${state}`;
    }
    case 'session_stopped':
    case 'session_timeout': {
      const { started_at, ended_at, reason } = event.payload;
      return `${head} ${secondsOf(started_at)}-${secondsOf(ended_at)} ${reason}`;
    }
    case 'device_online':
    case 'device_offline':
      return `${head} ${event.payload.reason}`;
    case 'power_measurement':
      return `${head} ${event.payload.apower ?? '-'}`;
    case 'flow_event':
      return `${head} ${event.payload.flow}`;
  }
}

/** Plays inputs on one device by the rules of the detector alone, for tests; time is what the inputs say. */
export class Timeline {
  state: DetectorState;
  options: DetectorOptions;
  readonly events: BridgeEvent[] = [];
  readonly effects: Effect[] = [];

  constructor(options: DetectorOptions = EXAMPLE_OPTIONS, state: DetectorState = initialState()) {
    this.options = options;
    this.state = state;
  }

  input(input: Input): this {
    const before = JSON.stringify(this.state);
    const result = step(this.state, this.options, input, INSTALLATION);
    if (JSON.stringify(this.state) !== before) throw new Error('step changed the state it was given');
    this.state = result.state;
    this.events.push(...result.events);
    this.effects.push(...result.effects);
    return this;
  }

  reading(ms: number, values: Partial<Reading> = {}): this {
    return this.input({ kind: 'reading', reading: readingAt(ms, values) });
  }

  power(ms: number, powerW: number): this {
    return this.reading(ms, { powerW });
  }

  lose(ms: number): this {
    return this.input({ kind: 'link_lost', steadyAt: ms });
  }

  regain(ms: number): this {
    return this.input({ kind: 'link_back', wallAt: ms, steadyAt: ms });
  }

  /** New options, all timers having fired on time. */
  reconfigure(ms: number, changes: Partial<DetectorOptions>): this {
    this.runTo(ms).input({ kind: 'reconfigured', wallAt: ms, steadyAt: ms });
    this.options = { ...this.options, ...changes };
    return this;
  }

  remove(ms: number): this {
    return this.input({ kind: 'removed', wallAt: ms, steadyAt: ms });
  }

  /** What was told about sessions, in words. */
  sessions(): string[] {
    return this.ofType('session_started', 'session_stopped', 'session_timeout').map(inWords);
  }

  /** Lets timers fire exactly on time until `ms`; `onFired` is told each. */
  runTo(ms: number, onFired: (deadline: Input) => void = () => undefined): this {
    for (;;) {
      const due = nextDeadline(this.state, this.options);
      if (!due || due.at - this.state.offsetMs > ms) return this;
      const deadline: Input = { kind: 'deadline', steadyAt: due.at - this.state.offsetMs };
      onFired(deadline);
      this.input(deadline);
    }
  }

  ofType<T extends BridgeEvent['event_type']>(...types: T[]): Extract<BridgeEvent, { event_type: T }>[] {
    return this.events.filter((e): e is Extract<BridgeEvent, { event_type: T }> =>
      types.includes(e.event_type as T),
    );
  }
}
