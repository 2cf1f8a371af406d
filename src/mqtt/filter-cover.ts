import type { WantedSubscription } from '../model/subscription.ts';
import { FilterTree } from './filter-tree.ts';
import { isWildcard } from './topic-routes.ts';

/** A filter as the broker is asked for it. */
export type MadeFilter = {
  filter: string;
  qos: 0 | 1 | 2;
  noLocal: boolean;
  retainAsPublished: boolean;
  retainHandling: 0 | 1 | 2;
  /** By which the broker marks what it brings; null: it does not. */
  identifier: number | null;
  /** Another made filter brings some of its messages, and neither brings all of the other's. */
  overlapping: boolean;
};

export type PlannedSubscription = {
  filter: string;
  /** The made filter that brings its messages. */
  by: MadeFilter;
  /** What people chose, to find on the messages. */
  identifiers: readonly number[];
  /** What is not as it was wanted. */
  note: string | null;
};

export type FilterPlan = {
  made: ReadonlyMap<string, MadeFilter>;
  wanted: ReadonlyMap<string, PlannedSubscription>;
  /** The wanted filters that have wildcards, but for refused ones. */
  wildcards: FilterTree<string>;
};

/** What filters may be asked of a broker. */
export type BrokerAbility = {
  protocolVersion: 4 | 5;
  /** Whether the broker marks messages with subscription identifiers. */
  identifiers: boolean;
  /** Filters it does not grant: they bring nothing, so others must not rely on them. */
  refused: ReadonlySet<string>;
};

/** Everything that is wanted of one filter. */
type Wish = Omit<MadeFilter, 'identifier' | 'overlapping'> & {
  identifiers: readonly number[];
  /** Whether somebody asked for the option, granted or not. */
  asked: { noLocal: boolean; retainAsPublished: boolean; retainHandling: 0 | 1 | 2 };
};

const NO_IDENTIFIERS: readonly number[] = [];
const NOTHING_ASKED: Wish['asked'] = { noLocal: false, retainAsPublished: false, retainHandling: 0 };

function wishOf(wanted: WantedSubscription): Wish {
  const { filter, qos, noLocal = false, retainAsPublished = false, retainHandling = 0, identifier } = wanted;
  const isPlain = !noLocal && !retainAsPublished && retainHandling === 0;
  return {
    filter,
    qos,
    noLocal,
    retainAsPublished,
    retainHandling,
    identifiers: identifier === undefined ? NO_IDENTIFIERS : [identifier],
    asked: isPlain ? NOTHING_ASKED : { noLocal, retainAsPublished, retainHandling },
  };
}

type Options = Pick<Wish, 'qos' | 'noLocal' | 'retainAsPublished' | 'retainHandling'>;

/** Options with which `into` brings what `other` wants, too. */
function widen(into: Options, other: Options): void {
  if (other.qos > into.qos) into.qos = other.qos;
  if (!other.noLocal) into.noLocal = false;
  if (!other.retainAsPublished) into.retainAsPublished = false;
  if (other.retainHandling < into.retainHandling) into.retainHandling = other.retainHandling;
}

function wishesOf(wanted: readonly WantedSubscription[]): Map<string, Wish> {
  const wishes = new Map<string, Wish>();
  for (const subscription of wanted) {
    const wish = wishOf(subscription);
    const known = wishes.get(wish.filter);
    if (known) join(known, wish);
    else wishes.set(wish.filter, wish);
  }
  return wishes;
}

function join(known: Wish, wish: Wish): void {
  widen(known, wish);
  known.asked = {
    noLocal: known.asked.noLocal || wish.asked.noLocal,
    retainAsPublished: known.asked.retainAsPublished || wish.asked.retainAsPublished,
    retainHandling:
      wish.asked.retainHandling > known.asked.retainHandling
        ? wish.asked.retainHandling
        : known.asked.retainHandling,
  };
  known.identifiers = [...known.identifiers, ...wish.identifiers];
}

/** What follows of the wildcards alone: it stays while exact filters come and go. */
type Wide = {
  filters: readonly string[];
  tree: FilterTree<string>;
  /** Those that no other covers. */
  widest: ReadonlySet<string>;
  /** Widest ones that hang together, as each overlaps another of them. */
  groups: readonly (readonly string[])[];
};

function wideOf(filters: readonly string[]): Wide {
  const tree = new FilterTree<string>();
  for (const filter of filters) tree.add(filter, filter);
  const isWidest = (filter: string) => tree.covering(filter).every((other) => other === filter);
  const widest = new Set(filters.filter(isWidest));
  const groups: string[][] = [];
  const seen = new Set<string>();
  for (const filter of widest) {
    if (seen.has(filter)) continue;
    const group = [filter];
    seen.add(filter);
    for (const member of group) {
      for (const other of tree.overlapping(member)) {
        if (seen.has(other) || !widest.has(other)) continue;
        seen.add(other);
        group.push(other);
      }
    }
    if (group.length > 1) groups.push(group);
  }
  return { filters, tree, widest, groups };
}

/** The widest filter that covers `filter`, other than itself. */
function covererOf(filter: string, { tree, widest }: Wide): string | undefined {
  return widest.has(filter) ? undefined : tree.covering(filter).find((other) => widest.has(other));
}

