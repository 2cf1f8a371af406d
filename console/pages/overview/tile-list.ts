import type { DeviceSummary } from '../../../src/model/own-device.ts';
import type { ListedMachine, ShownState } from '../../api/machines.ts';

/** From what needs a look to what does not. */
export const STATES: readonly ShownState[] = [
  'working',
  'standby',
  'starting',
  'stopping',
  'idle',
  'offline',
];
export const SORTS = ['configured', 'name', 'state', 'power'] as const;
export type Sort = (typeof SORTS)[number];

/** Where each machine stood when the order was asked for; null: as the bridge has them. */
export type Order = ReadonlyMap<string, number> | null;

export type StateCounts = Record<ShownState, number>;

export function countStates(machines: readonly ListedMachine[]): StateCounts {
  const counts: StateCounts = { working: 0, standby: 0, starting: 0, stopping: 0, idle: 0, offline: 0 };
  for (const { shown } of machines) counts[shown] += 1;
  return counts;
}

/** null: nothing was heard; what a machine drew before it went offline is not the power of now. */
export const powerNow = ({ power_w, status }: Pick<DeviceSummary, 'power_w' | 'status'>): number | null =>
  status === 'offline' ? null : power_w;

type PowerOf = (deviceId: string) => number | null;

/** The order of `machines` as they are now; it is kept, so that no tile moves while it changes. */
export function orderBy(
  sort: Sort,
  machines: readonly ListedMachine[],
  powerOf: PowerOf,
  language: string,
): Order {
  if (sort === 'configured') return null;
  const collator = new Intl.Collator(language, { numeric: true });
  const byName = (a: ListedMachine, b: ListedMachine) => collator.compare(a.machine_name, b.machine_name);
  const powers = new Map(machines.map(({ device_id: id }) => [id, powerOf(id) ?? Number.NEGATIVE_INFINITY]));
  const power = (one: ListedMachine) => powers.get(one.device_id) as number;
  const compare: Record<Exclude<Sort, 'configured'>, typeof byName> = {
    name: byName,
    state: (a, b) => STATES.indexOf(a.shown) - STATES.indexOf(b.shown) || byName(a, b),
    // Two without a power differ by NaN.
    power: (a, b) => power(b) - power(a) || byName(a, b),
  };
  return new Map([...machines].sort(compare[sort]).map(({ device_id }, i) => [device_id, i]));
}

/** `machines` in that order; those that came later at the end. */
export function inOrder(machines: readonly ListedMachine[], order: Order): readonly ListedMachine[] {
  if (!order) return machines;
  const place = ({ device_id }: ListedMachine) => order.get(device_id) ?? order.size;
  return [...machines].sort((a, b) => place(a) - place(b));
}
