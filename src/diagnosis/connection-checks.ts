import type { LinkStatus } from '../mqtt/link.ts';
import { type CheckOf, type Finding, NOT_APPLICABLE, OK } from './facts.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SILENT_MS = 5 * MINUTE_MS;
const CLASH = 'client_id_clash';
/** Reasons of a connection's fault that mean that the other side was not found. */
const ADDRESS_REASONS = new Set(['name_not_found', 'refused', 'unreachable', 'timed_out']);

export const service: CheckOf = ({ service: { status, reason } }) =>
  status === 'running' ? OK : { status: 'fault', case: 'stopped', parameters: { detail: reason ?? '' } };

function caseOf(reason: string): string {
  if (ADDRESS_REASONS.has(reason)) return 'address';
  return reason === 'login' || reason === 'tls' ? reason : 'other';
}

export const broker: CheckOf = ({ service: { status }, link, embedded }) => {
  if (status === 'stopped') return NOT_APPLICABLE;
  if (!link) {
    if (!embedded) return { status: 'fault', case: 'none' };
    return embedded.listening
      ? { status: 'ok', case: 'embedded' }
      : { status: 'fault', case: 'not_listening' };
  }
  if (link.mode === 'connected') return OK;
  if (!link.fault) return { status: 'warning', case: 'connecting' };
  const { reason, message } = link.fault;
  return { status: 'fault', case: caseOf(reason), parameters: { detail: message } };
};

/** Whether somebody else took the connection away within the last hour. */
const wasTaken = ({ fault, lastFault }: LinkStatus, nowMs: number) =>
  fault?.reason === CLASH || (lastFault?.reason === CLASH && lastFault.at > nowMs - HOUR_MS);

export const client_id: CheckOf = ({ link, further, nowMs }) => {
  const links = [...(link ? [['main', link] as const] : []), ...further];
  if (links.length === 0) return NOT_APPLICABLE;
  const taken = links.filter(([, status]) => wasTaken(status, nowMs));
  if (taken.length === 0) return OK;
  return {
    status: 'fault',
    case: 'clash',
    subjects: taken.map(([name]) => ({ device_id: null, name })),
  };
};

export const subscriptions: CheckOf = ({ link, further }) => {
  const links = [...(link ? [['main', link] as const] : []), ...further];
  const refused = links.flatMap(([name, { refusedFilters }]) =>
    refusedFilters.map((filter) => ({ device_id: null, name: filter, note: name })),
  );
  if (links.length === 0) return NOT_APPLICABLE;
  return refused.length === 0
    ? OK
    : { status: 'fault', case: 'refused', parameters: { number: refused.length }, subjects: refused };
};

export const further_brokers: CheckOf = ({ service: { status }, further }) => {
  if (further.size === 0 || status === 'stopped') return NOT_APPLICABLE;
  const away = [...further].filter(([, { mode }]) => mode !== 'connected');
  if (away.length === 0) return OK;
  const subjects = away.map(([name, { fault }]) => ({ device_id: null, name, note: fault?.message ?? '' }));
  return { status: 'warning', case: 'away', parameters: { number: away.length }, subjects };
};

export const messages: CheckOf = (facts): Finding => {
  const { service: state, link, embedded, nowMs, lastMessageAt, upForMs } = facts;
  const isOpen = link?.mode === 'connected' || (embedded?.listening ?? false);
  if (state.status === 'stopped' || !isOpen) return NOT_APPLICABLE;
  if (lastMessageAt !== null && lastMessageAt > nowMs - SILENT_MS) return OK;
  if (upForMs < SILENT_MS) return { status: 'not_applicable', case: 'starting' };
  if (lastMessageAt === null) return { status: 'fault', case: 'never' };
  const minutes = Math.floor((nowMs - lastMessageAt) / MINUTE_MS);
  return { status: 'warning', case: 'silent', parameters: { minutes } };
};
