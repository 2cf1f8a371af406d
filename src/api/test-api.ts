import type { ApplyResult } from '../devices/configuration.ts';
import { createTemplates } from '../devices/templates.ts';
import { createStage } from '../messages/stage.ts';
import type { Configuration } from '../model/device.ts';
import type { BridgeEvent } from '../model/event.ts';
import type { LiveItem } from '../model/live.ts';
import type { DeviceSummary } from '../model/own-device.ts';
import type { ServiceReport } from '../model/service.ts';
import { Feed } from '../platform/feed.ts';
import { type Log, logTo } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { type Database, openMemoryDatabase } from '../store/database.ts';
import { outboxTable } from '../store/outbox.ts';
import { sessionsTable } from '../store/sessions.ts';
import { templatesTable } from '../store/templates.ts';
import { createApi } from './api.ts';
import type { ApiDeps, HttpOptions } from './deps.ts';
import type { HealthReport } from './schemas.ts';

export const FULL_TOKEN = 'full-token-0f6c2a9e8b7d4c31';
export const VIEW_TOKEN = 'view-token-5a1d3e7c9b204f86';
export const TOKEN_HINT = 'The token is in the file api-token.';

/** A UUID that ends in `n`. */
export function uuid(n: number): string {
  return `0192f0c1-0000-5000-8000-${String(n).padStart(12, '0')}`;
}

/** The end of a session of `durationS` seconds. */
export function stopped(
  n: number,
  startedAt: number,
  more: { deviceId?: string; name?: string; durationS?: number } = {},
) {
  const { deviceId = 'mill', name = 'Mill', durationS = 60 } = more;
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    schema_version: 'v1',
    event_uid: uuid(n),
    event_type: 'session_stopped',
    device_id: deviceId,
    ts: iso(startedAt + durationS * 1000),
    payload: {
      session_id: uuid(n),
      machine_name: name,
      started_at: iso(startedAt),
      ended_at: iso(startedAt + durationS * 1000),
      duration_s: durationS,
      standby_duration_s: 0,
      working_duration_s: durationS,
      interruption_duration_s: 0,
      energy_kwh: 0.125,
      energy_source: 'counter',
      message_count: 61,
      power_w: 0,
      avg_power_w: 100,
      max_power_w: 120,
      reason: 'normal',
    },
  } satisfies BridgeEvent;
}

/** A machine that stands still. */
export function machine(id: string, name: string, state: DeviceSummary['state'] = 'idle'): DeviceSummary {
  return {
    device_id: id,
    machine_name: name,
    family: 'generic',
    state,
    state_since: null,
    power_w: null,
    status: 'unknown',
    last_message_at: null,
    session: null,
    late_messages: 0,
    last_problem: null,
    source: 'managed',
    returns_to: null,
    enabled: true,
    approval: 'approved',
    running: true,
  };
}

const HEALTH: HealthReport = {
  status: 'ok',
  version: '1.2.3',
  uptime_seconds: 1,
  mqtt_connected: true,
  odoo_reachable: null,
  devices: 0,
  devices_configured: 0,
  subscriptions: 0,
  active_sessions: 0,
  events_pending: 0,
  events_parked: 0,
  last_config_update: null,
  problems: [],
};

const SERVICE: ServiceReport = {
  status: 'running',
  connection: 'disconnected',
  since: '2026-01-31T10:00:00.000Z',
  started_at: '2026-01-31T10:00:00.000Z',
  stopped_at: null,
  reason: null,
  persisted: false,
  brokers: [],
};

const NOTHING_MORE = {
  configuration: {},
  warnings: [],
  overrides: [],
  topics: [],
  template_id: null,
  device_key: null,
  token: null,
};

/** A bridge without messages, flows and readings. */
function nothingHeard() {
  const { brokers, subscriptions, publisher, savedMessages } = createStage({ main: null, embedded: false });
  const done = async () => ({ ok: true as const });
  const discovery = { list: () => ({ found: [], total: 0 }), dismiss: () => false };
  return {
    brokers,
    subscriptions,
    publisher,
    savedMessages,
    testConnection: async () => ({
      ok: true as const,
      protocolVersion: 5 as const,
      latencyMs: 1,
      certificate: null,
    }),
    history: {
      messages: async () => ({ messages: [], nextBefore: null }),
      topics: async () => ({ topics: [], nextAfter: null }),
    },
    service: {
      report: () => SERVICE,
      start: done,
      stop: done,
      restart: done,
    },
    deviceRequests: { ask: async () => ({ status: 'unknown' as const }) },
    flows: {
      list: () => [],
      one: () => null,
      create: () => ({ status: 'full' as const }),
      update: () => null,
      remove: () => false,
      test: async () => null,
    },
    discovery,
    scans: { list: () => [], start: async () => ({ status: 'unknown' as const }) },
    feed: new Feed<LiveItem>((error) => {
      throw error;
    }),
    curves: async () => [],
    delivery: { status: () => null, answers: () => [] },
    diagnosis: async () => ({ at: SERVICE.since, checks: [] }),
    embeddedAddress: () => null,
    recentLog: { read: () => ({ lines: [], more: false }) },
    configurationHistory: {
      list: () => [],
      one: () => null,
      current: () => ({ devices: [] }),
      digest: () => null,
      restore: async () => ({ status: 'failed' as const, reason: 'disk full' }),
    },
    configurationOf: () => null,
    readings: async () => ({ source: 'readings' as const, stepMs: null, points: [], gaps: [] }),
    replay: () => Promise.reject(new Error('there are no readings')),
    suggestion: () => Promise.reject(new Error('there are no readings')),
  };
}

