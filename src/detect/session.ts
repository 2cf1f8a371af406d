import type { DetectorOptions } from '../model/device.ts';
import type { EnergyCounter } from './energy-counter.ts';
import type { Interval, Session } from './state.ts';
import { energyOf, openSums, type Sums } from './sums.ts';

/**
 * A session whose power came on at `at`; it has no id until it is confirmed.
 * @param messages how many messages came at `at`, the one that switched it on included
 */
export function openSession(
  at: number,
  powerW: number,
  messages: number,
  counter: EnergyCounter | null,
  options: DetectorOptions,
): Session {
  const sums = openSums(at, powerW, messages, counter, options.messageTimeoutMs ?? Number.POSITIVE_INFINITY);
  return {
    sessionId: '',
    startedAt: at,
    stoppingSince: null,
    pausedMs: 0,
    sums,
    sumsAtStopping: null,
    heartbeats: 0,
    heartbeatBase: at,
    interval: { ...intervalFrom(sums, powerW), messages },
  };
}

/** The interval of the next heartbeat, beginning where `sums` are booked to. */
export function intervalFrom(sums: Sums, powerW: number): Interval {
  return {
    startedAt: sums.bookedTo,
    minW: powerW,
    maxW: powerW,
    messages: 0,
    integratedKwh: sums.integratedKwh,
    energyKwh: energyOf(sums).kwh,
  };
}

/** Widens the extremes of session and interval by `powerW`; the same object when nothing changes. */
export function seePower(session: Session, powerW: number): Session {
  const { sums, interval } = session;
  if (powerW <= sums.maxW && powerW >= interval.minW && powerW <= interval.maxW) return session;
  return {
    ...session,
    sums: { ...sums, maxW: Math.max(sums.maxW, powerW) },
    interval: {
      ...interval,
      minW: Math.min(interval.minW, powerW),
      maxW: Math.max(interval.maxW, powerW),
    },
  };
}

/** Takes the booked `sums` over and counts the message that brought them. */
export function countMessage(session: Session, sums: Sums): Session {
  return {
    ...session,
    sums: { ...sums, messagesAt: sums.messagesAt + 1 },
    interval: { ...session.interval, messages: session.interval.messages + 1 },
  };
}
