import type { DetectorState } from './state.ts';

/** Both clocks tell whole milliseconds; moving back and forth by one would put events before earlier ones. */
const ROUNDING_MS = 1;

/**
 * A device's time line is the steady clock plus `offsetMs`. While the device is idle it follows the wall clock,
 * also when that is stepped; a session holds it, so that no step starts, ends or stretches one.
 * Called with every pair of clock readings. What is remembered moves along with the line: a step is no silence.
 * @returns how far the line was moved, ms
 */
export function keepTime(state: DetectorState, wallAt: number, steadyAt: number): number {
  const aheadMs = wallAt - steadyAt - state.offsetMs;
  if (state.phase !== 'idle') {
    state.wallAheadMs = aheadMs;
    return 0;
  }
  state.wallAheadMs = 0;
  if (Math.abs(aheadMs) <= ROUNDING_MS) return 0;
  const moved = (time: number | null) => (time === null ? null : time + aheadMs);
  state.offsetMs += aheadMs;
  state.newestAt = moved(state.newestAt);
  state.lastMessageAt = moved(state.lastMessageAt);
  state.heardAt = moved(state.heardAt);
  state.onlineAt = moved(state.onlineAt);
  state.floorAt = moved(state.floorAt);
  state.lostAt = moved(state.lostAt);
  const { counter } = state;
  if (counter) {
    const { suspect } = counter;
    state.counter = {
      ...counter,
      at: counter.at + aheadMs,
      suspect: suspect && { ...suspect, at: suspect.at + aheadMs },
    };
  }
  return aheadMs;
}
