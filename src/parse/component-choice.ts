import type { ParserDevice } from '../model/device.ts';

/**
 * Which component of a physical device is the machine: `switch:0` when topic or channel tell all of it, a
 * number when only that is known, null when nothing was said.
 */
export type Wanted = string | number | null;

/** More metered components than this are not remembered. */
const METERED_MAX = 16;

/**
 * Joins what the topic names with the channel of the configuration; the channel's number wins.
 * @param named the component that the configured topic names, such as `switch:0`, or null
 */
export function wantedOf(named: string | null, channel: ParserDevice['channel']): Wanted {
  if (typeof channel !== 'number') return named;
  return named === null ? channel : `${named.slice(0, named.indexOf(':'))}:${channel}`;
}

/**
 * Whether `component` is the wanted one. Where nothing was said it is the only metered one, else number 0;
 * of two with one number the metered one.
 * @param metered the components that are known to measure power
 */
export function isChosen(component: string, wanted: Wanted, metered: readonly string[]): boolean {
  if (typeof wanted === 'string') return component === wanted;
  if (wanted === null && metered.length === 1) return component === metered[0];
  const ending = `:${wanted ?? 0}`;
  const chosen = metered.find((name) => name.endsWith(ending));
  return chosen === undefined ? component.endsWith(ending) : component === chosen;
}

/** `metered` with `component` in it; the same array when nothing is new. */
export function withMetered(metered: readonly string[], component: string): readonly string[] {
  if (metered.includes(component) || metered.length >= METERED_MAX) return metered;
  return [...metered, component];
}
