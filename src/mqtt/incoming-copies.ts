import { hash } from 'node:crypto';
import type { IPublishPacket } from 'mqtt';
import type { FilterPlan } from './filter-cover.ts';
import { FilterTree } from './filter-tree.ts';

/** What is known of a topic. */
export type TopicView = {
  /** People's identifiers of the subscriptions that want it; null: none has one. */
  identifiers: number[] | null;
  /** null: one made filter brings it. */
  overlap: Overlap | null;
};

type Overlap = {
  /** How many made filters bring it. */
  filters: number;
  /** Whether live messages may carry the retain flag. */
  retainAsPublished: boolean;
  past: Past;
};

/** What came of a topic lately; plans come and go, even between two copies. */
type Past = { lastStored: string | null; run: Run | null };

/** Equal messages of one topic that followed each other closely. */
type Run = {
  content: string;
  steadyAt: number;
  /** Packets by the mark they came with. */
  packets: Map<string, number>;
  /** How many messages were taken out of them. */
  taken: number;
};

const TOPICS_MAX = 100_000;
/** Brokers send the copies of a message together; equal packets further apart are two messages. */
const TOGETHER_MS = 500;
const PLAIN: TopicView = { identifiers: null, overlap: null };
const UNMARKED = '';
/** The habit is judged by this many messages. */
const HABIT_MAX = 3;

/**
 * Decides which received packets are messages, and which are copies of one or wanted by nobody. Only a packet
 * that equals the one before it on its topic is ever taken for a copy.
 */
export class IncomingCopies {
  #plan: FilterPlan = { made: new Map(), wanted: new Map(), wildcards: new FilterTree() };
  #marked = false;
  /** null: nobody wants the topic. */
  readonly #views = new Map<string, TopicView | null>();
  readonly #pasts = new Map<string, Past>();
  /** Whether the broker sends a copy for each filter, where nothing marks them; below 0: it does not. */
  #habit = 0;

  /** @param marked whether the broker marks messages with subscription identifiers */
  follow(plan: FilterPlan, marked: boolean): void {
    this.#plan = plan;
    this.#marked = marked;
    this.#views.clear();
  }

  /** A connection began: the broker sends what it stores again. */
  forget(): void {
    this.#views.clear();
    this.#pasts.clear();
  }

  /** What is known of the topic of a packet that is to be taken; null: nobody wants it, or it is a copy. */
  take(packet: IPublishPacket, steadyAt: number): TopicView | null {
    let view = this.#views.get(packet.topic);
    if (view === undefined) {
      view = this.#look(packet.topic);
      if (this.#views.size >= TOPICS_MAX) this.#views.clear();
      this.#views.set(packet.topic, view);
    }
    if (view === null || view.overlap === null) return view;
    return this.#isCopy(packet, view.overlap, steadyAt) ? null : view;
  }

  #look(topic: string): TopicView | null {
    const { made, wanted, wildcards } = this.#plan;
    const matching = wildcards.overlapping(topic);
    if (wanted.has(topic)) matching.push(topic);
    if (matching.length === 0) return null;
    const identifiers = [...new Set(matching.flatMap((filter) => wanted.get(filter)?.identifiers ?? []))];
    const bringing = matching.flatMap((filter) => made.get(filter) ?? []);
    if (bringing.length < 2) return identifiers.length === 0 ? PLAIN : { identifiers, overlap: null };
    return {
      identifiers: identifiers.length === 0 ? null : identifiers,
      overlap: {
        filters: bringing.length,
        retainAsPublished: bringing.some((one) => one.retainAsPublished),
        past: this.#pastOf(topic),
      },
    };
  }

  #pastOf(topic: string): Past {
    const known = this.#pasts.get(topic);
    if (known) return known;
    if (this.#pasts.size >= TOPICS_MAX) this.#pasts.clear();
    const past: Past = { lastStored: null, run: null };
    this.#pasts.set(topic, past);
    return past;
  }

  #isCopy(packet: IPublishPacket, overlap: Overlap, steadyAt: number): boolean {
    const { past } = overlap;
    const content = hash('sha1', packet.payload, 'base64');
    if (packet.retain && !overlap.retainAsPublished) {
      // Each filter brings what is stored, at a time of its own.
      const isSame = past.lastStored === content;
      past.lastStored = content;
      return isSame;
    }
    let run = past.run;
    if (!run || run.content !== content || steadyAt - run.steadyAt > TOGETHER_MS) {
      if (run && !this.#marked) this.#learn(run, overlap.filters);
      run = { content, steadyAt, packets: new Map(), taken: 0 };
      past.run = run;
    }
    run.steadyAt = steadyAt;
    const mark = String(packet.properties?.subscriptionIdentifier ?? UNMARKED);
    const packets = (run.packets.get(mark) ?? 0) + 1;
    run.packets.set(mark, packets);
    // One filter brings each message once; without marks it is every filter, if that is the broker's habit.
    const perMessage = this.#marked || this.#habit < 0 ? 1 : overlap.filters;
    const messages = Math.ceil(packets / perMessage);
    if (messages <= run.taken) return true;
    run.taken = messages;
    return false;
  }

  /** A message that came another number of times ends what was learned; a second one in a row proves the contrary. */
  #learn({ packets }: Run, filters: number): void {
    const looksCopied = (packets.get(UNMARKED) ?? 0) % filters === 0;
    if (looksCopied) this.#habit = Math.min(HABIT_MAX, this.#habit + 1);
    else this.#habit = this.#habit > 0 ? 0 : -HABIT_MAX;
  }
}
