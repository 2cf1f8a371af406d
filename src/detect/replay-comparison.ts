import type { ChangeCounts, ComparableSession } from '../model/replay.ts';

/** Meters round to the watt-hour; less is no difference. */
const ENERGY_TOLERANCE_KWH = 0.001;

/** What became of each session; lists as they were given, oldest first. */
export type Comparison<F extends ComparableSession, S extends ComparableSession> = {
  counts: ChangeCounts;
  /** For each session of `after`: what it is, and which one it was. */
  changes: { change: 'same' | 'changed' | 'new'; session: S; former: F | null }[];
  lost: F[];
};

function isSame(a: ComparableSession, b: ComparableSession): boolean {
  if (a.started_at !== b.started_at || a.ended_at !== b.ended_at || a.reason !== b.reason) return false;
  // How far the figures of an open session are told depends on when one asks.
  if (a.ended_at === null || a.energy_kwh === null || b.energy_kwh === null) return true;
  // The last bit of a difference of floating point numbers is no energy.
  return Math.abs(a.energy_kwh - b.energy_kwh) <= ENERGY_TOLERANCE_KWH + 1e-9;
}

type Span = { from: number; to: number };

function spanOf({ started_at, ended_at }: ComparableSession): Span {
  return {
    from: Date.parse(started_at),
    to: ended_at === null ? Number.POSITIVE_INFINITY : Date.parse(ended_at),
  };
}

/** How well `a` and `b` are the same session: by their common time, the same beginning first; null: not at all. */
function likeness(a: Span, b: Span): number | null {
  if (a.from === b.from) return Number.POSITIVE_INFINITY;
  const commonMs = Math.min(a.to, b.to) - Math.max(a.from, b.from);
  return commonMs > 0 ? commonMs : null;
}

/** Every pair of sessions that have time in common, the most alike first. */
function pairsOf(before: readonly Span[], after: readonly Span[]): { b: number; a: number }[] {
  const pairs: { b: number; a: number; likeness: number }[] = [];
  let first = 0;
  for (const [a, span] of after.entries()) {
    while (first < before.length && (before[first] as Span).to < span.from) first++;
    for (let b = first; b < before.length; b++) {
      const other = before[b] as Span;
      if (other.from > span.to) break;
      const alike = likeness(other, span);
      if (alike !== null) pairs.push({ b, a, likeness: alike });
    }
  }
  return pairs.sort((x, y) => (x.likeness === y.likeness ? x.a - y.a : y.likeness - x.likeness));
}

/**
 * Holds the sessions of a replay against those there were. Each is paired with at most one other: where one session
 * becomes two, the longer part is `changed` and the other `new`; where two become one, the shorter is `lost`.
 * @param before oldest first, none overlapping another; so is `after`
 */
export function compareSessions<F extends ComparableSession, S extends ComparableSession>(
  before: readonly F[],
  after: readonly S[],
): Comparison<F, S> {
  const formerOf = new Map<number, number>();
  const taken = new Set<number>();
  for (const { b, a } of pairsOf(before.map(spanOf), after.map(spanOf))) {
    if (formerOf.has(a) || taken.has(b)) continue;
    formerOf.set(a, b);
    taken.add(b);
  }
  const counts: ChangeCounts = { same: 0, changed: 0, new: 0, lost: 0 };
  const changes = after.map((session, a) => {
    const b = formerOf.get(a);
    const former = (b === undefined ? undefined : before[b]) ?? null;
    const change = former === null ? 'new' : isSame(former, session) ? 'same' : 'changed';
    counts[change]++;
    return { change, session, former } as const;
  });
  const lost = before.filter((_, b) => !taken.has(b));
  counts.lost = lost.length;
  return { counts, changes, lost };
}
