/** What a machine does during a phase; the watts follow from the thresholds. */
export type LoadLevel = 'off' | 'standby' | 'working';

/** One stretch of a scenario in which the machine draws constant power. */
export type PhaseDefinition = {
  name: string;
  level: LoadLevel;
  durationS: number;
  /** The device stays connected and says nothing. */
  silent?: true;
  /** The option that replaces `durationS`. */
  stretchedBy?: 'duration' | 'offline-duration';
};

export type Scenario = { summary: string; phases: readonly PhaseDefinition[] };

/** Every device publishes this often. */
export const MESSAGE_INTERVAL_S = 1;

export const scenarios = {
  full_session: {
    summary: 'off, standby, working, standby, off: one whole session',
    phases: [
      { name: 'off', level: 'off', durationS: 5 },
      { name: 'standby', level: 'standby', durationS: 20 },
      { name: 'working', level: 'working', durationS: 40, stretchedBy: 'duration' },
      { name: 'standby again', level: 'standby', durationS: 15 },
      { name: 'off again', level: 'off', durationS: 30 },
    ],
  },
  session_end: {
    summary: 'working, then off: how a session ends',
    phases: [
      { name: 'working', level: 'working', durationS: 15, stretchedBy: 'duration' },
      { name: 'off', level: 'off', durationS: 30 },
    ],
  },
  standby: {
    summary: 'standby all the time',
    phases: [{ name: 'standby', level: 'standby', durationS: 60, stretchedBy: 'duration' }],
  },
  working: {
    summary: 'working all the time',
    phases: [{ name: 'working', level: 'working', durationS: 60, stretchedBy: 'duration' }],
  },
  timeout: {
    summary: 'working, then connected but silent',
    phases: [
      { name: 'working', level: 'working', durationS: 15 },
      { name: 'silence', level: 'working', durationS: 60, silent: true, stretchedBy: 'duration' },
    ],
  },
  online_test: {
    summary: 'a small load and a message each second: the device stays online',
    phases: [{ name: 'online', level: 'standby', durationS: 120, stretchedBy: 'duration' }],
  },
  offline_test: {
    summary: 'messages, a gap, messages again: offline and back',
    phases: [
      { name: 'online', level: 'working', durationS: 10, stretchedBy: 'duration' },
      { name: 'gap', level: 'working', durationS: 60, silent: true, stretchedBy: 'offline-duration' },
      { name: 'online again', level: 'working', durationS: 10 },
    ],
  },
} as const satisfies Record<string, Scenario>;
export type ScenarioName = keyof typeof scenarios;

/** A phase with its figures: what is really played. */
export type Phase = {
  name: string;
  /** Since the start of the scenario. */
  startS: number;
  durationS: number;
  powerW: number;
  silent: boolean;
};

export type Thresholds = { standbyW: number; workingW: number };

const OFF_W = 0.4;
const ABOVE_THRESHOLD = 1.5;
/** A standby load stays this far below the working threshold, so that noise does not cross it. */
const BELOW_WORKING = 0.95;

/**
 * The power of a level, W. Off is 0.4 W, or half the standby threshold where that is less; standby is
 * 1.5 × its threshold, or half-way to the working threshold where that is nearer; working 1.5 × its threshold.
 */
export function levelPowerW(level: LoadLevel, { standbyW, workingW }: Thresholds): number {
  if (level === 'off') return Math.min(OFF_W, standbyW / 2);
  if (level === 'working') return workingW * ABOVE_THRESHOLD;
  const wantedW = standbyW * ABOVE_THRESHOLD;
  return wantedW < workingW * BELOW_WORKING ? wantedW : (standbyW + workingW) / 2;
}

/** The phases of a scenario, stretched by the durations that are given, with powers that fit the thresholds. */
export function planPhases(
  scenario: Scenario,
  thresholds: Thresholds,
  stretch: { durationS?: number; offlineDurationS?: number } = {},
): Phase[] {
  let startS = 0;
  return scenario.phases.map((phase) => {
    const stretchedS = {
      duration: stretch.durationS,
      'offline-duration': stretch.offlineDurationS,
      none: undefined,
    }[phase.stretchedBy ?? 'none'];
    const durationS = stretchedS ?? phase.durationS;
    const powerW = levelPowerW(phase.level, thresholds);
    const planned = { name: phase.name, startS, durationS, powerW, silent: phase.silent ?? false };
    startS += durationS;
    return planned;
  });
}
