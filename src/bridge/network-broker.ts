import type { Listening } from '../messages/requests.ts';
import type { Message, OutgoingMessage, PublishResult } from '../model/message.ts';
import type { SubscriptionState, WantedSubscription } from '../model/subscription.ts';
import { topicMatches } from '../model/topic.ts';
import type { Remedies } from '../mqtt/connection-fault.ts';
import { Link, type LinkSettings, type LinkStatus } from '../mqtt/link.ts';
import type { PipelineLink } from '../pipeline/link.ts';
import { type Clock, sleep } from '../platform/clock.ts';
import type { Surroundings } from './surroundings.ts';

export type NetworkBrokerOptions = {
  id: string;
  /** Whether devices that name no broker are heard here. */
  general: boolean;
  settings: LinkSettings;
  remedies: Remedies;
  /** Filters that are subscribed besides. */
  alwaysFilters: readonly string[];
  /** What people subscribed to. */
  subscriptions(): readonly WantedSubscription[];
  /** What the broker may still keep for us from the process before. */
  formerFilters: readonly string[];
  rememberFilters(filters: readonly string[]): void;
  onMessage(message: Message, link: PipelineLink): void;
  onUp(link: PipelineLink, backlog: boolean): void;
  onDown(link: PipelineLink, heardAt: number): void;
  onProven(link: PipelineLink): void;
};

type States = ReadonlyMap<string, SubscriptionState>;

const LISTEN_GATHER_MS = 10;
const LISTEN_LOOK_MS = 20;
const LISTEN_MS_MAX = 5000;

const plain = (filter: string): WantedSubscription => ({ filter, qos: 1 });

/** One broker in the network: its connection, and everything that is to be heard there. */
export class NetworkBroker {
  readonly source: PipelineLink;
  readonly #options: NetworkBrokerOptions;
  readonly #clock: Clock;
  readonly #link: Link;
  #deviceFilters: ReadonlySet<string> = new Set();
  /** How many want a filter for a while. */
  readonly #passing = new Map<string, number>();
  /** What is subscribed for longer, besides the topics of machines. */
  #lastingFilters: readonly string[] = [];
  #subscribing: Promise<States> | null = null;
  #looking: Promise<States> | null = null;

  constructor(options: NetworkBrokerOptions, surroundings: Surroundings) {
    const { id, general, onMessage, onUp, onDown, onProven } = options;
    this.#options = options;
    this.#clock = surroundings.clock;
    const link = new Link({
      ...surroundings,
      ...options,
      onMessage: (message) => onMessage(message, source),
      onUp: (sessionPresent) => onUp(source, sessionPresent),
      onDown: (heardAt) => onDown(source, heardAt),
      onProven: () => onProven(source),
    });
    const source: PipelineLink = {
      id,
      general,
      heardAt: () => link.heardAt(),
      prove: () => link.prove(),
      setFilters: (filters) => {
        this.#deviceFilters = filters;
        this.subscribe();
      },
    };
    this.#link = link;
    this.source = source;
  }

  start(): void {
    this.#link.start();
  }

  stop(): Promise<void> {
    return this.#link.stop();
  }

  /** Before the last stop: its session there would collect messages that nobody ever fetches. */
  leave(): void {
    this.#link.setSubscriptions([]);
  }

  status(): LinkStatus {
    return this.#link.status();
  }

  publish(message: OutgoingMessage): Promise<PublishResult> {
    return this.#link.publish(message);
  }

  /** How the broker took each filter. */
  states(): States {
    return this.#link.states();
  }

  /** Subscribes to what is wanted now. */
  subscribe(): void {
    const { alwaysFilters, subscriptions } = this.#options;
    const people = subscriptions();
    const machines = [...this.#deviceFilters, ...alwaysFilters, ...this.#passing.keys()].map(plain);
    this.#lastingFilters = [...alwaysFilters, ...people.map(({ filter }) => filter)];
    this.#link.setSubscriptions([...machines, ...people]);
  }

  /** Whether a message that no machine listens to came only because somebody listens for a while. */
  isPassing(topic: string): boolean {
    if (this.#passing.size === 0) return false;
    return !this.#lastingFilters.some((filter) => topicMatches(filter, topic));
  }

  /** Listens to a filter for a while; resolves when the broker has confirmed or refused it. */
  async listen(filter: string): Promise<Listening> {
    this.#passing.set(filter, (this.#passing.get(filter) ?? 0) + 1);
    let ended = false;
    const release = () => {
      if (!ended) this.#letGo(filter);
      ended = true;
    };
    const reason = await this.#refusalOf(filter);
    if (reason === null) return { listening: true, release };
    release();
    return { listening: false, reason };
  }

  #letGo(filter: string): void {
    const left = (this.#passing.get(filter) ?? 1) - 1;
    if (left > 0) this.#passing.set(filter, left);
    else this.#passing.delete(filter);
    void this.#subscribeSoon();
  }

  /** Waits for the broker's answer. @returns null: it listens; else why not */
  async #refusalOf(filter: string): Promise<string | null> {
    let states = await this.#subscribeSoon();
    for (let waitedMs = 0; waitedMs < LISTEN_MS_MAX; waitedMs += LISTEN_LOOK_MS) {
      if (this.#link.status().mode !== 'connected') return 'the broker is not connected';
      const state = states.get(filter);
      if (state?.state === 'refused') return state.reason;
      if (state && state.state !== 'waiting') return null;
      states = await this.#look();
    }
    return 'the broker did not answer the subscription';
  }

  /** Subscribes once for all who ask within a moment: a plan for thousands of machines takes its time. */
  #subscribeSoon(): Promise<States> {
    this.#subscribing ??= sleep(this.#clock, LISTEN_GATHER_MS).then(() => {
      this.#subscribing = null;
      this.subscribe();
      return this.#link.states();
    });
    return this.#subscribing;
  }

  /** The states a little later, once for all who wait. */
  #look(): Promise<States> {
    this.#looking ??= sleep(this.#clock, LISTEN_LOOK_MS).then(() => {
      this.#looking = null;
      return this.#link.states();
    });
    return this.#looking;
  }
}
