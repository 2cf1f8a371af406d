/**
 * Machines that run by a script: their power is a function of time alone, so that charts, sessions and the
 * stream agree, and go on where they were when the page is loaded again.
 */
export type ScriptedMachine = {
  deviceId: string;
  name: string;
  index: number;
  standbyW: number;
  workingW: number;
};
type ScriptedState = 'idle' | 'standby' | 'working';
export type Cycle = { sessionId: string; startMs: number; endMs: number };

const CYCLE_S = 420;
/** Machines do not run in step. */
const SHIFT_S = 97;
/** From these seconds of a cycle on the machine is in that state. */
const PHASES: readonly [fromS: number, state: ScriptedState][] = [
  [0, 'idle'],
  [90, 'standby'],
  [150, 'working'],
  [270, 'standby'],
  [290, 'working'],
  [400, 'standby'],
];
const SESSION_FROM_S = 90;
const STEP_MS = 1000;
const WS_PER_KWH = 3_600_000;

function placeOf({ index }: ScriptedMachine, ms: number): { cycle: number; second: number } {
  const s = Math.floor(ms / 1000) + index * SHIFT_S;
  return { cycle: Math.floor(s / CYCLE_S), second: s % CYCLE_S };
}

export function stateAt(machine: ScriptedMachine, ms: number): ScriptedState {
  const { second } = placeOf(machine, ms);
  return PHASES.findLast(([fromS]) => second >= fromS)?.[1] ?? 'idle';
}

/** When it came into the state that it has. */
export function stateSince(machine: ScriptedMachine, ms: number): number {
  const { second } = placeOf(machine, ms);
  const [fromS] = PHASES.findLast(([beginS]) => second >= beginS) ?? [0];
  return (Math.floor(ms / 1000) - second + fromS) * 1000;
}

/** Between -1 and 1, the same for the same second. */
function ripple(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return (x - Math.floor(x)) * 2 - 1;
}

/** The power in W, to a tenth. */
export function powerAt(machine: ScriptedMachine, ms: number): number {
  const { standbyW, workingW, index } = machine;
  const { second, cycle } = placeOf(machine, ms);
  const noise = ripple(cycle * CYCLE_S + second + index);
  const levels = {
    idle: standbyW * 0.1 * (1 + 0.1 * noise),
    standby: (standbyW + (workingW - standbyW) * 0.4) * (1 + 0.05 * noise),
    working: workingW * (2.5 + Math.sin(second / 9) * 0.8 + 0.2 * noise),
  };
  return Math.round(levels[stateAt(machine, ms)] * 10) / 10;
}

/** The sessions that overlap a period, oldest first. The last one may end after it. */
export function cyclesOf(machine: ScriptedMachine, fromMs: number, toMs: number): Cycle[] {
  const found: Cycle[] = [];
  const first = placeOf(machine, fromMs).cycle;
  for (let cycle = first; ; cycle++) {
    const beginMs = (cycle * CYCLE_S - machine.index * SHIFT_S) * 1000;
    const startMs = beginMs + SESSION_FROM_S * 1000;
    if (startMs >= toMs) return found;
    const endMs = beginMs + CYCLE_S * 1000;
    const number = (cycle * 100 + machine.index).toString(16).padStart(12, '0');
    if (endMs > fromMs) found.push({ sessionId: `00000000-0000-5000-8000-${number}`, startMs, endMs });
  }
}

export type Sums = { standbyS: number; workingS: number; energyKwh: number; maxW: number };

/** What a period adds up to. */
export function sumsOf(machine: ScriptedMachine, fromMs: number, toMs: number): Sums {
  const sums = { standbyS: 0, workingS: 0, energyKwh: 0, maxW: 0 };
  for (let ms = fromMs; ms < toMs; ms += STEP_MS) {
    const state = stateAt(machine, ms);
    const powerW = powerAt(machine, ms);
    if (state === 'standby') sums.standbyS += 1;
    if (state === 'working') sums.workingS += 1;
    sums.energyKwh += powerW / WS_PER_KWH;
    sums.maxW = Math.max(sums.maxW, powerW);
  }
  return sums;
}
