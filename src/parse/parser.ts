import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import type { Reading, UnusableReason, ValueProblem } from '../model/reading.ts';

/**
 * What became of a message.
 * - read: the parser recognised it. Usually one reading; one without values is a sign of life.
 *   `problems` names values that were left out.
 * - unusable: nothing of it can be used; it is counted under `reason` and shown with `detail`.
 */
export type ParseOutcome<Memory> =
  | { status: 'read'; readings: readonly Reading[]; memory: Memory; problems?: readonly ValueProblem[] }
  | { status: 'unusable'; reason: UnusableReason; detail: string; memory: Memory };

/** A message that makes a device tell its power now. */
export type Probe = {
  topic: string;
  payload: string;
  /** Where the answer arrives when that is neither `mqtt_topic` nor a sibling; below the device's own topics. */
  answerTopic?: string;
};

/** One device family. Everything in it is pure: no clock, no I/O; what must be remembered is `Memory`. */
export type Parser<Memory = unknown> = {
  /** The name in `parser_type`; aliases are accepted and mean the same. */
  type: string;
  aliases: readonly string[];
  /** For people: "Shelly Gen2, Plus, Pro, Gen3, Gen4". */
  title: string;
  /** How often such a device reports at the latest while nothing changes. null: only on change. */
  reportIntervalMs: number | null;
  /**
   * Topics to subscribe besides `mqtt_topic`: last will, relay, energy. Never with a wildcard, and none that
   * `mqtt_topic` matches already. `channel`: as in ParserDevice; left out, none was chosen.
   */
  siblingTopics(mqttTopic: string, options: ParserOptions, channel?: ParserDevice['channel']): string[];
  /**
   * What a device with this `mqtt_topic` may publish and subscribe to on the broker inside: filters of literal
   * levels and at most a final `#`. None when the levels before the parser's tail have a wildcard.
   */
  ownTopics(mqttTopic: string): string[];
  /** Whether it obeys `parser_options`; left out, it does not. */
  readsOptions?: boolean;
  /** How to ask such a device for its power; null: there is no way, or its topic is not known exactly. */
  probe(mqttTopic: string, options: ParserOptions, channel?: ParserDevice['channel']): Probe | null;
  initialMemory(): Memory;
  /** Which family it took the device for, a `parser_type`; null: none yet. Only `auto` has it. */
  familyOf?(memory: Memory): string | null;
  /** `message` arrived on a topic that matches `mqtt_topic` or a sibling of it. */
  parse(message: Message, device: ParserDevice, memory: Memory): ParseOutcome<Memory>;
};
