import { z } from 'zod';
import type { DetectorOptions } from '../model/device.ts';
import type { SessionRecord } from '../model/machine.ts';
import type { ReadingsSeries } from '../model/reading-series.ts';
import type { ReplayReport, ReplayTransition } from '../model/replay.ts';
import {
  type SessionWhy,
  sessionWhySchema,
  type WhyConfiguration,
  type WhyDeadline,
} from '../model/session-why.ts';
import { isoTime } from '../platform/clock.ts';
import type { OutboxTable } from '../store/outbox.ts';
import { LIST_ROWS_MAX, type OutboxEntry } from '../store/outbox-entries.ts';
import type { SessionsTable } from '../store/sessions.ts';
import type { Server } from './deps.ts';
import { fault, faults } from './faults.ts';
import { answered, patienceOf } from './history-answer.ts';
import type { ReadingsDeps } from './readings.ts';

export type SessionWhyDeps = Pick<ReadingsDeps, 'clock' | 'configurationOf' | 'readings' | 'replay'> & {
  sessions: Pick<SessionsTable, 'one'>;
  outbox: Pick<OutboxTable, 'list'>;
};

const POINTS_MAX = 5000;
const EVENTS_MAX = 2000;
/** What is shown before and after a session. */
const MARGIN_MS = 60_000;
/** Without a timeout of its own a device that is silent for longer leaves a gap. */
const GAP_MS_DEFAULT = 3_600_000;
/** The history is asked for no more than this at once. */
const PERIOD_MS_MAX = 400 * 86_400_000;

const secondsOrNull = (ms: number | null) => (ms === null ? null : ms / 1000);

function configurationView(options: DetectorOptions): WhyConfiguration {
  return {
    standby_threshold_w: options.standbyThresholdW,
    working_threshold_w: options.workingThresholdW,
    start_debounce_s: options.startDebounceMs / 1000,
    stop_debounce_s: options.stopDebounceMs / 1000,
    message_timeout_s: secondsOrNull(options.messageTimeoutMs),
    heartbeat_interval_s: secondsOrNull(options.heartbeatIntervalMs),
    gap_max_s: options.gapMaxMs / 1000,
    start_on: options.startOn,
    power_sign: options.powerSign,
  };
}

/** The deadlines behind `transitions`: what each start and stop waited for, and the silence that ended the session. */
export function deadlinesOf(
  transitions: readonly ReplayTransition[],
  options: DetectorOptions,
  session: SessionRecord,
): WhyDeadline[] {
  const found: WhyDeadline[] = [];
  const add = (kind: WhyDeadline['kind'], setAtMs: number, waitMs: number, outcome: WhyDeadline['outcome']) =>
    found.push({ kind, set_at: isoTime(setAtMs), due_at: isoTime(setAtMs + waitMs), outcome });
  for (const [i, { at, state }] of transitions.entries()) {
    const setAtMs = Date.parse(at);
    const next = transitions[i + 1];
    if (state === 'starting') {
      const outcome = !next ? 'open' : next.state === 'idle' ? 'withdrawn' : 'met';
      add('confirm', setAtMs, options.startDebounceMs, outcome);
    } else if (state === 'stopping') {
      // A timeout may end the session before the debounce does.
      const isMet = next?.state === 'idle' && Date.parse(next.at) >= setAtMs + options.stopDebounceMs;
      add('stop', setAtMs, options.stopDebounceMs, !next ? 'open' : isMet ? 'met' : 'withdrawn');
    }
  }
  const { reason, ended_at: endedAt } = session;
  if (reason === 'timeout' && endedAt !== null && options.messageTimeoutMs !== null) {
    const over = transitions.find(({ at, state }) => state === 'idle' && at >= endedAt);
    const dueMs = over ? Date.parse(over.at) : Date.parse(endedAt) + options.messageTimeoutMs;
    add('timeout', dueMs - options.messageTimeoutMs, options.messageTimeoutMs, 'met');
  }
  return found;
}

/** The events of a session that are still kept, oldest first. */
function eventsOf(outbox: SessionWhyDeps['outbox'], session: SessionRecord): OutboxEntry[] {
  const found: OutboxEntry[] = [];
  const filter = { deviceId: session.device_id, sessionId: session.session_id };
  while (found.length < EVENTS_MAX) {
    const last = found.at(-1);
    const page = outbox.list({ ...filter, ...(last && { beforeSeq: last.seq }) });
    found.push(...page);
    if (page.length < LIST_ROWS_MAX) break;
  }
  return found.toReversed();
}

