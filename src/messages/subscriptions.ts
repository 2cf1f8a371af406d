import { randomUUID } from 'node:crypto';
import {
  type StoredSubscription,
  type Subscription,
  type SubscriptionInput,
  type SubscriptionState,
  subscriptionInputSchema,
  type WantedSubscription,
} from '../model/subscription.ts';
import type { Finding } from '../model/validation.ts';
import { type Clock, isoTime } from '../platform/clock.ts';
import type { SubscriptionsTable } from '../store/subscriptions.ts';
import type { Brokers } from './brokers.ts';
import { checkInput, withPatch } from './input.ts';

const SUBSCRIPTIONS_MAX = 1000;
const WAITING: SubscriptionState = { state: 'waiting' };

export type SubscriptionsDeps = {
  table: SubscriptionsTable;
  brokers: Pick<Brokers, 'has' | 'defaultId' | 'protocolVersion'>;
  /** How the broker sees what is wanted of it, by filter. */
  states(brokerId: string): ReadonlyMap<string, SubscriptionState>;
  /** What is wanted of the broker is another thing now. */
  onChange(brokerId: string): void;
  clock: Pick<Clock, 'wallMs'>;
};

export type SubscriptionResult =
  | { status: 'saved'; subscription: Subscription }
  | { status: 'invalid'; errors: Finding[] }
  | { status: 'taken' | 'full'; message: string }
  | { status: 'unknown' };

function wantedOf(stored: StoredSubscription): WantedSubscription {
  const { topic, qos, no_local, retain_as_published, retain_handling, identifier } = stored;
  return {
    filter: topic,
    qos,
    ...(no_local && { noLocal: true }),
    ...(retain_as_published && { retainAsPublished: true }),
    ...(retain_handling !== 0 && { retainHandling: retain_handling }),
    ...(identifier !== null && { identifier }),
  };
}

/** What people want to hear besides the topics of the machines. */
export class Subscriptions {
  readonly #deps: SubscriptionsDeps;

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
  }

  /** All of them, or those of one broker, oldest first. */
  list(brokerId?: string): Subscription[] {
    const states = new Map<string, ReadonlyMap<string, SubscriptionState>>();
    return this.#deps.table.list(brokerId).map((stored) => {
      const known = states.get(stored.brokerId) ?? this.#deps.states(stored.brokerId);
      states.set(stored.brokerId, known);
      return this.#view(stored, known);
    });
  }

  one(subscriptionId: string): Subscription | null {
    const stored = this.#deps.table.one(subscriptionId);
    return stored && this.#view(stored);
  }

  /** What is wanted of a broker's connection: the enabled ones. */
  wanted(brokerId: string): WantedSubscription[] {
    const enabled = this.#deps.table.list(brokerId).filter((one) => one.enabled);
    return enabled.map(wantedOf);
  }

  create(input: unknown): SubscriptionResult {
    const { table, clock } = this.#deps;
    const checked = checkInput(subscriptionInputSchema, input);
    if (!checked.ok) return { status: 'invalid', errors: checked.errors };
    if (table.list().length >= SUBSCRIPTIONS_MAX) {
      return { status: 'full', message: `There are ${SUBSCRIPTIONS_MAX} subscriptions; more are not taken` };
    }
    return this.#keep({ subscriptionId: randomUUID(), createdAt: clock.wallMs() }, checked.value);
  }

  /** Changes the fields that `patch` has; null takes one back to its default. */
  update(subscriptionId: string, patch: unknown): SubscriptionResult {
    const stored = this.#deps.table.one(subscriptionId);
    if (!stored) return { status: 'unknown' };
    const { subscriptionId: _id, createdAt: _at, brokerId, ...fields } = stored;
    const wanted = withPatch({ ...fields, broker_id: brokerId }, patch);
    const checked = checkInput(subscriptionInputSchema, wanted);
    if (!checked.ok) return { status: 'invalid', errors: checked.errors };
    const result = this.#keep(stored, checked.value);
    const moved = result.status === 'saved' && result.subscription.broker_id !== brokerId;
    if (moved) this.#deps.onChange(brokerId);
    return result;
  }

  /** @returns whether there was one */
  remove(subscriptionId: string): boolean {
    const stored = this.#deps.table.one(subscriptionId);
    if (!stored) return false;
    this.#deps.table.remove(subscriptionId);
    this.#deps.onChange(stored.brokerId);
    return true;
  }

  #keep(
    { subscriptionId, createdAt }: Pick<StoredSubscription, 'subscriptionId' | 'createdAt'>,
    { broker_id, ...fields }: SubscriptionInput,
  ): SubscriptionResult {
    const { table, brokers, onChange } = this.#deps;
    const brokerId = broker_id ?? brokers.defaultId();
    if (brokerId === null || !brokers.has(brokerId)) {
      const message = brokerId === null ? 'is needed: there is no main broker' : 'is no broker that there is';
      return { status: 'invalid', errors: [{ path: 'broker_id', message }] };
    }
    const same = table.byFilter(brokerId, fields.topic);
    if (same && same.subscriptionId !== subscriptionId) {
      return { status: 'taken', message: 'There is a subscription to this topic at this broker' };
    }
    const stored = { ...fields, subscriptionId, brokerId, createdAt };
    table.save(stored);
    onChange(brokerId);
    return { status: 'saved', subscription: this.#view(stored) };
  }

  #view(stored: StoredSubscription, states = this.#deps.states(stored.brokerId)): Subscription {
    const { subscriptionId, brokerId, createdAt, ...fields } = stored;
    const found = states.get(fields.topic) ?? WAITING;
    return {
      ...fields,
      subscription_id: subscriptionId,
      broker_id: brokerId,
      state: {
        state: fields.enabled ? found.state : 'off',
        by: fields.enabled && found.state === 'covered' ? found.by : null,
        reason: fields.enabled && found.state === 'refused' ? found.reason : null,
        note: (fields.enabled && 'note' in found && found.note) || null,
      },
      warnings: this.#warnings(stored),
      created_at: isoTime(createdAt),
    };
  }

  #warnings({ brokerId, no_local, retain_as_published, retain_handling, identifier }: StoredSubscription) {
    if (this.#deps.brokers.protocolVersion(brokerId) !== 4) return [];
    const unused = [
      no_local && 'no_local',
      retain_as_published && 'retain_as_published',
      retain_handling !== 0 && 'retain_handling',
      identifier !== null && 'identifier',
    ].filter((name) => name !== false);
    if (unused.length === 0) return [];
    return [`The broker is spoken to in MQTT 3.1.1, which does not know ${unused.join(', ')}.`];
  }
}
