import type { Subscription, SubscriptionInput } from '../../../src/model/subscription.ts';

/** A subscription while it is written. */
export type SubscriptionDraft = Omit<SubscriptionInput, 'broker_id' | 'identifier'> & {
  /** Empty: the main broker, else the embedded one. */
  brokerId: string;
  identifier: string;
};

export const EMPTY_SUBSCRIPTION: SubscriptionDraft = {
  brokerId: '',
  topic: '',
  qos: 1,
  no_local: false,
  retain_as_published: false,
  retain_handling: 0,
  identifier: '',
  enabled: true,
  note: '',
};

export function draftOfSubscription(subscription: Subscription): SubscriptionDraft {
  const { broker_id, topic, qos, no_local, retain_as_published, retain_handling, identifier, enabled, note } =
    subscription;
  return {
    brokerId: broker_id,
    topic,
    qos,
    no_local,
    retain_as_published,
    retain_handling,
    identifier: identifier === null ? '' : String(identifier),
    enabled,
    note,
  };
}

/** The body of `POST` and `PATCH`. */
export function subscriptionOf({ brokerId, identifier, ...fields }: SubscriptionDraft): SubscriptionInput {
  return {
    ...fields,
    broker_id: brokerId === '' ? null : brokerId,
    identifier: identifier === '' ? null : Number(identifier),
  };
}

/** Which of the options that need MQTT 5 are chosen, by their words. */
export function optionsOf(subscription: Subscription): string[] {
  const { no_local, retain_as_published, retain_handling, identifier } = subscription;
  return [
    ...(no_local ? ['no_local'] : []),
    ...(retain_as_published ? ['retain_as_published'] : []),
    ...(retain_handling === 0 ? [] : [`retain_handling_${retain_handling}`]),
    ...(identifier === null ? [] : ['identifier']),
  ];
}

export type SubscriptionFilter = { search: string; brokerId: string; state: string };

/** Those that fit; the search is part of the topic or the note, in any case. */
export function found(all: readonly Subscription[], { search, brokerId, state }: SubscriptionFilter) {
  const wanted = search.trim().toLowerCase();
  return all.filter(
    (one) =>
      `${one.topic}\n${one.note}`.toLowerCase().includes(wanted) &&
      (brokerId === '' || one.broker_id === brokerId) &&
      (state === '' || one.state.state === state),
  );
}
