import {
  type Cycle,
  cyclesOf,
  powerAt,
  type ScriptedMachine,
  stateAt,
  stateSince,
  sumsOf,
} from './machines.ts';
import type { Item, Memory } from './memory.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const POINTS_MAX = 5000;
const iso = (ms: number) => new Date(ms).toISOString();
const rounded = (n: number, digits: number) => Number(n.toFixed(digits));

/** What of a machine changes by itself. */
export function liveMachine(machine: ScriptedMachine, nowMs: number): Item {
  const open = cyclesOf(machine, nowMs, nowMs + 1)[0];
  const energyKwh = open ? sumsOf(machine, open.startMs, nowMs).energyKwh : 0;
  return {
    device_id: machine.deviceId,
    machine_name: machine.name,
    state: stateAt(machine, nowMs),
    state_since: iso(stateSince(machine, nowMs)),
    power_w: powerAt(machine, nowMs),
    status: 'online',
    last_message_at: iso(nowMs),
    session: open
      ? {
          session_id: open.sessionId,
          started_at: iso(open.startMs),
          duration_s: (nowMs - open.startMs) / 1000,
          energy_kwh: rounded(energyKwh, 6),
        }
      : null,
  };
}

/** A session as `/api/sessions` lists it. */
export function sessionItem(
  machine: ScriptedMachine,
  { sessionId, startMs, endMs }: Cycle,
  nowMs: number,
): Item {
  const isOpen = endMs > nowMs;
  const toMs = Math.min(endMs, nowMs);
  const { standbyS, workingS, energyKwh, maxW } = sumsOf(machine, startMs, toMs);
  const seconds = (toMs - startMs) / 1000;
  const figures = {
    duration_s: seconds,
    standby_duration_s: standbyS,
    working_duration_s: workingS,
    interruption_duration_s: 0,
    energy_kwh: rounded(energyKwh, 6),
    energy_source: 'integrated',
    avg_power_w: rounded((energyKwh * 3_600_000) / Math.max(1, seconds), 3),
    max_power_w: maxW,
    message_count: Math.floor(seconds),
  };
  return {
    session_id: sessionId,
    device_id: machine.deviceId,
    machine_name: machine.name,
    state: isOpen ? 'open' : 'closed',
    started_at: iso(startMs),
    ended_at: isOpen ? null : iso(endMs),
    reason: isOpen ? null : 'normal',
    ...figures,
  };
}

function instantOf(text: string | null, otherwise: number): number {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? otherwise : ms;
}

function readings(machine: ScriptedMachine, query: URLSearchParams, nowMs: number): Item {
  const fromMs = instantOf(query.get('from'), nowMs - DAY_MS);
  const toMs = Math.min(nowMs, instantOf(query.get('to'), nowMs));
  const points = Math.min(POINTS_MAX, Number(query.get('points') ?? 1000));
  const stepMs = Math.max(1000, Math.ceil((toMs - fromMs) / points / 1000) * 1000);
  const steps = Array.from({ length: Math.max(0, Math.ceil((toMs - fromMs) / stepMs)) }, (_, i) => {
    const beginMs = fromMs + i * stepMs;
    const some = [0, 0.25, 0.5, 0.75].map((part) => powerAt(machine, beginMs + part * stepMs));
    return {
      at: iso(beginMs),
      min_w: Math.min(...some),
      max_w: Math.max(...some),
      avg_w: rounded(some.reduce((sum, w) => sum + w, 0) / some.length, 1),
      last_w: some.at(-1),
    };
  });
  return {
    device_id: machine.deviceId,
    from: iso(fromMs),
    to: iso(toMs),
    source: stepMs === 1000 ? 'readings' : 'steps',
    step_s: stepMs === 1000 ? null : stepMs / 1000,
    points: steps,
    gaps: [],
  };
}

function curves(memory: Memory, query: URLSearchParams, nowMs: number): Item {
  const points = Number(query.get('points') ?? 60);
  const stepMs = (Number(query.get('minutes') ?? 30) * MINUTE_MS) / points;
  const fromMs = Math.floor(nowMs / stepMs - points + 1) * stepMs;
  return {
    step_s: stepMs / 1000,
    from: iso(fromMs),
    curves: memory.machines().map((machine) => ({
      device_id: machine.deviceId,
      standby_threshold_w: machine.standbyW,
      working_threshold_w: machine.workingW,
      points: Array.from({ length: points }, (_, i) => powerAt(machine, fromMs + i * stepMs)),
    })),
  };
}

/** The sessions that a query asks for, newest first. */
export function foundSessions(memory: Memory, query: URLSearchParams, nowMs: number): Item[] {
  const fromMs = instantOf(query.get('from'), nowMs - DAY_MS);
  const toMs = Math.min(nowMs, instantOf(query.get('to'), nowMs));
  const [deviceId, open, reason] = ['device_id', 'open', 'reason'].map((name) => query.get(name));
  return memory
    .machines()
    .filter((machine) => !deviceId || machine.deviceId === deviceId)
    .flatMap((machine) =>
      cyclesOf(machine, Math.max(fromMs, nowMs - DAY_MS), toMs).map((cycle) =>
        sessionItem(machine, cycle, nowMs),
      ),
    )
    .filter((one) => !open || (one.state === 'open') === (open === 'true'))
    .filter((one) => !reason || one.reason === reason)
    .sort((a, b) => String(b.started_at).localeCompare(String(a.started_at)));
}

function sessions(memory: Memory, query: URLSearchParams, nowMs: number): Item {
  const found = foundSessions(memory, query, nowMs);
  const offset = Number(query.get('cursor') ?? 0);
  const end = offset + Number(query.get('limit') ?? 100);
  return { sessions: found.slice(offset, end), next_cursor: end < found.length ? String(end) : null };
}

function summary(memory: Memory, query: URLSearchParams, nowMs: number): Item {
  const found = foundSessions(memory, query, nowMs);
  const sum = (field: string) => found.reduce((total, one) => total + Number(one[field]), 0);
  return {
    sessions: found.length,
    open: found.filter(({ state }) => state === 'open').length,
    duration_s: sum('duration_s'),
    standby_duration_s: sum('standby_duration_s'),
    working_duration_s: sum('working_duration_s'),
    interruption_duration_s: 0,
    energy_kwh: rounded(sum('energy_kwh'), 6),
  };
}

/** Answers what the machines' script decides; undefined: something else has to. */
export function liveAnswer(memory: Memory, url: URL, nowMs: number): Item | undefined {
  const { pathname: path, searchParams: query } = url;
  if (path === '/api/curves') return curves(memory, query, nowMs);
  if (path === '/api/sessions') return sessions(memory, query, nowMs);
  if (path === '/api/sessions/summary') return summary(memory, query, nowMs);
  const [, id] = /^\/api\/devices\/([^/]+)\/readings$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  const machine = memory.machines().find(({ deviceId }) => deviceId === decodeURIComponent(id));
  return machine && readings(machine, query, nowMs);
}
