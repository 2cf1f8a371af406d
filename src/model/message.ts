/** What MQTT 5 lets a message carry besides its payload, as far as people see or set it. */
export type MessageProperties = {
  userProperties?: Record<string, string | string[]>;
  contentType?: string;
  responseTopic?: string;
  /** Bytes as hex. */
  correlationDataHex?: string;
  /** How long brokers keep it for clients that are away, s. */
  expiryS?: number;
  /** Identifiers of the subscriptions that brought it; only on received messages. */
  subscriptionIdentifiers?: number[];
};

/** One MQTT message as it reached us; what the mqtt stage hands to the pipeline. */
export type Message = {
  topic: string;
  payload: Buffer;
  /** Wall clock at arrival, ms since the epoch. */
  receivedAt: number;
  /** Steady clock at arrival, ms: same rate as the wall clock, but never stepped. See platform/clock.ts. */
  steadyAt: number;
  /** Replayed from a broker's store; never the publisher's flag on a live message. */
  retained: boolean;
  qos: 0 | 1 | 2;
  properties?: MessageProperties;
  /** Acknowledges the message to its broker. Called exactly once, after the commit if it changed something. */
  done: () => void;
};

/** A message that is to be sent. */
export type OutgoingMessage = {
  topic: string;
  payload: Buffer;
  qos: 0 | 1 | 2;
  retain: boolean;
  properties?: MessageProperties;
};

/**
 * What became of a message that was to be sent. sent: the broker confirmed it (QoS 0: it is on the wire);
 * `note` says what else it told, such as that nobody listens. Not sent: `reason` is a sentence for people.
 */
export type PublishResult = { sent: true; note?: string } | { sent: false; reason: string };
