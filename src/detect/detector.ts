import type { DetectorOptions } from '../model/device.ts';
import type { BridgeEvent } from '../model/event.ts';
import type { Reading } from '../model/reading.ts';
import { dateReading, overlay } from './dating.ts';
import { nextBacklogDeadline, nextDeadline } from './deadlines.ts';
import { Draft, type Effect } from './draft.ts';
import { type DetectorState, forgottenState } from './state.ts';
import { keepTime } from './time-line.ts';

/**
 * What can happen to a device. Times: `steadyAt` on the steady clock, `wallAt` on the wall clock, ms.
 * - reading: a message was understood.
 * - deadline: the clock has passed `steadyAt`.
 * - link_lost: nothing was heard after `steadyAt`; also said when the process stops.
 * - link_back: messages arrive again, and the broker's backlog is through.
 * - restarted: the state comes from another process that last heard its broker at `heardSteadyAt` of *its* clock.
 * - reconfigured: from now on the options are others (this step still takes the old ones).
 * - removed: the device goes away, or becomes another one under the same id.
 */
export type Input =
  | { kind: 'reading'; reading: Reading }
  | { kind: 'deadline'; steadyAt: number }
  | { kind: 'link_lost'; steadyAt: number }
  | { kind: 'link_back'; wallAt: number; steadyAt: number }
  | { kind: 'restarted'; wallAt: number; steadyAt: number; heardSteadyAt: number | null }
  | { kind: 'reconfigured'; wallAt: number; steadyAt: number }
  | { kind: 'removed'; wallAt: number; steadyAt: number };

export type Step = {
  state: DetectorState;
  events: readonly BridgeEvent[];
  effects: readonly Effect[];
  /** Whether this must be on disk before the message is acknowledged. */
  durable: boolean;
};

/**
 * Carries one input of one device out. Pure: what comes back depends on the arguments alone, and they stay unchanged.
 * The meaning is fixed in docs/session-detection.md.
 * @param installationId UUID from which session and event ids are derived
 */
export function step(
  state: DetectorState,
  options: DetectorOptions,
  input: Input,
  installationId: string,
): Step {
  const draft = new Draft(state, options, installationId);
  switch (input.kind) {
    case 'reading':
      takeReading(draft, input.reading);
      break;
    case 'deadline':
      if (state.lostAt === null) advance(draft, input.steadyAt + state.offsetMs);
      break;
    case 'link_lost':
      loseLink(draft, input.steadyAt + state.offsetMs);
      break;
    case 'link_back':
      regainLink(draft, input.wallAt, input.steadyAt);
      break;
    case 'restarted':
      restart(draft, input);
      break;
    case 'reconfigured':
      draft.state.floorAt = reachNow(draft, input.wallAt, input.steadyAt);
      draft.durable ||= draft.state.session !== null;
      break;
    case 'removed':
      draft.remove(reachNow(draft, input.wallAt, input.steadyAt));
      draft.state = forgottenState(draft.state);
      draft.durable = true;
      break;
  }
  return draft.finish();
}

/**
 * The present on the device's time line, all being carried out that was due by now. Only then a step of the wall
 * clock is taken over, so that what was due is told in the time of before, whenever its timer fires.
 */
function reachNow(draft: Draft, wallAt: number, steadyAt: number): number {
  const { state } = draft;
  if (state.lostAt === null) advance(draft, steadyAt + state.offsetMs);
  keepTime(state, wallAt, steadyAt);
  const at = steadyAt + state.offsetMs;
  return Math.max(at, state.newestAt ?? at);
}

/** Carries out every deadline up to and including `at`, earliest first. */
function advance(draft: Draft, at: number): void {
  for (;;) {
    const due = nextDeadline(draft.state, draft.options);
    if (!due || due.at > at) return;
    draft.carryOut(due);
  }
}

/** The same for backlog: it tells what the power did, but nothing about silence. */
function advanceBacklog(draft: Draft, at: number): void {
  for (;;) {
    const due = nextBacklogDeadline(draft.state, draft.options);
    if (!due || due.at > at) return;
    draft.carryOut(due);
  }
}

