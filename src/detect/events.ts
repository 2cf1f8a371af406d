import type { DetectorOptions } from '../model/device.ts';
import type { BridgeEvent, EventOf, EventType } from '../model/event.ts';
import { uuidV5 } from '../model/ids.ts';
import type { Reading } from '../model/reading.ts';
import type { DetectorState, Session } from './state.ts';
import { energyOf, meanPowerW, type Sums } from './sums.ts';

/** Whose ids are derived: the installation's random id and the device. */
export type Identity = { installationId: string; deviceId: string };

/** The same facts give the same id, so that a repeat after a crash is recognised as one. */
export function derivedId(identity: Identity, ...facts: (string | number)[]): string {
  return uuidV5(identity.installationId, JSON.stringify([identity.deviceId, ...facts]));
}

const iso = (ms: number) => new Date(ms).toISOString();
const inSeconds = (ms: number) => ms / 1000;
/** To the milliwatt-hour and the milliwatt: finer than any meter, and free of floating point noise. */
const kwh = (value: number) => Math.round(value * 1e6) / 1e6;
const watts = (value: number) => Math.round(value * 1e3) / 1e3;

function envelope<T extends EventType>(
  identity: Identity,
  type: T,
  at: number,
  uidFacts: (string | number)[],
  payload: EventOf<T>['payload'],
): BridgeEvent {
  return {
    schema_version: 'v1',
    event_uid: derivedId(identity, type, ...uidFacts),
    event_type: type,
    device_id: identity.deviceId,
    ts: iso(at),
    payload,
  } as BridgeEvent;
}

export function startedEvent(
  identity: Identity,
  options: DetectorOptions,
  session: Session,
  number: number,
  state: 'standby' | 'working',
  powerW: number,
  at: number,
): BridgeEvent {
  return envelope(identity, 'session_started', at, [number], {
    session_id: session.sessionId,
    machine_name: options.machineName,
    started_at: iso(session.startedAt),
    state,
    power_w: watts(powerW),
    reason: 'power_threshold',
  });
}

function figures(sums: Sums) {
  const energy = energyOf(sums);
  return {
    duration_s: inSeconds(sums.bookedTo - sums.startedAt),
    standby_duration_s: inSeconds(sums.standbyMs),
    working_duration_s: inSeconds(sums.workingMs),
    interruption_duration_s: inSeconds(sums.interruptionMs),
    energy_kwh: kwh(energy.kwh),
    energy_source: energy.source,
  };
}

/** @param sums booked up to the heartbeat's instant */
export function heartbeatEvent(
  identity: Identity,
  session: Session,
  sums: Sums,
  number: number,
  phase: 'standby' | 'working' | 'stopping',
  powerW: number,
): BridgeEvent {
  const at = sums.bookedTo;
  const { interval } = session;
  const ms = at - interval.startedAt;
  return envelope(identity, 'session_heartbeat', at, [number, session.heartbeats], {
    session_id: session.sessionId,
    started_at: iso(session.startedAt),
    state: phase,
    interval_start: iso(interval.startedAt),
    interval_end: iso(at),
    ...figures(sums),
    power_w: watts(powerW),
    avg_power_w: watts(ms > 0 ? meanPowerW(sums.integratedKwh - interval.integratedKwh, ms) : powerW),
    min_power_w: watts(interval.minW),
    max_power_w: watts(interval.maxW),
    interval_energy_kwh: kwh(Math.max(0, energyOf(sums).kwh - interval.energyKwh)),
    message_count: interval.messages,
  });
}

export type SessionEnd =
  | { type: 'session_stopped'; reason: 'normal' | 'device_removed' }
  | { type: 'session_timeout'; reason: 'timeout' | 'gap'; lastMessageAt: number };

/** @param sums booked up to the session's end, which may lie before `at`, the instant that brought it to light */
export function endedEvent(
  identity: Identity,
  options: DetectorOptions,
  session: Session,
  sums: Sums,
  number: number,
  powerW: number,
  at: number,
  end: SessionEnd,
): BridgeEvent {
  const durationMs = sums.bookedTo - sums.startedAt;
  const payload = {
    session_id: session.sessionId,
    machine_name: options.machineName,
    started_at: iso(session.startedAt),
    ended_at: iso(sums.bookedTo),
    ...figures(sums),
    power_w: watts(powerW),
    avg_power_w: watts(durationMs > 0 ? meanPowerW(sums.integratedKwh, durationMs) : sums.maxW),
    max_power_w: watts(sums.maxW),
    message_count: sums.messagesBefore,
  };
  return end.type === 'session_stopped'
    ? envelope(identity, end.type, at, [number], { ...payload, reason: end.reason })
    : envelope(identity, end.type, at, [number], {
        ...payload,
        reason: end.reason,
        last_message_at: iso(end.lastMessageAt),
      });
}

export function statusEvent(
  identity: Identity,
  options: DetectorOptions,
  state: DetectorState,
  type: 'device_online' | 'device_offline',
  reason: 'message' | 'last_will' | 'silence',
  at: number,
): BridgeEvent {
  return envelope(identity, type, at, [state.statusNumber], {
    machine_name: options.machineName,
    last_message_at: state.lastMessageAt === null ? null : iso(state.lastMessageAt),
    reason,
  });
}

export function measurementEvent(
  identity: Identity,
  state: DetectorState,
  reading: Reading,
  at: number,
): BridgeEvent {
  return envelope(identity, 'power_measurement', at, [state.measurementNumber], {
    ...(reading.powerW !== undefined && { apower: reading.powerW }),
    ...(reading.voltageV !== undefined && { voltage: reading.voltageV }),
    ...(reading.currentA !== undefined && { current: reading.currentA }),
    ...(reading.frequencyHz !== undefined && { frequency: reading.frequencyHz }),
    ...(reading.energyTotalKwh !== undefined && { total_energy_kwh: reading.energyTotalKwh }),
  });
}
