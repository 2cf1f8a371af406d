import type { HealthReport } from '../api/schemas.ts';
import type { ServiceReport } from '../model/service.ts';
import type { LinkStatus } from '../mqtt/link.ts';
import type { CourierStatus } from '../outbox/courier-mode.ts';
import { isoTime } from '../platform/clock.ts';

/** Everything health is judged by. */
export type Condition = {
  version: string;
  uptimeMs: number;
  /** null: no network broker is used. */
  link: LinkStatus | null;
  /** null: there is no embedded broker. */
  embedded: { listening: boolean } | null;
  /** Brokers besides, by id. */
  further: ReadonlyMap<string, LinkStatus>;
  service: Pick<ServiceReport, 'status' | 'reason'>;
  /** null: no Odoo is set. */
  courier: CourierStatus | null;
  canCommit: boolean;
  /** Devices of the configuration. */
  configured: number;
  /** Devices in all, and those that run as machines. */
  all: number;
  running: number;
  openSessions: number;
  pending: number;
  parked: number;
  lastConfigUpdate: number | null;
  /** What is wrong with the history; null: nothing. */
  historyProblem: string | null;
  /** What was found wrong at the start. */
  notices: readonly string[];
};

const REFUSED_SHOWN_MAX = 5;

/** Whether messages can come in: over the broker that is meant when none is named, else over any. */
export function isMqttConnected({
  link,
  embedded,
  further,
}: Pick<Condition, 'link' | 'embedded' | 'further'>): boolean {
  if (link) return link.mode === 'connected';
  return embedded?.listening ?? [...further.values()].some(({ mode }) => mode === 'connected');
}

function linkProblems(name: string, { mode, fault, refusedFilters }: LinkStatus): string[] {
  const problems: string[] = [];
  if (mode !== 'connected') {
    const why = fault ? `: ${fault.message}` : ' yet';
    problems.push(`${name} is not connected${why}.`);
  }
  if (refusedFilters.length > 0) {
    const shown = refusedFilters.slice(0, REFUSED_SHOWN_MAX).join(', ');
    const left = refusedFilters.length - REFUSED_SHOWN_MAX;
    const more = left > 0 ? ` and ${left} more` : '';
    const broker = name === 'MQTT' ? 'The broker' : name;
    problems.push(`${broker} does not let the bridge subscribe to ${shown}${more}. Check its access list.`);
  }
  return problems;
}

function mqttProblems({ link, further, service }: Condition): string[] {
  if (service.status === 'stopped') return [`The service is stopped. ${service.reason ?? ''}`.trim()];
  const others = [...further].flatMap(([id, status]) => linkProblems(`Broker ${id}`, status));
  return [...(link ? linkProblems('MQTT', link) : []), ...others];
}

function deliveryProblems({ courier, pending, parked }: Condition): string[] {
  const problems: string[] = [];
  if (courier?.odooReachable === false) {
    problems.push(`${courier.lastError ?? 'Odoo is away.'} Events wait: ${pending}.`);
  }
  if (parked > 0)
    problems.push(
      `${parked} ${parked === 1 ? 'event is' : 'events are'} parked: Odoo refused them. See /api/events?state=parked.`,
    );
  return problems;
}

/** The report of `GET /health`. */
export function healthReport(condition: Condition): HealthReport {
  const problems = [
    ...condition.notices,
    ...(condition.canCommit
      ? []
      : ['The disk does not take what is written: check the space and rights of DATA_DIR.']),
    ...mqttProblems(condition),
    ...deliveryProblems(condition),
    ...(condition.historyProblem === null ? [] : [condition.historyProblem]),
  ];
  return {
    status: problems.length === 0 ? 'ok' : 'degraded',
    version: condition.version,
    uptime_seconds: Math.floor(condition.uptimeMs / 1000),
    mqtt_connected: isMqttConnected(condition),
    odoo_reachable: condition.courier?.odooReachable ?? null,
    devices: condition.all,
    devices_configured: condition.configured,
    subscriptions: condition.running,
    active_sessions: condition.openSessions,
    events_pending: condition.pending,
    events_parked: condition.parked,
    last_config_update: condition.lastConfigUpdate === null ? null : isoTime(condition.lastConfigUpdate),
    problems,
  };
}
