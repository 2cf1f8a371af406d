import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { topicMatches, topicNameProblem } from '../model/topic.ts';
import { unitsOf } from './number.ts';
import type { ParseOutcome, Parser } from './parser.ts';
import { decodeText } from './payload.ts';
import {
  type NumberField,
  notRecognised,
  presenceReading,
  ReadingDraft,
  signOfLife,
  unusable,
} from './reading-draft.ts';

type Option = 'power' | 'energy' | 'voltage' | 'current' | 'frequency';

/** What is remembered of an ESPHome device. */
type Memory = {
  /** When the relay went off, steady ms; null while it is on or unknown. */
  offAtMs: number | null;
};

/** Meters that count pulses tell the average since the last update, so a part may be from before the switch. */
const STALE_POWER_MS = 60_000;

const FIELDS: readonly [option: Option, field: NumberField][] = [
  ['power', 'powerW'],
  ['energy', 'energyTotalKwh'],
  ['voltage', 'voltageV'],
  ['current', 'currentA'],
  ['frequency', 'frequencyHz'],
];
const RELAY_ON_DEFAULT: readonly unknown[] = ['ON'];
/** What a sensor says while it has no value. */
const NO_VALUE = /^(?:nan|none|unavailable|unknown)$/i;
const SENSOR = /\/sensor\/[^/]+\/state$/;

/**
 * ESPHome over MQTT: `<prefix>/sensor/<object_id>/state`, one value per topic. `mqtt_topic` names the power
 * sensor; object ids are the user's, so that `parser_options` must name the topics of the other values.
 */
export const esphome: Parser<Memory> = {
  type: 'esphome',
  aliases: [],
  title: 'ESPHome',
  reportIntervalMs: 60_000,
  readsOptions: true,
  siblingTopics,
  ownTopics,
  // ESPHome has no topic to ask on: a sensor is told at its update interval.
  probe: () => null,
  initialMemory: () => ({ offAtMs: null }),
  parse(message, device, memory) {
    const { topic } = message;
    if (topic.endsWith('/command')) return notRecognised('a command to the device', memory);
    const text = decodeText(message.payload);
    if (typeof text !== 'string') return unusable(text, memory);
    const word = text.trim();
    const options = FIELDS.filter(([option]) => isTopicOf(option, topic, device));
    if (options.length > 0) return parseSensor(message, word, options, device, memory);
    if (topic === device.options.relay?.topic) return parseRelay(message, word, device, memory);
    if (topic.endsWith('/status')) return parseStatus(message, word, memory);
    if (SENSOR.test(topic) && !namesPower(device)) {
      return notRecognised('which sensor tells the power? Name it in mqtt_topic or parser_options', memory);
    }
    return signOfLife(message, memory);
  },
};

/** What comes before `/sensor/…/state` or the final `#`. */
function prefixOf(mqttTopic: string): string | null {
  const [, prefix] = /^([^+#]+)\/sensor\/(?:[^/]+\/state|[+#])$/.exec(mqttTopic) ?? [];
  return prefix ?? null;
}

function siblingTopics(mqttTopic: string, options: ParserOptions): string[] {
  const { power, energy, voltage, current, frequency, relay } = options;
  const topics = [power, energy, voltage, current, frequency, relay].flatMap(
    (mapping) => mapping?.topic ?? [],
  );
  const prefix = prefixOf(mqttTopic);
  if (prefix !== null) topics.push(`${prefix}/status`);
  const isWanted = (topic: string) => topicNameProblem(topic) === null && !topicMatches(mqttTopic, topic);
  return [...new Set(topics.filter(isWanted))];
}

function ownTopics(mqttTopic: string): string[] {
  const prefix = prefixOf(mqttTopic);
  if (prefix !== null) return [`${prefix}/#`];
  if (/^[^+#]+\/#$/.test(mqttTopic)) return [mqttTopic];
  return topicNameProblem(mqttTopic) === null ? [mqttTopic] : [];
}

/** Whether `mqtt_topic` or the options say which sensor is the power. */
function namesPower({ mqttTopic, options }: ParserDevice): boolean {
  return options.power?.topic !== undefined || isLiteralSensor(mqttTopic);
}

/** A wildcard may stand for the prefix, but not for the object id. */
function isLiteralSensor(mqttTopic: string): boolean {
  return topicNameProblem(mqttTopic) === null || /\/sensor\/[^/+#]+\/state$/.test(mqttTopic);
}

function isTopicOf(option: Option, topic: string, { mqttTopic, options }: ParserDevice): boolean {
  const mapped = options[option]?.topic;
  if (mapped !== undefined || option !== 'power') return topic === mapped;
  return topicMatches(mqttTopic, topic) && isLiteralSensor(mqttTopic);
}

function parseSensor(
  message: Message,
  word: string,
  told: readonly [Option, NumberField][],
  { options }: ParserDevice,
  memory: Memory,
): ParseOutcome<Memory> {
  const draft = new ReadingDraft(message);
  for (const [option, field] of told) {
    if (NO_VALUE.test(word)) {
      draft.reject(option, `${word} is no value`);
      continue;
    }
    const units = unitsOf(option);
    const { unit = units[0] ?? '', scale } = options[option] ?? {};
    if (!units.includes(unit)) draft.reject(option, `unit ${unit} is none of ${units.join(', ')}`);
    else draft.take(field, option, word, { unit, scale, decimalComma: options.decimal_comma ?? false });
  }
  if (NO_VALUE.test(word)) {
    // The device works, only its meter did not answer.
    return { status: 'read', readings: [draft.reading], memory, problems: draft.problems };
  }
  const sinceOffMs = memory.offAtMs === null ? Number.POSITIVE_INFINITY : message.steadyAt - memory.offAtMs;
  if (draft.reading.powerW && sinceOffMs >= 0 && sinceOffMs <= STALE_POWER_MS) {
    draft.dropStalePower('power');
  }
  return draft.outcome(memory);
}

/** A switch says ON or OFF; anything else than what is listed as on is off, unless it is no state at all. */
function parseRelay(
  message: Message,
  word: string,
  { options }: ParserDevice,
  memory: Memory,
): ParseOutcome<Memory> {
  const draft = new ReadingDraft(message);
  if (NO_VALUE.test(word)) {
    draft.reject('relay', `${word} is no state`);
    return { status: 'read', readings: [draft.reading], memory, problems: draft.problems };
  }
  const on: readonly unknown[] = options.relay?.on ?? RELAY_ON_DEFAULT;
  const isOn = on.map(String).includes(word);
  draft.takeRelay(isOn ? 'on' : 'off', true);
  if (message.retained) return draft.outcome(memory);
  return draft.outcome({ offAtMs: isOn ? null : message.steadyAt });
}

/** Birth message and last will; kept by the broker as a rule. */
function parseStatus(message: Message, word: string, memory: Memory): ParseOutcome<Memory> {
  if (word === 'online' || word === 'offline') return presenceReading(message, word, memory);
  return notRecognised('the status is neither online nor offline', memory);
}
