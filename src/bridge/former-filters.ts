import type { Cancel } from '../platform/clock.ts';
import type { FactsTable } from '../store/facts.ts';
import type { Surroundings } from './surroundings.ts';

const WRITE_AFTER_MS = 2000;
const factOf = (brokerId: string) => `filters:${brokerId}`;

/**
 * Remembers what each broker was asked for, over the end of the process: a persistent session keeps what it was
 * subscribed to, and only who knows the names can take it back.
 */
export function createFormerFilters(facts: FactsTable, { clock, log }: Pick<Surroundings, 'clock' | 'log'>) {
  const changed = new Map<string, readonly string[]>();
  let cancel: Cancel | null = null;

  function write(): void {
    cancel?.();
    cancel = null;
    for (const [brokerId, filters] of changed) {
      try {
        facts.set(factOf(brokerId), JSON.stringify(filters));
      } catch (error) {
        log.warning('filters_not_remembered', { broker_id: brokerId, message: (error as Error).message });
      }
    }
    changed.clear();
  }

  return {
    of: (brokerId: string): readonly string[] =>
      changed.get(brokerId) ?? (JSON.parse(facts.get(factOf(brokerId)) ?? '[]') as string[]),
    remember(brokerId: string, filters: readonly string[]): void {
      changed.set(brokerId, filters);
      cancel ??= clock.after(WRITE_AFTER_MS, write);
    },
    stop: write,
  };
}
export type FormerFilters = ReturnType<typeof createFormerFilters>;
