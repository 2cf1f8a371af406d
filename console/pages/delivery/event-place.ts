import type { EventRecord } from '../../../src/api/schemas.ts';

export const STATES = ['pending', 'parked', 'delivered'] as const satisfies EventRecord['state'][];
export type EventState = (typeof STATES)[number];
/** Where on the page: what is listed, and what is open beside the list. Empty: all machines, no event. */
export type Place = { state: EventState; machine: string; event: string };

/** The router reads digits in an address as a number. */
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

export function readPlace(search: Record<string, unknown>): Place {
  return {
    state: STATES.find((one) => one === search.state) ?? 'pending',
    machine: textOf(search.machine),
    event: textOf(search.event),
  };
}

export function searchOf({ state, machine, event }: Place): Record<string, string> {
  const fields = { state: state === 'pending' ? '' : state, machine, event };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}
