import type { Listening } from '../messages/requests.ts';
import type { Message, OutgoingMessage, PublishResult } from '../model/message.ts';
import type { SubscriptionState, WantedSubscription } from '../model/subscription.ts';
import { topicMatches } from '../model/topic.ts';
import { Link, type LinkSettings, type LinkStatus } from '../mqtt/link.ts';
import type { PipelineLink } from '../pipeline/link.ts';
import { sleep } from '../platform/clock.ts';
import type { Surroundings } from './surroundings.ts';

export type NetworkBrokerOptions = {
  id: string;
  /** Whether devices that name no broker are heard here. */
  general: boolean;
  settings: LinkSettings;
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

const LISTEN_LOOK_MS = 10;
const LISTEN_MS_MAX = 5000;

export type NetworkBroker = ReturnType<typeof createNetworkBroker>;

const plain = (filter: string): WantedSubscription => ({ filter, qos: 1 });

/** One broker in the network: its connection, and everything that is to be heard there. */
export function createNetworkBroker(options: NetworkBrokerOptions, surroundings: Surroundings) {
  const { id, general, settings, alwaysFilters, onMessage, onUp, onDown, onProven } = options;
  let deviceFilters: ReadonlySet<string> = new Set();
  /** How many want a filter for a while. */
  const passing = new Map<string, number>();
  const link = new Link({
    ...surroundings,
    settings,
    formerFilters: options.formerFilters,
    rememberFilters: options.rememberFilters,
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
    setFilters(filters) {
      deviceFilters = filters;
      subscribe();
    },
  };

  function subscribe(): void {
    const machines = [...deviceFilters, ...alwaysFilters, ...passing.keys()].map(plain);
    link.setSubscriptions([...machines, ...options.subscriptions()]);
  }

  /** Waits for the broker's answer. @returns null: it listens; else why not */
  async function refusalOf(filter: string): Promise<string | null> {
    for (let waitedMs = 0; waitedMs < LISTEN_MS_MAX; waitedMs += LISTEN_LOOK_MS) {
      if (link.status().mode !== 'connected') return 'the broker is not connected';
      const state = link.states().get(filter);
      if (state?.state === 'refused') return state.reason;
      if (state && state.state !== 'waiting') return null;
      await sleep(surroundings.clock, LISTEN_LOOK_MS);
    }
    return 'the broker did not answer the subscription';
  }

  return {
    source,
    start: (): void => link.start(),
    stop: (): Promise<void> => link.stop(),
    status: (): LinkStatus => link.status(),
    publish: (message: OutgoingMessage): Promise<PublishResult> => link.publish(message),
    /** Whether a message came only because somebody listens for a while. */
    isPassing(topic: string): boolean {
      if (passing.size === 0) return false;
      const lasting = [...alwaysFilters, ...options.subscriptions().map(({ filter }) => filter)];
      return !lasting.some((filter) => topicMatches(filter, topic));
    },
    /** What people subscribed to has changed. */
    subscribe,
    /** How the broker took each filter. */
    states: (): ReadonlyMap<string, SubscriptionState> => link.states(),
    /** Listens to a filter for a while; resolves when the broker has confirmed or refused it. */
    async listen(filter: string): Promise<Listening> {
      passing.set(filter, (passing.get(filter) ?? 0) + 1);
      subscribe();
      let ended = false;
      const release = () => {
        if (ended) return;
        ended = true;
        const left = (passing.get(filter) ?? 1) - 1;
        if (left > 0) passing.set(filter, left);
        else passing.delete(filter);
        subscribe();
      };
      const reason = await refusalOf(filter);
      if (reason === null) return { listening: true, release };
      release();
      return { listening: false, reason };
    },
  };
}
