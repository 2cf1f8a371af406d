import { z } from 'zod';
import { deviceConfigSchema } from '../model/device.ts';
import { machineSchema, sessionSchema } from '../model/machine.ts';
import { deviceSummarySchema } from '../model/own-device.ts';

const time = z.iso.datetime({ precision: 3 });

const finding = z.object({
  path: z.string().describe('Where, as in devices[3].session_config.working_threshold_w; empty: the whole'),
  message: z.string(),
});

/** The body of every fault. */
export const faultSchema = z
  .object({ status: z.literal('error'), message: z.string(), errors: z.array(finding) })
  .meta({ id: 'Fault' });
export type FaultBody = z.infer<typeof faultSchema>;

/** `GET /health`. */
export const healthSchema = z
  .object({
    status: z.enum(['ok', 'degraded']),
    version: z.string(),
    uptime_seconds: z.number().min(0),
    mqtt_connected: z.boolean(),
    odoo_reachable: z.boolean().nullable().describe('null: no Odoo is set, or it was not asked yet'),
    devices: z.int().min(0),
    devices_configured: z.int().min(0),
    subscriptions: z.int().min(0),
    active_sessions: z.int().min(0),
    events_pending: z.int().min(0),
    events_parked: z.int().min(0),
    last_config_update: time.nullable(),
    problems: z.array(z.string()).describe('One plain sentence for each thing that is degraded'),
  })
  .meta({ id: 'Health' });
export type HealthReport = z.infer<typeof healthSchema>;

export const readySchema = z.object({ status: z.literal('ready') });

/** What `POST /config` takes and `GET /config` answers. */
export const configurationSchema = z.object({
  devices: z.array(deviceConfigSchema),
  timestamp: z.string().optional(),
  version: z.string().optional(),
});

/** The answer to an applied configuration. */
export const appliedSchema = z.object({
  status: z.literal('success'),
  message: z.literal('Configuration applied'),
  devices_configured: z.int().min(0),
  timestamp: time,
  added: z.array(z.string()),
  updated: z.array(z.string()),
  removed: z.array(z.string()),
  warnings: z.array(finding),
});

/** Whole numbers of a query string. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

export const LIMIT_DEFAULT = 100;
export const LIMIT_MAX = 500;
export const limit = whole(1, LIMIT_MAX)
  .optional()
  .describe(`1 to ${LIMIT_MAX}; ${LIMIT_DEFAULT} when left out`);
const deviceId = z.string().min(1).max(128);

const MACHINE_STATES = machineSchema.shape.state.options;
export const deviceSummary = deviceSummarySchema.meta({ id: 'Device' });
export const machinesQuery = z.object({
  state: z.enum(MACHINE_STATES).optional(),
  search: z.string().max(256).optional().describe('Part of the name or the id; case does not matter'),
  limit,
  offset: whole(0, 1_000_000).optional(),
});
export const machinesPage = z.object({
  devices: z.array(deviceSummary),
  total: z.int().describe('Machines that match'),
  limit: z.int(),
  offset: z.int(),
});
export const machineParams = z.object({ id: z.string() });

/** A time of a query string, as ms since the epoch. */
export const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'must be a time such as 2026-01-31T10:30:00Z, or a date (midnight UTC)',
  })
  .transform((text) => Date.parse(text));

const period = {
  device_id: deviceId.optional(),
  from: instant.optional().describe('Sessions that were open at or after this time'),
  to: instant.optional().describe('Sessions that began before this time'),
  open: z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .optional(),
  reason: sessionSchema.shape.reason.unwrap().optional().describe('Why they ended; open ones have no reason'),
};
export const periodFault = { path: ['to'], message: 'must be later than from' };
export const ordered = (q: { from?: number | undefined; to?: number | undefined }) =>
  q.from === undefined || q.to === undefined || q.from < q.to;

export const session = sessionSchema.meta({ id: 'Session' });
export const sessionsQuery = z
  .object({
    ...period,
    limit,
    cursor: z.string().max(512).optional().describe('next_cursor of the page before'),
  })
  .refine(ordered, periodFault);
export const sessionsPage = z.object({
  sessions: z.array(session),
  next_cursor: z.string().nullable().describe('null: this was the last page'),
});
export const sessionsSummaryQuery = z.object(period).refine(ordered, periodFault);
export const sessionsSummary = z
  .object({
    sessions: z.int().describe('All that match'),
    open: z.int().describe('Those of them that have not ended'),
    duration_s: z.number(),
    standby_duration_s: z.number(),
    working_duration_s: z.number(),
    interruption_duration_s: z.number(),
    energy_kwh: z.number(),
  })
  .meta({ id: 'SessionSums' });
export type SessionsFilter = z.infer<typeof sessionsSummaryQuery>;
export type SessionsSummary = z.infer<typeof sessionsSummary>;
export const sessionsCsvQuery = z
  .object({
    ...period,
    time_zone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'is not a time zone; use an IANA name such as Europe/Berlin')
      .default('UTC'),
  })
  .refine(ordered, periodFault);

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const eventState = z.enum(['pending', 'parked', 'delivered']);
export const event = z
  .object({
    seq: z.int().describe('Order of writing'),
    event_uid: z.string(),
    device_id: z.string(),
    event_type: z.string(),
    ts: time,
    state: eventState,
    attempts: z.int(),
    refusals: z.int(),
    next_attempt_at: time.nullable(),
    last_error: z.string().nullable(),
    created_at: time,
    settled_at: time.nullable().describe('When it was delivered or parked'),
    body: z.unknown().describe('What Odoo is sent'),
  })
  .meta({ id: 'Event' });
export type EventRecord = z.infer<typeof event>;
export const eventsQuery = z.object({
  state: eventState.optional(),
  device_id: deviceId.optional(),
  before: whole(1, Number.MAX_SAFE_INTEGER).optional().describe('next_before of the page before'),
  limit,
});
export const eventsPage = z.object({
  events: z.array(event),
  next_before: z.int().nullable().describe('null: this was the last page'),
});
export const eventParams = z.object({ uid: z.string() });
export const retryAnswer = z.object({
  status: z.literal('success'),
  message: z.string(),
  events: z.int().describe('How many events wait again'),
});

export const loginBody = z.object({ token: z.string().min(1).max(1024) });
export const loginAnswer = z.object({
  status: z.literal('success'),
  message: z.string(),
  role: z.enum(['full', 'view']),
});
export const logoutAnswer = z.object({ status: z.literal('success'), message: z.string() });
