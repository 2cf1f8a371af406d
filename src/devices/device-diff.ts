import { isDeepStrictEqual } from 'node:util';

/** What changed from one set to the next, by id; unchanged entries are in none of the lists. */
export type Diff<T> = { added: T[]; updated: { before: T; after: T }[]; removed: T[] };

/** Compares two sets by value. The order within a set does not matter. */
export function diffOf<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Diff<T> {
  const diff: Diff<T> = { added: [], updated: [], removed: [] };
  for (const [id, entry] of after) {
    const known = before.get(id);
    if (known === undefined) diff.added.push(entry);
    else if (!isDeepStrictEqual(known, entry)) diff.updated.push({ before: known, after: entry });
  }
  for (const [id, entry] of before) if (!after.has(id)) diff.removed.push(entry);
  return diff;
}