/** A bridge that knows no device and takes none. */
function noDevices(database: Database, clock: ManualClock) {
  return {
    administration: {
      create: () => ({ status: 'full' as const }),
      patch: () => ({ status: 'unknown' as const }),
      remove: () => 'unknown' as const,
      copyToken: () => null,
      rotateToken: () => null,
      attributes: () => null,
      pastAttributes: () => null,
      setAttributes: () => ({ status: 'unknown' as const }),
      waiting: () => [],
      decide: () => false,
    },
    templates: createTemplates({ table: templatesTable(database), clock }),
    templateProblems: () => [],
    provisionedUnder: () => 0,
    provisioning: {
      answer: () => ({ status: 'FAILURE' as const, error: 'INVALID_KEY' as const, errorMsg: 'not accepted' }),
    },
    clients: () => [],
    hooks: null,
  };
}

/**
 * The HTTP side over a database in memory; what stands around it can be set.
 * @param more in place of a bridge without devices
 */
export function createTestApi(http: Partial<HttpOptions> = {}, more: Partial<ApiDeps> = {}) {
  const database = openMemoryDatabase();
  const clock = new ManualClock();
  const lines: string[] = [];
  const log: Log = logTo({ write: (line) => lines.push(line) }, 'DEBUG');
  const around = {
    ready: true,
    machines: [] as DeviceSummary[],
    configuration: { devices: [] } as Configuration,
    push: { status: 'failed', reason: 'disk full' } as ApplyResult,
    pushed: [] as unknown[],
    woken: [] as string[],
  };
  const sessions = sessionsTable(database);
  const outbox = outboxTable(database);
  const deps: ApiDeps = {
    clock,
    log,
    metrics: createMetrics(),
    version: '1.2.3',
    http: {
      host: '127.0.0.1',
      port: 0,
      apiToken: FULL_TOKEN,
      viewToken: VIEW_TOKEN,
      auth: 'token',
      metricsAuth: 'off',
      bodyBytesMax: 10_485_760,
      loopbackOnly: false,
      tokenHint: TOKEN_HINT,
      ...http,
    },
    health: () => HEALTH,
    ready: () => around.ready,
    devices: {
      apply: async (input) => {
        around.pushed.push(input);
        return around.push;
      },
      current: () => around.configuration,
    },
    ...nothingHeard(),
    ...noDevices(database, clock),
    machines: () => around.machines,
    device: (deviceId) => {
      const found = around.machines.find(({ device_id }) => device_id === deviceId);
      return found ? { ...found, ...NOTHING_MORE } : null;
    },
    sessions,
    outbox,
    wake: (lanes) => around.woken.push(...lanes),
    ...more,
  };
  return { ...createApi(deps), deps, around, clock, lines, sessions, outbox, database };
}

/** Puts an event into the outbox; `state` is where it ends up. @returns its uid */
export function addEvent(
  { outbox, clock }: Pick<ReturnType<typeof createTestApi>, 'outbox' | 'clock'>,
  n: number,
  state: 'pending' | 'parked' | 'delivered',
): string {
  const body = Buffer.from(JSON.stringify({ event_uid: uuid(n) }));
  const row = {
    uid: uuid(n),
    deviceId: 'mill',
    sessionId: null,
    eventType: 'session_stopped',
    ts: clock.wallMs(),
    body,
  };
  outbox.append([row], clock.wallMs());
  const seq = outbox.one(row.uid)?.seq ?? 0;
  if (state === 'parked')
    outbox.settle([{ seq, outcome: 'parked', reason: 'no such machine' }], clock.wallMs());
  if (state === 'delivered') outbox.settle([{ seq, outcome: 'delivered' }], clock.wallMs());
  return row.uid;
}
