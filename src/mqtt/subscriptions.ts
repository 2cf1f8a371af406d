import type { IClientSubscribeOptions, MqttClient } from 'mqtt';
import type { SubscriptionState, WantedSubscription } from '../model/subscription.ts';
import type { Log } from '../platform/log.ts';
import type { BrokerLimits } from './broker-limits.ts';
import { type BrokerAbility, type FilterPlan, FilterPlanner, type MadeFilter } from './filter-cover.ts';
import { subscribeRefusal } from './reason-words.ts';

/** Filters in one packet; brokers bound it, and a refusal is easier to read. */
const FILTERS_PER_PACKET = 200;
/** Bytes of a packet besides its filters, and of a filter besides its text; rather too many. */
const PACKET_BYTES = 16;
const FILTER_BYTES = 3;
const REFUSED = 0x80;
const NO_IDENTIFIERS = 0xa1;
const WAITING: SubscriptionState = { state: 'waiting' };

export type SubscriptionsDeps = {
  log: Log;
  /** What is to be made of the broker's messages from now on. `marked`: they carry identifiers. */
  onPlan(plan: FilterPlan, marked: boolean): void;
  /** What the broker may have of us changed. */
  rememberFilters?: ((filters: readonly string[]) => void) | undefined;
  /** What it may have from the process before. */
  formerFilters?: readonly string[] | undefined;
};

type Asked = { made: MadeFilter; answer: null | { granted: 0 | 1 | 2 } | { refused: string } };
type Connection = {
  client: MqttClient;
  limits: Pick<BrokerLimits, 'protocolVersion' | 'identifiers' | 'packetBytesMax'>;
  outstanding: number;
  onSettled: (() => void) | null;
};

/** What a connection is subscribed to, and what it should be. */
export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  #wanted: readonly WantedSubscription[] = [];
  readonly #planner = new FilterPlanner();
  #plan: FilterPlan;
  #connection: Connection | null = null;
  readonly #asked = new Map<string, Asked>();
  /** What the broker may still have of what we asked for earlier: a persistent session keeps it. */
  readonly #former: Set<string>;
  readonly #leaving = new Set<string>();

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
    this.#former = new Set(deps.formerFilters);
    this.#plan = this.#planner.plan([], this.#ability());
  }

  /** Just these are wanted from now on. */
  want(wanted: readonly WantedSubscription[]): void {
    this.#wanted = wanted;
    this.#sync();
  }

  /**
   * Subscribes to all, whatever a kept session may have.
   * @param isKept whether the broker has a session of ours
   * @param onSettled every answer came
   */
  connected(client: MqttClient, limits: Connection['limits'], isKept: boolean, onSettled: () => void): void {
    this.disconnected();
    if (!isKept) this.#former.clear();
    this.#connection = { client, limits: { ...limits }, outstanding: 0, onSettled };
    this.#sync();
    this.#settle();
  }

  disconnected(): void {
    for (const filter of this.#asked.keys()) this.#former.add(filter);
    this.#asked.clear();
    this.#leaving.clear();
    this.#connection = null;
  }

  /** How the broker sees each wanted filter. */
  states(): ReadonlyMap<string, SubscriptionState> {
    const states = new Map<string, SubscriptionState>();
    for (const { filter, by, note } of this.#plan.wanted.values()) {
      const answer = this.#asked.get(by.filter)?.answer ?? null;
      if (answer === null) states.set(filter, WAITING);
      else if ('refused' in answer) states.set(filter, { state: 'refused', reason: answer.refused });
      else {
        const weaker = answer.granted < by.qos ? `the broker grants QoS ${answer.granted} only` : null;
        const notes = [note, weaker].filter((text) => text !== null).join('; ');
        const state = filter === by.filter ? { state: 'active' as const } : coveredBy(by.filter);
        states.set(filter, notes === '' ? state : { ...state, note: notes });
      }
    }
    return states;
  }

  /** Filters the broker does not let us subscribe to. */
  refused(): string[] {
    return Array.from(this.#asked)
      .filter(([, { answer }]) => isRefused(answer))
      .map(([filter]) => filter);
  }

  #ability(): BrokerAbility {
    const { protocolVersion = 5, identifiers = true } = this.#connection?.limits ?? {};
    return { protocolVersion, identifiers, refused: new Set(this.refused()) };
  }

  #sync(): void {
    const ability = this.#ability();
    this.#plan = this.#planner.plan(this.#wanted, ability);
    this.#deps.onPlan(this.#plan, ability.protocolVersion === 5 && ability.identifiers);
    if (!this.#connection) return;
    const add = Array.from(this.#plan.made.values()).filter((made) =>
      isToAsk(this.#asked.get(made.filter), made),
    );
    const drop = [...this.#asked.keys(), ...this.#former].filter(
      (filter) => !this.#plan.made.has(filter) && !this.#leaving.has(filter),
    );
    const again = new Set(add.filter(({ filter }) => this.#asked.has(filter)));
    for (const made of add) {
      this.#asked.set(made.filter, { made, answer: null });
      this.#former.delete(made.filter);
    }
    for (const filter of drop) {
      this.#asked.delete(filter);
      this.#planner.release(filter);
      this.#former.add(filter);
      this.#leaving.add(filter);
    }
    if (add.length > 0) this.#remember();
    // New ones first: what an old, wider filter brought must not be missed in between.
    this.#subscribe(this.#connection, add, again);
    this.#unsubscribe(this.#connection, drop);
  }

  #subscribe(connection: Connection, add: readonly MadeFilter[], again: ReadonlySet<MadeFilter>): void {
    const { protocolVersion, packetBytesMax } = connection.limits;
    const alike = new Map<string, { options: IClientSubscribeOptions; group: MadeFilter[] }>();
    for (const made of add) {
      const options = subscribeOptions(made, protocolVersion, again.has(made));
      const key = JSON.stringify(options);
      const known = alike.get(key);
      if (known) known.group.push(made);
      else alike.set(key, { options, group: [made] });
    }
    const requests = [...alike.values()].flatMap(({ options, group }) => {
      return packets(group, ({ filter }) => filter, packetBytesMax).map((part) => ({ options, part }));
    });
    connection.outstanding += requests.length;
    for (const { options, part } of requests) {
      const filters = part.map(({ filter }) => filter);
      connection.client.subscribe(filters, options, (error, _granted, packet) => {
        if (this.#connection !== connection) return;
        connection.outstanding--;
        this.#judge(connection, part, packet?.granted as number[] | undefined, error);
        this.#settle();
      });
    }
  }

  #unsubscribe({ client, limits }: Connection, drop: readonly string[]): void {
    for (const part of packets(drop, (filter) => filter, limits.packetBytesMax)) {
      client.unsubscribe(part, (error) => {
        // What fails with its connection is made good by the next one.
        if (error || this.#connection?.client !== client) return;
        for (const filter of part) {
          this.#leaving.delete(filter);
          this.#former.delete(filter);
        }
        this.#remember();
      });
    }
  }

  #judge(
    connection: Connection,
    part: readonly MadeFilter[],
    codes: number[] | undefined,
    error: Error | null,
  ): void {
    if (!codes) {
      if (error) this.#deps.log.warning('mqtt_subscribe_failed', { message: error.message });
      return;
    }
    let isNews = false;
    for (const [i, made] of part.entries()) {
      const asked = this.#asked.get(made.filter);
      const code = codes[i] ?? 0;
      if (asked?.made !== made) continue;
      if (code < REFUSED) {
        asked.answer = { granted: code === 1 || code === 2 ? code : 0 };
        continue;
      }
      isNews = true;
      if (code === NO_IDENTIFIERS && made.identifier !== null) {
        connection.limits.identifiers = false;
        this.#asked.delete(made.filter);
        continue;
      }
      asked.answer = { refused: subscribeRefusal(code) };
      this.#deps.log.warning('mqtt_subscription_refused', { topic: made.filter, code });
    }
    // What a refused filter should have brought is asked for itself.
    if (isNews) this.#sync();
  }

  #settle(): void {
    const connection = this.#connection;
    if (!connection || connection.outstanding > 0) return;
    const { onSettled } = connection;
    connection.onSettled = null;
    onSettled?.();
  }

  #remember(): void {
    this.#deps.rememberFilters?.([...this.#asked.keys(), ...this.#former]);
  }
}

