import { topicMatches } from '../model/topic.ts';
import type { Parser } from './parser.ts';
import { decodeText } from './payload.ts';
import { notRecognised, unusable } from './reading-draft.ts';
import { candidatesOf, recognise, recogniseTopic } from './recognise.ts';

type Memory = {
  /** The `parser_type` it took the device for. */
  family: string | null;
  /** A message's own topic proved the family; then it stays. */
  isProven: boolean;
  /** What the family's parser remembers. */
  inner: unknown;
};

/** What is assumed of a family that is not known yet. */
const REPORT_INTERVAL_MS = 300_000;

/**
 * The parser that recognises the family by topic, else by the first message that shows one, and leaves the
 * rest to that family's parser. It keeps to the family; only a message topic that proves another one wins
 * over a guess.
 * @param parserOf the parser of a family
 * @param family what the device's `mqtt_topic` proves: then its report interval is known, too
 */
export function autoParser(
  parserOf: (type: string) => Parser | undefined,
  family: string | null = null,
): Parser<Memory> {
  const parserByTopic = (topic: string) => parserOf(recogniseTopic(topic) ?? '');
  const known = family === null ? undefined : parserOf(family);
  return {
    type: 'auto',
    aliases: [],
    title: 'Recognised by topic and payload',
    reportIntervalMs: known ? known.reportIntervalMs : REPORT_INTERVAL_MS,
    readsOptions: true,
    siblingTopics(mqttTopic, options, channel) {
      const proven = parserByTopic(mqttTopic);
      const parsers = proven ? [proven] : candidatesOf(mqttTopic).map(parserOf);
      const topics = parsers.flatMap((parser) => parser?.siblingTopics(mqttTopic, options, channel) ?? []);
      return [...new Set(topics)];
    },
    ownTopics(mqttTopic) {
      const parser = parserByTopic(mqttTopic) ?? parserOf('generic');
      return parser?.ownTopics(mqttTopic) ?? [];
    },
    probe: (mqttTopic, options, channel) =>
      parserByTopic(mqttTopic)?.probe(mqttTopic, options, channel) ?? null,
    initialMemory: () => ({ family: null, isProven: false, inner: null }),
    familyOf: (memory) => memory.family,
    parse(message, device, memory) {
      const mayProve = !memory.isProven && topicMatches(device.mqttTopic, message.topic);
      const proven = mayProve ? recogniseTopic(message.topic) : null;
      const taken = proven ?? memory.family ?? recogniseTopic(device.mqttTopic) ?? recognise(message);
      const parser = taken === null ? undefined : parserOf(taken);
      if (!parser) {
        const text = decodeText(message.payload);
        if (typeof text !== 'string') return unusable(text, memory);
        return notRecognised('shows no device family yet; parser_type can name it', memory);
      }
      const isSame = taken === memory.family;
      const inner = isSame ? memory.inner : parser.initialMemory();
      const outcome = parser.parse(message, device, inner);
      const isProven = memory.isProven || proven !== null;
      const isUnchanged = isSame && outcome.memory === memory.inner && isProven === memory.isProven;
      return {
        ...outcome,
        memory: isUnchanged ? memory : { family: taken, isProven, inner: outcome.memory },
      };
    },
  };
}
