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
  userProperties?: Record<string, string | string[]>;
  /** Acknowledges the message to its broker. Called exactly once, after the commit if it changed something. */
  done: () => void;
};