const isRefused = (answer: Asked['answer']) => answer !== null && 'refused' in answer;
const coveredBy = (by: string) => ({ state: 'covered' as const, by });

function isToAsk(asked: Asked | undefined, made: MadeFilter): boolean {
  if (!asked) return true;
  if (isRefused(asked.answer)) return false;
  const before = asked.made;
  // A mark that is no longer needed does no harm.
  if (made.identifier !== null && made.identifier !== before.identifier) return true;
  const { qos, noLocal, retainAsPublished } = made;
  return qos !== before.qos || noLocal !== before.noLocal || retainAsPublished !== before.retainAsPublished;
}

function subscribeOptions(made: MadeFilter, version: 4 | 5, again: boolean): IClientSubscribeOptions {
  const { qos, noLocal, retainAsPublished, retainHandling, identifier } = made;
  if (version === 4) return { qos };
  return {
    qos,
    nl: noLocal,
    rap: retainAsPublished,
    // What is asked for with other options has brought what is stored already.
    rh: again && retainHandling === 0 ? 1 : retainHandling,
    ...(identifier !== null && { properties: { subscriptionIdentifier: identifier } }),
  };
}

/** `items` in parts that fit into a packet each. */
function packets<Item>(
  items: readonly Item[],
  filterOf: (item: Item) => string,
  packetBytesMax: number | null,
): Item[][] {
  const parts: Item[][] = [];
  let part: Item[] = [];
  let bytes = PACKET_BYTES;
  for (const item of items) {
    const more = FILTER_BYTES + Buffer.byteLength(filterOf(item));
    const isFull =
      part.length >= FILTERS_PER_PACKET || bytes + more > (packetBytesMax ?? Number.POSITIVE_INFINITY);
    if (part.length > 0 && isFull) {
      parts.push(part);
      part = [];
      bytes = PACKET_BYTES;
    }
    part.push(item);
    bytes += more;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
