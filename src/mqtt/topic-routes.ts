import { FilterTree } from './filter-tree.ts';

/** Topics whose targets are remembered, so that wildcards are searched once per topic. */
const REMEMBERED_TOPICS_MAX = 100_000;

export const isWildcard = (filter: string): boolean => filter.includes('#') || filter.includes('+');

/** Finds whom a topic concerns: exact filters by a map, wildcards by a search that is remembered. */
export class TopicRoutes<Target> {
  readonly #exact = new Map<string, Target[]>();
  readonly #wildcards = new FilterTree<Target>();
  readonly #remembered = new Map<string, readonly Target[]>();
  #hasWildcards = false;

  /** A target that is added by several matching filters is still given once. */
  add(filter: string, target: Target): void {
    this.#remembered.clear();
    if (isWildcard(filter)) {
      this.#hasWildcards = true;
      this.#wildcards.add(filter, target);
      return;
    }
    const targets = this.#exact.get(filter);
    if (!targets) this.#exact.set(filter, [target]);
    else if (!targets.includes(target)) targets.push(target);
  }

  match(topic: string): readonly Target[] {
    const exact = this.#exact.get(topic);
    if (!this.#hasWildcards) return exact ?? [];
    const known = this.#remembered.get(topic);
    if (known) return known;
    const found = [...new Set([...(exact ?? []), ...this.#wildcards.overlapping(topic)])];
    if (this.#remembered.size >= REMEMBERED_TOPICS_MAX) this.#remembered.clear();
    this.#remembered.set(topic, found);
    return found;
  }
}
