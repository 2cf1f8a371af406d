/** One filter that a connection is to listen to. Options besides `qos` need MQTT 5. */
export type WantedSubscription = {
  filter: string;
  qos: 0 | 1 | 2;
  /** Messages that we published ourselves do not come back. */
  noLocal?: boolean;
  /** The retain flag arrives as it was published; machines cannot be listened to this way. */
  retainAsPublished?: boolean;
  /** Retained messages: 0 at every subscribe, 1 when the subscription is new, 2 never. */
  retainHandling?: 0 | 1 | 2;
  /** Arrives with every message that the subscription brings. */
  identifier?: number;
};

/** How the broker sees a wanted subscription. */
export type SubscriptionState =
  | { state: 'active'; note?: string }
  /** A wider filter brings its messages already. */
  | { state: 'covered'; by: string; note?: string }
  | { state: 'refused'; reason: string }
  /** Not asked yet: there is no connection, or the answer is on its way. */
  | { state: 'waiting' };
