import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import type { History } from '../history/history.ts';
import { HistoryError } from '../history/history-error.ts';
import type { Device } from '../model/device.ts';
import type { Diagnosis } from '../model/diagnosis.ts';
import type { DeviceSummary } from '../model/own-device.ts';
import { topicMatches } from '../model/topic.ts';
import { parserFor } from '../parse/index.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { SessionsTable } from '../store/sessions.ts';
import { diagnose } from './diagnose.ts';
import type { DiagnosedMachine, DiagnosisFacts } from './facts.ts';
import { LATELY_DAYS } from './machine-checks.ts';

const DAY_MS = 86_400_000;
/** What was drawn only lately may still become a session. */
const LATELY_DRAWN_MS = 3_600_000;
const SESSIONS_LOOKED_AT = 100;
/** The power of so many machines without a session is looked up; each asks the history once. */
const POWERS_LOOKED_UP = 50;
const POWER_POINTS = 100;
const TOPICS_LOOKED_AT = 500;

/** Where the diagnosis learns what it judges. */
export type DiagnosisSources = {
  clock: Pick<Clock, 'wallMs' | 'steadyMs'>;
  dataDir: string;
  service(): DiagnosisFacts['service'];
  reception(): Pick<DiagnosisFacts, 'link' | 'embedded' | 'further'>;
  courier(): DiagnosisFacts['courier'];
  counts(): { pending: number; parked: number };
  devices(): readonly DeviceSummary[];
  /** A device as it runs; null: it does not. */
  running(deviceId: string): Device | null;
  canCommit(): boolean;
  sessions: Pick<SessionsTable, 'list'>;
  history: Pick<History, 'messages' | 'topics' | 'readings'>;
  /** Topics of meters that nobody has configured. */
  discoveredTopics(): readonly string[];
  metrics: Pick<Metrics, 'historyRestarts' | 'historyDropped'>;
};

/** `answer`, or `without` when the history has none just now. */
async function orElse<T>(answer: Promise<T>, without: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof HistoryError) return without;
    throw error;
  }
}

function machineOf(
  sources: DiagnosisSources,
  summary: DeviceSummary,
  fromMs: number,
): DiagnosedMachine | null {
  const device = sources.running(summary.device_id);
  if (!device) return null;
  const filter = { deviceId: summary.device_id, fromMs };
  const sessions = sources.sessions.list(filter, SESSIONS_LOOKED_AT);
  const open = sessions.find(({ state }) => state === 'open');
  return {
    summary,
    device,
    reportIntervalMs: parserFor(device.parserType, device.parser.mqttTopic)?.reportIntervalMs ?? null,
    lately: {
      sessions: sessions.length,
      timeouts: sessions.filter(({ reason }) => reason === 'timeout').length,
      openSince: open ? Date.parse(open.started_at) : null,
    },
    highestW: null,
  };
}

/** The highest power of a device since `fromMs`; null: none was heard. */
async function highestOf({ history }: DiagnosisSources, deviceId: string, fromMs: number, toMs: number) {
  const query = { deviceId, fromMs, toMs, pointsMax: POWER_POINTS, gapMs: DAY_MS };
  const series = await orElse(history.readings(query), null);
  const highest = series?.points.reduce((most, { maxW }) => Math.max(most, maxW), 0);
  return series && series.points.length > 0 ? (highest ?? null) : null;
}

async function machinesOf(sources: DiagnosisSources, nowMs: number): Promise<DiagnosedMachine[]> {
  const fromMs = nowMs - LATELY_DAYS * DAY_MS;
  const machines = sources
    .devices()
    .map((summary) => machineOf(sources, summary, fromMs))
    .filter((machine) => machine !== null);
  const idle = machines.filter(
    ({ lately, summary }) => lately.sessions === 0 && summary.last_message_at !== null,
  );
  for (const machine of idle.slice(0, POWERS_LOOKED_UP)) {
    machine.highestW = await highestOf(sources, machine.summary.device_id, fromMs, nowMs - LATELY_DRAWN_MS);
  }
  return machines;
}

/** Topics that nobody listens to as a machine: one of them may be the right one of a silent device. */
async function strayTopics(
  sources: DiagnosisSources,
  machines: readonly DiagnosedMachine[],
): Promise<string[]> {
  const isSilent = machines.some(({ summary }) => summary.last_message_at === null);
  if (!isSilent) return [];
  const kept = await orElse(sources.history.topics({ limit: TOPICS_LOOKED_AT }), {
    topics: [],
    nextAfter: null,
  });
  const topics = new Set([...sources.discoveredTopics(), ...kept.topics.map(({ topic }) => topic)]);
  const filters = machines.map(({ device }) => device.parser.mqttTopic);
  return [...topics].filter((topic) => !filters.some((filter) => topicMatches(filter, topic)));
}

async function lastMessageAt({ history }: DiagnosisSources, machines: readonly DiagnosedMachine[]) {
  const page = await orElse(history.messages({ direction: 'in', limit: 1 }), {
    messages: [],
    nextBefore: null,
  });
  const heard = machines.map(({ summary }) => summary.last_message_at).filter((at) => at !== null);
  const newest = Math.max(0, page.messages[0]?.at ?? 0, ...heard.map((at) => Date.parse(at)));
  return newest > 0 ? newest : null;
}

async function diskOf(dataDir: string): Promise<Pick<DiagnosisFacts, 'freeBytes' | 'isWritable'>> {
  const [space, right] = await Promise.allSettled([statfs(dataDir), access(dataDir, constants.W_OK)]);
  return {
    freeBytes: space.status === 'fulfilled' ? space.value.bavail * space.value.bsize : null,
    isWritable: right.status === 'fulfilled',
  };
}

const totalOf = async (counter: Metrics['historyRestarts']) => (await counter.get()).values[0]?.value ?? 0;

async function factsOf(sources: DiagnosisSources, startedAtMs: number): Promise<DiagnosisFacts> {
  const { clock, metrics, dataDir } = sources;
  const nowMs = clock.wallMs();
  const machines = await machinesOf(sources, nowMs);
  const newest = sources.sessions.list({}, 1)[0];
  return {
    nowMs,
    upForMs: clock.steadyMs() - startedAtMs,
    clockSteppedMs: nowMs - clock.steadyMs(),
    service: sources.service(),
    ...sources.reception(),
    courier: sources.courier(),
    ...sources.counts(),
    lastMessageAt: await lastMessageAt(sources, machines),
    newestRecordAt: newest ? Date.parse(newest.started_at) : null,
    devices: sources.devices().length,
    machines,
    strayTopics: await strayTopics(sources, machines),
    ...(await diskOf(dataDir)),
    canCommit: sources.canCommit(),
    dataDir,
    historyRestarts: await totalOf(metrics.historyRestarts),
    historyDropped: await totalOf(metrics.historyDropped),
  };
}

/** Looks for the common faults. Who asks while it looks gets the same answer. */
export function createDiagnosis(sources: DiagnosisSources): () => Promise<Diagnosis> {
  const startedAtMs = sources.clock.steadyMs();
  let running: Promise<Diagnosis> | null = null;
  async function run(): Promise<Diagnosis> {
    const facts = await factsOf(sources, startedAtMs);
    return { at: isoTime(facts.nowMs), checks: diagnose(facts) };
  }
  return () => {
    running ??= run().finally(() => {
      running = null;
    });
    return running;
  };
}