function takeReading(draft: Draft, reading: Reading): void {
  const { state, options } = draft;
  if (reading.presence) return takePresence(draft, reading, reading.presence);
  if (reading.retained) return;
  if (state.phase === 'idle') reachNow(draft, reading.receivedAt, reading.steadyAt);
  else keepTime(state, reading.receivedAt, reading.steadyAt);
  const dated = dateReading(state, options, reading);
  state.clockProven = dated.clockProven;
  switch (dated.kind) {
    case 'late':
      return draft.countLate();
    case 'undated':
      state.held = overlay(state.held, reading);
      draft.durable = true;
      return draft.tell({ kind: 'backlog', dated: false });
    case 'backlog':
      if (state.lostAt === null) {
        advance(draft, dated.at);
      } else {
        draft.tell({ kind: 'backlog', dated: true });
        countGap(state, dated.at);
        advanceBacklog(draft, dated.at);
      }
      break;
    case 'live':
      // Known to be live although the backlog is not through: for this device it is.
      if (state.lostAt !== null) regainLink(draft, reading.receivedAt, reading.steadyAt);
      advance(draft, dated.at);
      break;
  }
  // A session that a deadline just ended no longer holds the time line.
  const movedMs = keepTime(state, reading.receivedAt, reading.steadyAt);
  draft.measure(reading, dated.at + movedMs);
}

/** A last will is kept by the broker, so a retained one says how things are. */
function takePresence(draft: Draft, reading: Reading, presence: 'online' | 'offline'): void {
  const { state } = draft;
  const at = reachNow(draft, reading.receivedAt, reading.steadyAt);
  if (presence === 'online') {
    draft.goOnline('last_will', at);
  } else if (state.status !== 'offline') {
    draft.goOffline('last_will', at);
  }
}

/** Adds the time up to `at`, in which nobody listened, to what the next sign of life is judged by. */
function countGap(state: DetectorState, at: number): void {
  if (state.lostAt === null) return;
  const deafMs = at - Math.max(state.lostAt, state.lastMessageAt ?? state.lostAt);
  state.gapMs = (state.gapMs ?? 0) + deafMs;
}

function loseLink(draft: Draft, lostAt: number): void {
  const { state } = draft;
  if (state.lostAt !== null) return;
  const at = Math.max(lostAt, state.newestAt ?? lostAt);
  advance(draft, at);
  state.lostAt = at;
  draft.durable ||= state.session !== null;
}

function restart(
  draft: Draft,
  input: { wallAt: number; steadyAt: number; heardSteadyAt: number | null },
): void {
  const { state } = draft;
  const newestAt = state.newestAt ?? state.lastMessageAt ?? input.wallAt;
  loseLink(draft, input.heardSteadyAt === null ? newestAt : input.heardSteadyAt + state.offsetMs);
  // Nobody can say how long the process was away but the wall clock; time must not run backwards for that.
  const floorAt = Math.max(state.lostAt ?? newestAt, newestAt);
  state.offsetMs = Math.max(input.wallAt - state.wallAheadMs, floorAt) - input.steadyAt;
}

function regainLink(draft: Draft, wallAt: number, steadyAt: number): void {
  const { state } = draft;
  if (state.lostAt === null) return;
  const at = Math.max(reachNow(draft, wallAt, steadyAt), state.lostAt);
  const lastKnownAt = Math.max(state.lostAt, state.newestAt ?? state.lostAt);
  draft.resumeSession(at, lastKnownAt);
  countGap(state, at);
  if (state.heardAt !== null) state.heardAt = at;
  if (state.onlineAt !== null) state.onlineAt = at;
  // A debounce that was shortened meanwhile is over now, not at an instant when nobody listened.
  state.floorAt = at;
  state.lostAt = null;
  if (state.held) {
    const held = state.held;
    state.held = null;
    draft.measureHeld(held, at);
  }
}

export { nextDeadline } from './deadlines.ts';
export type { Effect } from './draft.ts';
