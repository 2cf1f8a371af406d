import type { SessionRecord } from '../../../src/model/machine.ts';
import { type OwnDays, PERIODS, type PeriodName, type Span, spanOf } from './periods.ts';

export const REASONS = [
  'normal',
  'timeout',
  'gap',
  'device_removed',
] as const satisfies SessionRecord['reason'][];
export const STATES = ['open', 'closed'] as const satisfies SessionRecord['state'][];
export const PERIOD_DEFAULT: PeriodName = 'week';

/** What is asked for; empty: everything. */
export type SessionFilter = {
  machine: string;
  period: PeriodName;
  own: OwnDays;
  state: SessionRecord['state'] | '';
  reason: (typeof REASONS)[number] | '';
};

/** A filter as the API is asked, times in ms since the epoch. */
export type SessionQuery = Span & { device_id?: string; open?: boolean; reason?: (typeof REASONS)[number] };

/** The word if it is one of `words`. */
function oneOf<T extends string>(words: readonly T[], word: unknown): T | undefined {
  return words.find((one) => one === word);
}

/** The router reads digits in an address as a number. */
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** Reads a filter from the address; what makes no sense there is not filtered by. */
export function readFilter(search: Record<string, unknown>): SessionFilter {
  return {
    machine: textOf(search.machine),
    period: oneOf(PERIODS, search.period) ?? PERIOD_DEFAULT,
    own: { from: textOf(search.from), to: textOf(search.to) },
    state: oneOf(STATES, search.state) ?? '',
    reason: oneOf(REASONS, search.reason) ?? '',
  };
}

/** A filter for the address, so that it can be linked to and survives a reload. */
export function searchOf({ machine, period, own, state, reason }: SessionFilter): Record<string, string> {
  const fields = {
    machine,
    period: period === PERIOD_DEFAULT ? '' : period,
    from: period === 'own' ? own.from : '',
    to: period === 'own' ? own.to : '',
    state,
    reason,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

export function queryOf({ machine, period, own, state, reason }: SessionFilter, now: Date): SessionQuery {
  return {
    ...spanOf(period, own, now),
    ...(machine !== '' && { device_id: machine }),
    ...(state !== '' && { open: state === 'open' }),
    ...(reason !== '' && { reason }),
  };
}

/** The fields of a query string. */
export function fieldsOf({ from, to, ...rest }: SessionQuery): Record<string, string | boolean | undefined> {
  const text = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return { ...rest, from: text(from), to: text(to) };
}

/** Whether the API would list `session`, so that a new one is counted only where it belongs. */
export function matches(
  session: SessionRecord,
  { from, to, device_id, open, reason }: SessionQuery,
): boolean {
  const { started_at, ended_at } = session;
  return (
    (device_id === undefined || session.device_id === device_id) &&
    (open === undefined || open === (ended_at === null)) &&
    (reason === undefined || session.reason === reason) &&
    (from === undefined || ended_at === null || Date.parse(ended_at) >= from) &&
    (to === undefined || Date.parse(started_at) < to)
  );
}
