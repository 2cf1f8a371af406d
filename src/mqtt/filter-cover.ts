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

function wishOf({ filter, qos, noLocal, retainAsPublished, ...rest }: WantedSubscription): Wish {
  const asked = {
    noLocal: noLocal ?? false,
    retainAsPublished: retainAsPublished ?? false,
    retainHandling: rest.retainHandling ?? 0,
  };
  const identifiers = rest.identifier === undefined ? NO_IDENTIFIERS : [rest.identifier];
  return { filter, qos, ...asked, identifiers, asked };
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
    if (!known) {
      wishes.set(wish.filter, wish);
      continue;
    }
    widen(known, wish);
    known.asked.noLocal ||= wish.asked.noLocal;
    known.asked.retainAsPublished ||= wish.asked.retainAsPublished;
    if (wish.asked.retainHandling > known.asked.retainHandling) {
      known.asked.retainHandling = wish.asked.retainHandling;
    }
    known.identifiers = [...known.identifiers, ...wish.identifiers];
  }
  return wishes;
}

/** For each wanted filter the widest one that brings all of its messages. */
function coverers(filters: Iterable<string>, refused: ReadonlySet<string>): Map<string, string> {
  const tree = new FilterTree<string>();
  const all = [...filters];
  for (const filter of all) if (isWildcard(filter) && !refused.has(filter)) tree.add(filter, filter);
  const above = (filter: string) => tree.covering(filter).filter((other) => other !== filter);
  const isWidest = new Map<string, boolean>();
  const covered = new Map<string, string>();
  for (const filter of all) {
    const by = above(filter).find((wide) => {
      const known = isWidest.get(wide) ?? above(wide).length === 0;
      isWidest.set(wide, known);
      return known;
    });
    covered.set(filter, by ?? filter);
  }
  return covered;
}

/** Marks filters that overlap, and gives those that hang together options that suit all of them. */
function joinOverlapping(made: ReadonlyMap<string, MadeFilter>, ability: BrokerAbility): void {
  const tree = new FilterTree<MadeFilter>();
  const wildcards = Array.from(made.values()).filter(({ filter }) => isWildcard(filter));
  if (wildcards.length < 2) return;
  for (const one of wildcards) if (!ability.refused.has(one.filter)) tree.add(one.filter, one);
  const seen = new Set<MadeFilter>();
  for (const one of wildcards) {
    if (seen.has(one) || ability.refused.has(one.filter)) continue;
    const group = [one];
    seen.add(one);
    for (const member of group) {
      for (const other of tree.overlapping(member.filter)) {
        if (seen.has(other)) continue;
        seen.add(other);
        group.push(other);
      }
    }
    if (group.length > 1) suitAll(group, ability);
  }
}

function suitAll(group: readonly MadeFilter[], { identifiers }: BrokerAbility): void {
  const qos = group.reduce<0 | 1 | 2>((most, one) => (one.qos > most ? one.qos : most), 0);
  // Without marks, copies are told by their likeness, which the flag would spoil.
  const retainAsPublished = identifiers && group.every((one) => one.retainAsPublished);
  for (const one of group) Object.assign(one, { qos, retainAsPublished, overlapping: true });
}

function noteOf(wish: Wish, by: MadeFilter, { protocolVersion, identifiers }: BrokerAbility): string | null {
  const { asked } = wish;
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

function plain(wish: Wish): MadeFilter {
  const { filter, qos } = wish;
  return {
    filter,
    qos,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
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

/**
 * The smallest set of filters that brings what is wanted, so that a message comes once where that is possible.
 * @param internal the identifiers given so far, by filter; added to: some brokers never change one
 */
export function planFilters(
  wanted: readonly WantedSubscription[],
  ability: BrokerAbility,
  internal: Map<string, number>,
): FilterPlan {
  const wishes = wishesOf(wanted);
  const covered = coverers(wishes.keys(), ability.refused);
  const isNew = ability.protocolVersion === 5;
  const made = new Map<string, MadeFilter>();
  for (const [filter, wish] of wishes) {
    if (covered.get(filter) !== filter) continue;
    const { noLocal, retainAsPublished, retainHandling } = wish;
    made.set(filter, isNew ? { ...plain(wish), noLocal, retainAsPublished, retainHandling } : plain(wish));
  }
  for (const [filter, by] of covered) {
    const into = filter === by ? undefined : made.get(by);
    const wish = wishes.get(filter);
    if (into && wish) widen(into, wish);
  }
  joinOverlapping(made, ability);
  if (isNew && ability.identifiers) identify(made, wishes, internal);
  const planned = new Map<string, PlannedSubscription>();
  for (const [filter, wish] of wishes) {
    const by = made.get(covered.get(filter) ?? filter);
    if (!by) continue;
    const identifiers = isNew && ability.identifiers ? wish.identifiers : NO_IDENTIFIERS;
    planned.set(filter, { filter, by, identifiers, note: noteOf(wish, by, ability) });
  }
  return { made, wanted: planned };
}
