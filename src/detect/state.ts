import type { Reading } from '../model/reading.ts';
import type { EnergyCounter } from './energy-counter.ts';
import type { Sums } from './sums.ts';

/**
 * What a device is doing:
 *
 *   idle ──on──▶ starting ──start debounce──▶ standby ◀──level──▶ working
 *    ▲             │ off                         │ off              │ off
 *    ├─────────────┘                             ▼                  ▼
 *    └──────────stop debounce──────────────── stopping ──on──▶ standby, working
 *
 * From every state but idle, silence leads back to idle (timeout).
 */
export type Phase = 'idle' | 'starting' | 'standby' | 'working' | 'stopping';

/** A session that is being confirmed, open or ending. All times in ms since the epoch, on the device's time line. */
export type Session = {
  /** '' until confirmed. */
  sessionId: string;
  startedAt: number;
  stoppingSince: number | null;
  /** How long the clock stood still (link lost) while the running debounce was pending, ms. */
  pausedMs: number;
  /** Everything booked so far, a running STOPPING included as interruption. */
  sums: Sums;
  /** The sums at `stoppingSince`: what is billed if the power does not return. */
  sumsAtStopping: Sums | null;
  heartbeats: number;
  /** The next heartbeat is due one interval after this. */
  heartbeatBase: number;
  /** What the next heartbeat covers. */
  interval: Interval;
};

export type Interval = {
  startedAt: number;
  minW: number;
  maxW: number;
  messages: number;
  /** The sums' energies at the start of the interval, kWh. */
  integratedKwh: number;
  energyKwh: number;
};

/** Everything the detector remembers of a device. Plain JSON, so that it can be stored as it is. */
export type DetectorState = {
  phase: Phase;
  session: Session | null;
  /** Sessions confirmed so far; kept for ever, as ids are derived from it. */
  sessionNumber: number;
  /** Status events and forwarded measurements so far, for their ids. */
  statusNumber: number;
  measurementNumber: number;
  /** The newest measurement or carried-out deadline; nothing older changes anything. */
  newestAt: number | null;
  lastMessageAt: number | null;
  /** How many messages came at `lastMessageAt`. */
  messagesAtLast: number;
  /** Silence is counted from here: the last message, or the link's return if that came later. */
  heardAt: number | null;
  /** When the device was last found online, or the link came back: its silence begins no earlier. */
  onlineAt: number | null;
  /** Deadlines are not carried out before this (the last change of the options). */
  floorAt: number | null;
  /** The last known power after the sign policy, W. */
  powerW: number | null;
  /** The highest power seen in a session, W. */
  maxPowerW: number;
  counter: EnergyCounter | null;
  status: 'unknown' | 'online' | 'offline';
  /** Whether the device's own clock was seen to be right. */
  clockProven: boolean;
  /** The device's time line minus the steady clock, ms. Follows the wall clock while idle. */
  offsetMs: number;
  /** The wall clock minus the device's time line, as last seen, ms; not 0 when it was stepped in a session. */
  wallAheadMs: number;
  /** Since when nothing could be heard; null while the link is up. */
  lostAt: number | null;
  /** The undated backlog of the time without a link, laid over one another. */
  held: Reading | null;
  /** How long nothing could be heard before the message that is awaited now, ms; null when judged. */
  gapMs: number | null;
  lateMessages: number;
};

/** The state of a device that was never heard. */
export function initialState(): DetectorState {
  return {
    phase: 'idle',
    session: null,
    sessionNumber: 0,
    statusNumber: 0,
    measurementNumber: 0,
    newestAt: null,
    lastMessageAt: null,
    messagesAtLast: 0,
    heardAt: null,
    onlineAt: null,
    floorAt: null,
    powerW: null,
    maxPowerW: 0,
    counter: null,
    status: 'unknown',
    clockProven: false,
    offsetMs: 0,
    wallAheadMs: 0,
    lostAt: null,
    held: null,
    gapMs: null,
    lateMessages: 0,
  };
}

/** What is left of a device that goes away or becomes another: the numbers that ids are derived from. */
export function forgottenState(state: DetectorState): DetectorState {
  return {
    ...initialState(),
    sessionNumber: state.sessionNumber,
    statusNumber: state.statusNumber,
    measurementNumber: state.measurementNumber,
    lateMessages: state.lateMessages,
    offsetMs: state.offsetMs,
    lostAt: state.lostAt,
  };
}
