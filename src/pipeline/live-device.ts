import { timeKindOf } from '../detect/levels.ts';
import type { DetectorState } from '../detect/state.ts';
import { bookTime, energyOf } from '../detect/sums.ts';
import type { Device } from '../model/device.ts';
import type { Machine } from '../model/machine.ts';
import type { Reading, UnusableReason } from '../model/reading.ts';
import type { Parser, Probe } from '../parse/parser.ts';
import { isoTime } from '../platform/clock.ts';
import type { PipelineLink } from './link.ts';

/** A device while the bridge runs: what its parser remembers and its detector knows. */
export type LiveDevice = {
  device: Device;
  parser: Parser;
  /** Where its messages come from. */
  link: PipelineLink;
  memory: unknown;
  state: DetectorState;
  /** When this process saw it come into its state, on the device's time line. */
  sinceAt: number | null;
  /** The newest power for the eye: a retained message may fill it, while it decides nothing. */
  shownPowerW: number | null;
  problem: { at: number; topic: string; reason: UnusableReason; detail: string } | null;
  /** When the last problem was logged; one line a minute is enough. */
  problemLoggedAt: number;
  /** When the newest message without a date arrived while backlog was awaited, on the steady clock. */
  undatedAt: number | null;
  /** The state differs from what is on disk. */
  unsaved: boolean;
};

/** A device that begins to run; nothing was heard of it yet. */
export function liveDevice(
  device: Device,
  parser: Parser,
  link: PipelineLink,
  state: DetectorState,
): LiveDevice {
  return {
    device,
    parser,
    link,
    memory: parser.initialMemory(),
    state,
    sinceAt: null,
    shownPowerW: null,
    problem: null,
    problemLoggedAt: Number.NEGATIVE_INFINITY,
    undatedAt: null,
    unsaved: true,
  };
}

/** How the device is asked for its power; null: it is not, or cannot be. */
export function probeOf(
  { probe, parser: { mqttTopic, options, channel } }: Device,
  parser: Parser,
): Probe | null {
  return probe ? parser.probe(mqttTopic, options, channel) : null;
}

/** All filters a device listens to: its own, the siblings its parser wants, and where it answers. */
export function filtersOf(device: Device, parser: Parser): string[] {
  const { mqttTopic, options, channel } = device.parser;
  const answerTopic = probeOf(device, parser)?.answerTopic;
  const siblings = parser.siblingTopics(mqttTopic, options, channel);
  return [mqttTopic, ...siblings, ...(answerTopic === undefined ? [] : [answerTopic])];
}

/** Whether `a` and `b` are the same meter: what is said of one holds for the other. */
export function isSameMeter(a: Device, b: Device): boolean {
  return (
    a.parser.mqttTopic === b.parser.mqttTopic &&
    a.parserType === b.parserType &&
    a.broker === b.broker &&
    a.parser.channel === b.parser.channel
  );
}

export function showPower(live: LiveDevice, reading: Reading): void {
  if (reading.powerW !== undefined) live.shownPowerW = reading.powerW;
}

/** Since when the device is in its state; after a restart only what begins or ends a session tells. */
function stateSince({ sinceAt, state: { phase, session } }: LiveDevice): number | null {
  if (sinceAt !== null || !session) return sinceAt;
  if (phase === 'starting') return session.startedAt;
  return phase === 'stopping' ? session.stoppingSince : null;
}

/** The machine as people see it at `steadyAt`. */
export function machineOf(live: LiveDevice, steadyAt: number): Machine {
  const { state, device } = live;
  const { session } = state;
  const since = stateSince(live);
  const now = Math.max(steadyAt + state.offsetMs, session?.sums.bookedTo ?? 0);
  const sums =
    session &&
    bookTime(
      session.sums,
      timeKindOf(state.phase, state.powerW ?? 0, device.detector),
      state.powerW ?? 0,
      now,
    );
  return {
    device_id: device.deviceId,
    machine_name: device.detector.machineName,
    family: live.parser.familyOf ? live.parser.familyOf(live.memory) : live.parser.type,
    state: state.phase,
    state_since: since === null ? null : isoTime(since),
    power_w: live.shownPowerW,
    status: state.status,
    last_message_at: state.lastMessageAt === null ? null : isoTime(state.lastMessageAt),
    session:
      session && sums
        ? {
            session_id: session.sessionId === '' ? null : session.sessionId,
            started_at: isoTime(session.startedAt),
            duration_s: Math.round(now - session.startedAt) / 1000,
            energy_kwh: Math.round(energyOf(sums).kwh * 1e6) / 1e6,
          }
        : null,
    late_messages: state.lateMessages,
    last_problem: live.problem && { ...live.problem, at: isoTime(live.problem.at) },
  };
}

/** A device as it was saved; one of an older version names no broker. */
export function asSaved(device: Device): Device {
  return { ...device, broker: device.broker ?? null, probe: device.probe ?? false };
}