function readingsView({ source, stepMs, points, gaps }: ReadingsSeries): SessionWhy['readings'] {
  return {
    source,
    step_s: secondsOrNull(stepMs),
    points: points.map(({ at, minW, maxW, avgW, lastW }) => ({
      at: isoTime(at),
      min_w: minW,
      max_w: maxW,
      avg_w: avgW,
      last_w: lastW,
    })),
    gaps: gaps.map(({ fromMs, toMs }) => ({ from: isoTime(fromMs), to: isoTime(toMs) })),
  };
}

function eventView(entry: OutboxEntry): SessionWhy['events'][number] {
  return {
    event_uid: entry.uid,
    type: entry.eventType,
    ts: isoTime(entry.ts),
    state: entry.state,
    attempts: entry.attempts,
    last_error: entry.lastError,
    created_at: isoTime(entry.createdAt),
    settled_at: entry.settledAt === null ? null : isoTime(entry.settledAt),
  };
}

/** What the replay made of the one session it was held against. */
function agreementOf({ changes }: ReplayReport): SessionWhy['agreement'] {
  if (!changes) return null;
  return changes.same > 0 ? 'same' : changes.changed > 0 ? 'changed' : 'missing';
}

/** What is looked at: the session and a little around it, with the silence or debounce that ended it. */
function periodOf({ started_at, ended_at }: SessionRecord, options: DetectorOptions | null, nowMs: number) {
  const waitMs = options ? options.stopDebounceMs + (options.messageTimeoutMs ?? 0) : 0;
  const endMs = ended_at === null ? nowMs : Date.parse(ended_at) + waitMs + MARGIN_MS;
  const fromMs = Math.min(Date.parse(started_at) - MARGIN_MS, nowMs - 1);
  return { fromMs, toMs: Math.max(Math.min(endMs, nowMs, fromMs + PERIOD_MS_MAX), fromMs + 1) };
}

async function whyOf(deps: SessionWhyDeps, session: SessionRecord, signal: AbortSignal): Promise<SessionWhy> {
  const nowMs = deps.clock.wallMs();
  const deviceId = session.device_id;
  const configured = deps.configurationOf(deviceId, {});
  const options = configured?.ok ? configured.options : null;
  const asked = { deviceId, ...periodOf(session, options, nowMs) };
  const gapMs = options?.messageTimeoutMs ?? options?.offlineTimeoutMs ?? GAP_MS_DEFAULT;
  const { started_at, ended_at, reason, duration_s, energy_kwh } = session;
  const live = [{ started_at, ended_at, reason, duration_s, energy_kwh }];
  const series = await deps.readings({ ...asked, pointsMax: POINTS_MAX, gapMs });
  const replayed = options
    ? await deps.replay({ ...asked, options, nowMs, live, transitions: true }, signal)
    : null;
  const transitions = replayed?.transitions ?? [];
  return {
    session,
    from: isoTime(asked.fromMs),
    to: isoTime(asked.toMs),
    configuration: options && configurationView(options),
    agreement: replayed && agreementOf(replayed),
    transitions,
    deadlines: options ? deadlinesOf(transitions, options, session) : [],
    readings: readingsView(series),
    events: eventsOf(deps.outbox, session).map(eventView),
  };
}

/** `/api/sessions/{id}/why`: everything that made a session what it is, on one time axis. */
export function sessionWhyRoute(app: Server, deps: SessionWhyDeps): void {
  app.get('/api/sessions/:id/why', {
    config: { access: 'view' },
    schema: {
      summary: 'Why a session is as it is',
      description:
        'Its readings, the changes of state and deadlines that follow from them by the configuration in force, ' +
        'and its events with what became of them.',
      tags: ['sessions'],
      params: z.object({ id: z.string() }),
      response: { 200: sessionWhySchema.meta({ id: 'SessionWhy' }), ...faults(401, 404, 429, 503) },
    },
    handler: async (request, reply) => {
      const session = deps.sessions.one(request.params.id);
      if (!session) return reply.code(404).send(fault('There is no such session'));
      const answer = await answered(whyOf(deps, session, patienceOf(reply)));
      return 'refusal' in answer ? reply.code(503).send(answer.refusal) : reply.send(answer.value);
    },
  });
}