/** Gives overlapping filters options that suit all of them. */
function suitAll(group: readonly MadeFilter[], { identifiers }: BrokerAbility): void {
  const qos = group.reduce<0 | 1 | 2>((most, one) => (one.qos > most ? one.qos : most), 0);
  // Without marks, copies are told by their likeness, which the flag would spoil.
  const retainAsPublished = identifiers && group.every((one) => one.retainAsPublished);
  for (const one of group) Object.assign(one, { qos, retainAsPublished, overlapping: true });
}

function noteOf(wish: Wish, by: MadeFilter, { protocolVersion, identifiers }: BrokerAbility): string | null {
  const { asked } = wish;
  if (asked === NOTHING_ASKED && wish.identifiers === NO_IDENTIFIERS) return null;
  if (protocolVersion === 4) {
    const lost = [
      asked.noLocal && 'no local',
      asked.retainAsPublished && 'retain as published',
      asked.retainHandling > 0 && 'retain handling',
      wish.identifiers.length > 0 && 'the identifier',
    ].filter((word) => word !== false);
    return lost.length > 0 ? `not possible with MQTT 3.1.1: ${lost.join(', ')}` : null;
  }
  const notes = [
    asked.noLocal && !by.noLocal && 'our own messages come back: another subscription wants them',
    asked.retainAsPublished &&
      !by.retainAsPublished &&
      'without "retain as published": another subscription to the same topics must tell live messages from stored ones',
    asked.retainHandling > by.retainHandling && 'stored messages come as another subscription wants them',
    wish.identifiers.length > 0 && !identifiers && 'without identifier: the broker does not know them',
  ].filter((note) => note !== false);
  return notes.length > 0 ? notes.join('; ') : null;
}

/** The filter by itself, as far as the version knows its options. */
function madeOf(wish: Wish, isNew: boolean): MadeFilter {
  return {
    filter: wish.filter,
    qos: wish.qos,
    noLocal: isNew && wish.noLocal,
    retainAsPublished: isNew && wish.retainAsPublished,
    retainHandling: isNew ? wish.retainHandling : 0,
    identifier: null,
    overlapping: false,
  };
}

/** The largest value by which a subscription may be identified (MQTT 5, 3.8.2.1.2). */
const IDENTIFIER_MAX = 268_435_455;

/** Gives overlapping filters identifiers of their own; people's are kept where they are unique. */
function identify(
  made: ReadonlyMap<string, MadeFilter>,
  wishes: ReadonlyMap<string, Wish>,
  internal: Map<string, number>,
): void {
  const taken = new Set(internal.values());
  for (const one of made.values()) {
    const chosen = wishes.get(one.filter)?.identifiers[0];
    if (chosen !== undefined && !(one.overlapping && taken.has(chosen))) {
      one.identifier = chosen;
      taken.add(chosen);
    } else if (one.overlapping) {
      let own = internal.get(one.filter);
      for (let next = IDENTIFIER_MAX - internal.size; own === undefined; next--) {
        if (!taken.has(next)) own = next;
      }
      internal.set(one.filter, own);
      taken.add(own);
      one.identifier = own;
    }
  }
}

const isSame = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((text, i) => text === other[i]);

/** Finds the smallest set of filters that brings what is wanted, so that a message comes once where that is possible. */
export class FilterPlanner {
  #wide = wideOf([]);
  /** What covers each filter of the last plan. */
  #covered = new Map<string, string | undefined>();
  /** The identifiers given so far, by filter: some brokers never change one. */
  readonly #identifiers = new Map<string, number>();

  plan(wanted: readonly WantedSubscription[], ability: BrokerAbility): FilterPlan {
    const wishes = wishesOf(wanted);
    const covered = this.#cover([...wishes.keys()], ability.refused);
    const isNew = ability.protocolVersion === 5;
    const made = new Map<string, MadeFilter>();
    for (const [filter, wish] of wishes) {
      if (covered.get(filter) === undefined) made.set(filter, madeOf(wish, isNew));
    }
    for (const [filter, by] of covered) {
      const into = by === undefined ? undefined : made.get(by);
      const wish = wishes.get(filter);
      if (into && wish) widen(into, wish);
    }
    for (const group of this.#wide.groups) {
      suitAll(
        group.flatMap((filter) => made.get(filter) ?? []),
        ability,
      );
    }
    if (isNew && ability.identifiers) identify(made, wishes, this.#identifiers);
    const planned = new Map<string, PlannedSubscription>();
    for (const [filter, wish] of wishes) {
      const by = made.get(covered.get(filter) ?? filter);
      if (!by) continue;
      const identifiers = isNew && ability.identifiers ? wish.identifiers : NO_IDENTIFIERS;
      planned.set(filter, { filter, by, identifiers, note: noteOf(wish, by, ability) });
    }
    return { made, wanted: planned, wildcards: this.#wide.tree };
  }

  /** The broker knows the filter no more; nor need we its identifier. */
  release(filter: string): void {
    this.#identifiers.delete(filter);
  }

  #cover(filters: readonly string[], refused: ReadonlySet<string>): Map<string, string | undefined> {
    const wildcards = filters.filter((filter) => isWildcard(filter) && !refused.has(filter));
    const known = isSame(wildcards, this.#wide.filters) ? this.#covered : null;
    if (!known) this.#wide = wideOf(wildcards);
    const wide = this.#wide;
    this.#covered = new Map();
    if (wildcards.length === 0) return this.#covered;
    for (const filter of filters) {
      this.#covered.set(filter, known?.has(filter) ? known.get(filter) : covererOf(filter, wide));
    }
    return this.#covered;
  }
}
