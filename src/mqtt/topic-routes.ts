import { topicMatches } from '../model/topic.ts';

/** Topics whose targets are remembered, so that a wildcard is searched once per topic. */
const REMEMBERED_TOPICS_MAX = 100_000;

const isWildcard = (filter: string) => filter.includes('#') || filter.includes('+');

/** Finds whom a topic concerns: exact filters by a map, wildcards by a search that is remembered. */
export class TopicRoutes<Target> {
  readonly #exact = new Map<string, Target[]>();
  readonly #wildcards: { filter: string; target: Target }[] = [];
  readonly #remembered = new Map<string, readonly Target[]>();

  /** A target that is added by several matching filters is still given once. */
  add(filter: string, target: Target): void {
    this.#remembered.clear();
    if (isWildcard(filter)) {
      this.#wildcards.push({ filter, target });
      return;
    }
    const targets = this.#exact.get(filter);
    if (!targets) this.#exact.set(filter, [target]);
    else if (!targets.includes(target)) targets.push(target);
  }

  match(topic: string): readonly Target[] {
    const exact = this.#exact.get(topic);
    if (this.#wildcards.length === 0) return exact ?? [];
    const known = this.#remembered.get(topic);
    if (known) return known;
    const targets = new Set(exact);
    for (const { filter, target } of this.#wildcards) {
      if (!targets.has(target) && topicMatches(filter, topic)) targets.add(target);
    }
    const found = [...targets];
    if (this.#remembered.size >= REMEMBERED_TOPICS_MAX) this.#remembered.clear();
    this.#remembered.set(topic, found);
    return found;
  }
}

/** Whether every topic that matches `inner` also matches `outer`. */
export function filterCovers(outer: string, inner: string): boolean {
  const wide = outer.split('/');
  const narrow = inner.split('/');
  if (inner.startsWith('$') && (wide[0] === '#' || wide[0] === '+')) return false;
  for (const [i, level] of wide.entries()) {
    if (level === '#') return true;
    const other = narrow[i];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return wide.length === narrow.length;
}

/** The smallest part of `filters` that hears the same topics, so that a message comes once. */
export function coveringFilters(filters: Iterable<string>): Set<string> {
  const all = new Set(filters);
  const wildcards = [...all].filter(isWildcard);
  for (const filter of all) {
    if (wildcards.some((wide) => wide !== filter && all.has(wide) && filterCovers(wide, filter)))
      all.delete(filter);
  }
  return all;
}
