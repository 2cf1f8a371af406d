import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { topicMatches, topicNameProblem } from '../model/topic.ts';
import { parseJson } from './json.ts';
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

/** The entity's unit as Home Assistant told it, and its last live state: the unit is told after the state. */
type Told = { unit: string | null; state: string | null };
type Memory = { readonly [option in Option]?: Told };

const FIELDS: Record<Option, NumberField> = {
  power: 'powerW',
  energy: 'energyTotalKwh',
  voltage: 'voltageV',
  current: 'currentA',
  frequency: 'frequencyHz',
};
const OPTIONS = Object.keys(FIELDS) as Option[];

const STATE = /\/state$/;
const UNIT = /\/unit_of_measurement$/;
const RELAY_ON_DEFAULT: readonly unknown[] = ['on'];
/** More than any state that is a number. */
const STATE_LENGTH_MAX = 64;

/**
 * Home Assistant statestream: `<base>/sensor/<object>/state`, one entity per value. `mqtt_topic` is the
 * power's, `parser_options` name the topics of the others.
 */
export const statestream: Parser<Memory> = {
  type: 'ha_statestream',
  aliases: ['statestream'],
  title: 'Home Assistant statestream',
  reportIntervalMs: null,
  readsOptions: true,
  siblingTopics,
  ownTopics(mqttTopic) {
    const [, entity] = /^([^+#]+\/[^+#]+)\/(?:state|[+#])$/.exec(mqttTopic) ?? [];
    return entity === undefined ? [] : [`${entity}/#`];
  },
  // Home Assistant answers no questions about an entity over MQTT.
  probe: () => null,
  initialMemory: () => ({}),
  parse(message, device, memory) {
    const payload = decodeText(message.payload);
    if (typeof payload !== 'string') return unusable(payload, memory);
    const text = unquoted(payload, message).trim();
    const { topic } = message;
    if (topic === device.options.relay?.topic) return parseRelay(message, text, device, memory);
    const option = optionOf(topic.replace(UNIT, '/state'), device);
    if (option !== null) {
      return UNIT.test(topic)
        ? parseUnit(message, option, text, device, memory)
        : parseState(message, option, text, device, memory);
    }
    // Other attributes of the entity under a wildcard: they are told along with a state.
    if (topicMatches(device.mqttTopic, topic)) return signOfLife(message, memory);
    return notRecognised('neither the state nor the unit of a configured entity', memory);
  },
};

function siblingTopics(mqttTopic: string, options: ParserOptions): string[] {
  const { relay } = options;
  const main = /[+#]/.test(mqttTopic) ? [] : unitTopicOf(mqttTopic, options.power?.unit);
  const mapped = OPTIONS.flatMap((option) => {
    const { topic, unit } = options[option] ?? {};
    return topic === undefined ? [] : [topic, ...unitTopicOf(topic, unit)];
  });
  const topics = [...main, ...mapped, ...(relay?.topic === undefined ? [] : [relay.topic])];
  const isWanted = (topic: string) => topicNameProblem(topic) === null && !topicMatches(mqttTopic, topic);
  return [...new Set(topics.filter(isWanted))];
}

/** Where the unit of a state is told; nowhere that matters when the configuration says it. */
function unitTopicOf(stateTopic: string, unit: string | undefined): string[] {
  return unit === undefined && STATE.test(stateTopic)
    ? [stateTopic.replace(STATE, '/unit_of_measurement')]
    : [];
}

/** Which value the entity with this state topic is. */
function optionOf(stateTopic: string, { mqttTopic, options }: ParserDevice): Option | null {
  const mapped = OPTIONS.find((option) => options[option]?.topic === stateTopic);
  if (mapped) return mapped;
  if (stateTopic === mqttTopic) return 'power';
  return STATE.test(stateTopic) && topicMatches(mqttTopic, stateTopic) ? 'power' : null;
}

/** States are told raw, attributes and some versions' states as JSON: `"119.0"`. */
function unquoted(text: string, { payload }: Message): string {
  if (!text.trimStart().startsWith('"')) return text;
  const json = parseJson(payload);
  return 'value' in json && typeof json.value === 'string' ? json.value : text;
}

function parseState(
  message: Message,
  option: Option,
  state: string,
  device: ParserDevice,
  memory: Memory,
): ParseOutcome<Memory> {
  if (option === 'power' && state === 'unavailable') return presenceReading(message, 'offline', memory);
  const { unit = null, state: known = null } = memory[option] ?? {};
  const isKept = !message.retained && state !== known && state.length <= STATE_LENGTH_MAX;
  const draft = new ReadingDraft(message);
  takeState(draft, option, state, unit, device);
  return draft.outcome(isKept ? { ...memory, [option]: { unit, state } } : memory);
}

/** A new unit puts the state right that came just before it; without a state it is a sign of life. */
function parseUnit(
  message: Message,
  option: Option,
  unit: string,
  device: ParserDevice,
  memory: Memory,
): ParseOutcome<Memory> {
  const { unit: knownUnit = null, state = null } = memory[option] ?? {};
  if (unit === knownUnit) return signOfLife(message, memory);
  const draft = new ReadingDraft(message);
  if (!unitsOf(option).includes(unit)) {
    draft.reject(option, `unit ${unit.slice(0, 16)} is none of ${unitsOf(option).join(', ')}`);
    return draft.outcome(memory);
  }
  const isDefault = knownUnit === null && unit === unitsOf(option)[0];
  if (state !== null && !isDefault) takeState(draft, option, state, unit, device);
  return draft.outcome({ ...memory, [option]: { unit, state } });
}

/** The unit of the configuration wins over the one that was told. */
function takeState(
  draft: ReadingDraft,
  option: Option,
  state: string,
  unit: string | null,
  { options }: ParserDevice,
): void {
  const { unit: configured, scale } = options[option] ?? {};
  draft.take(FIELDS[option], option, state, {
    unit: configured ?? unit ?? unitsOf(option)[0],
    scale,
    decimalComma: options.decimal_comma ?? false,
  });
}

function parseRelay(
  message: Message,
  state: string,
  { options }: ParserDevice,
  memory: Memory,
): ParseOutcome<Memory> {
  if (state === 'unavailable' || state === 'unknown') {
    return unusable({ reason: 'no_value', detail: `the relay is ${state}` }, memory);
  }
  const on: readonly unknown[] = options.relay?.on ?? RELAY_ON_DEFAULT;
  const draft = new ReadingDraft(message);
  draft.takeRelay(on.map(String).includes(state) ? 'on' : 'off', true);
  return draft.outcome(memory);
}
