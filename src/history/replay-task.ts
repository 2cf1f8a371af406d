import { type Replayed, replay } from '../detect/replay.ts';
import { compareSessions } from '../detect/replay-comparison.ts';
import type { DetectorOptions } from '../model/device.ts';
import type { ComparableSession, ReplayedSession, ReplayReport, SessionTotals } from '../model/replay.ts';
import { isoTime } from '../platform/clock.ts';
import type { Database } from '../store/database.ts';
import { readInputs } from './reading-log.ts';

/** So long before the period the replay begins, so that a session that goes on at its beginning is found whole … */
const LEAD_MS = 24 * 3_600_000;
/** … or before the session that went on there, if that began earlier still. */
const LEAD_MS_MAX = 31 * 24 * 3_600_000;
const SESSIONS_LISTED_MAX = 5000;

export type ReplayParams = {
  deviceId: string;
  options: DetectorOptions;
  fromMs: number;
  toMs: number;
  nowMs: number;
  /** The sessions that were detected in the period, oldest first. */
  live: ComparableSession[];
  transitions: boolean;
};

/** Runs the detector over the readings of a period, and holds what it finds against what was found live. */
export function replayTask(database: Database, params: ReplayParams): ReplayReport {
  const { deviceId, options, fromMs, toMs, nowMs } = params;
  const [first] = params.live;
  const beganMs = first ? Math.min(fromMs, Date.parse(first.started_at)) : fromMs;
  const leadFromMs = Math.max(beganMs - LEAD_MS, fromMs - LEAD_MS_MAX);
  const inputs = readInputs(database, deviceId, leadFromMs, nowMs);
  return reportOf(replay(inputs, options, { fromMs, toMs, untilMs: nowMs }), params);
}

/** The answer to a replay: its sessions beside those there were. */
export function reportOf(
  replayed: Replayed,
  { fromMs, toMs, live, transitions }: Pick<ReplayParams, 'fromMs' | 'toMs' | 'live' | 'transitions'>,
): ReplayReport {
  const compared = replayed.truncated ? null : compareSessions(live, replayed.sessions);
  const listed: Compared[] = compared
    ? compared.changes.slice(0, SESSIONS_LISTED_MAX)
    : replayed.sessions
        .slice(0, SESSIONS_LISTED_MAX)
        .map((session) => ({ session, change: null, former: null }));
  const lost = compared?.lost ?? [];
  const sessions = listed.map(viewOf);
  return {
    from: isoTime(fromMs),
    to: isoTime(toMs),
    partial: replayed.partial,
    readings: replayed.readings,
    late_messages: replayed.lateMessages,
    before: totalsOf(live),
    after: replayed.totals,
    changes: compared?.counts ?? null,
    sessions,
    lost: lost.slice(0, SESSIONS_LISTED_MAX),
    ...(transitions && { transitions: replayed.transitions }),
    truncated: replayed.totals.sessions > sessions.length || lost.length > SESSIONS_LISTED_MAX,
  };
}

type Compared = {
  session: ReplayedSession;
  change: ReplayReport['sessions'][number]['change'];
  former: ComparableSession | null;
};

function viewOf({ session, change, former }: Compared): ReplayReport['sessions'][number] {
  return { ...session, change, former: change === 'changed' ? former : null };
}

function totalsOf(live: readonly ComparableSession[]): SessionTotals {
  let durationMs = 0;
  let energyMilliWh = 0;
  for (const { duration_s, energy_kwh } of live) {
    durationMs += Math.round((duration_s ?? 0) * 1e3);
    energyMilliWh += Math.round((energy_kwh ?? 0) * 1e6);
  }
  return { sessions: live.length, duration_s: durationMs / 1e3, energy_kwh: energyMilliWh / 1e6 };
}
