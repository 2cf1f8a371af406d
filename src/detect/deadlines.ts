import type { DetectorOptions } from '../model/device.ts';
import type { DetectorState } from './state.ts';

/** What a deadline does; of two at the same instant the earlier in this list is carried out first. */
export const DEADLINE_KINDS = ['confirm', 'stop', 'timeout', 'heartbeat', 'offline'] as const;
export type DeadlineKind = (typeof DEADLINE_KINDS)[number];
export type Deadline = { at: number; kind: DeadlineKind };

/** When the pending start or stop debounce ends, or null. */
function debounceDeadline(state: DetectorState, options: DetectorOptions): Deadline | null {
  const session = state.session;
  if (!session) return null;
  if (state.phase === 'starting') {
    return { kind: 'confirm', at: session.startedAt + options.startDebounceMs + session.pausedMs };
  }
  if (state.phase === 'stopping' && session.stoppingSince !== null) {
    return { kind: 'stop', at: session.stoppingSince + options.stopDebounceMs + session.pausedMs };
  }
  return null;
}

function notBefore(floorAt: number | null, deadline: Deadline): Deadline {
  return floorAt !== null && deadline.at < floorAt ? { kind: deadline.kind, at: floorAt } : deadline;
}

/**
 * The deadline that dated backlog may carry out while nobody listens: a debounce, nothing else,
 * because silence means nothing then.
 */
export function nextBacklogDeadline(state: DetectorState, options: DetectorOptions): Deadline | null {
  const deadline = debounceDeadline(state, options);
  return deadline && notBefore(state.floorAt, deadline);
}

/** When silence ends the session of a device, on its time line; null without a session, a timeout or a link. */
export function timeoutAt(state: DetectorState, options: DetectorOptions): number | null {
  if (state.lostAt !== null || !state.session || state.heardAt === null) return null;
  if (options.messageTimeoutMs === null) return null;
  return notBefore(state.floorAt, { kind: 'timeout', at: state.heardAt + options.messageTimeoutMs }).at;
}

/**
 * The next thing that happens to the device if no message comes, on the device's time line; null when nothing does.
 * While the link is lost the clock carries out nothing.
 */
export function nextDeadline(state: DetectorState, options: DetectorOptions): Deadline | null {
  if (state.lostAt !== null) return null;
  let next = debounceDeadline(state, options);
  if (next) next = notBefore(state.floorAt, next);
  const consider = (kind: DeadlineKind, at: number) => {
    const candidate = notBefore(state.floorAt, { kind, at });
    if (!next || candidate.at < next.at) next = candidate;
  };
  const silenceEndsAt = timeoutAt(state, options);
  if (silenceEndsAt !== null) consider('timeout', silenceEndsAt);
  if (
    state.session &&
    state.heardAt !== null &&
    options.heartbeatIntervalMs !== null &&
    state.phase !== 'starting'
  ) {
    consider('heartbeat', state.session.heartbeatBase + options.heartbeatIntervalMs);
  }
  if (state.status === 'online' && state.onlineAt !== null && options.offlineTimeoutMs !== null) {
    consider('offline', Math.max(state.onlineAt, state.heardAt ?? 0) + options.offlineTimeoutMs);
  }
  return next;
}
