import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import type { ParseOutcome, Parser, Probe } from './parser.ts';
import { decodeText, type Failure } from './payload.ts';
import { notRecognised, presenceReading, ReadingDraft, signOfLife, unusable } from './reading-draft.ts';
import { type Told, withoutRepeats } from './repeat-filter.ts';
import { deviceTopicOf, isBridgeTopic, isCommand, siblingsOf } from './zigbee2mqtt-topics.ts';
import { type Circuit, namesOf, suffixesOf, takeValues } from './zigbee2mqtt-values.ts';
import { zonedTimeMs } from './zoned-time.ts';

/** What is remembered of a device behind zigbee2mqtt. */
type Memory = Circuit & {
  /** What the other kind of topic told a moment ago. */
  told: readonly Told[];
  /** zigbee2mqtt came up at `atMs` of the steady clock; on the topics of `heard` its cached state has come. */
  start: { atMs: number; heard: readonly string[] } | null;
};

/** The values of one message; `heardAs` is the attribute or JSON_STATE, `repaired` as in parseJson. */
type Content = { values: JsonObject; repaired: boolean; heardAs: string };

/** The cached state comes once everything else of zigbee2mqtt runs: seconds, with many devices more. */
const CACHED_STATE_MS = 300_000;
/** A device heard by zigbee2mqtt this long ago at most has just spoken. */
const JUST_SEEN_MS = 5000;
/** In `heard`: the JSON message, which no attribute is called. */
const JSON_STATE = '';
const DUPLICATE = 'the same values came as JSON or as attribute within 500 ms';

/** Devices behind zigbee2mqtt: JSON on `<base>/<name>`, or one value per topic below it (attribute mode). */
export const zigbee2mqtt: Parser<Memory> = {
  type: 'zigbee2mqtt',
  aliases: [],
  title: 'Zigbee2MQTT',
  reportIntervalMs: 3_600_000,
  siblingTopics: (mqttTopic, _options, channel = null) =>
    siblingsOf(mqttTopic, suffixesOf({ mqttTopic, channel })),
  ownTopics(mqttTopic) {
    const device = deviceTopicOf(mqttTopic);
    return device === null ? [] : [`${device}/#`];
  },
  probe,
  initialMemory: () => ({ meter: null, relayOff: false, told: [], start: null }),
  parse(message, device, memory) {
    const { topic } = message;
    if (isCommand(topic)) return notRecognised('a command to the device', memory);
    if (topic.endsWith('/bridge/state')) return parseBridgeState(message, memory);
    if (isBridgeTopic(topic)) return notRecognised('zigbee2mqtt speaks of itself', memory);
    if (topic.endsWith('/availability')) return parseAvailability(message, memory);
    const text = decodeText(message.payload);
    const isValueTopic = topic !== placeOf(device).topic;
    if (typeof text !== 'string') {
      // A value that is null goes out as an empty payload.
      const isNull = text.reason === 'empty' && isValueTopic;
      return isNull ? parseAttribute(message, '', device, memory) : unusable(text, memory);
    }
    if (/^\s*\{/.test(text)) return parseState(message, device, memory);
    if (isValueTopic) return parseAttribute(message, text, device, memory);
    return notRecognised('the state is not a JSON object', memory);
  },
};

/** zigbee2mqtt asks the device and publishes its answer as usual. */
function probe(
  mqttTopic: string,
  _options: ParserOptions,
  channel: ParserDevice['channel'] = null,
): Probe | null {
  const device = deviceTopicOf(mqttTopic);
  if (device === null || mqttTopic.endsWith('/#')) return null;
  const [suffix = ''] = suffixesOf({ mqttTopic, channel });
  return { topic: `${device}/get`, payload: JSON.stringify({ [`power${suffix}`]: '' }) };
}

/** What the configuration says of a device: its topic where that is known, and how its values are called. */
type Place = { topic: string | null; suffixes: readonly string[]; names: ReadonlySet<string> };

/** By device: what topic and channel choose does not change while a device is configured. */
const placeByDevice = new WeakMap<ParserDevice, Place>();

function placeOf(device: ParserDevice): Place {
  let place = placeByDevice.get(device);
  if (place === undefined) {
    const suffixes = suffixesOf(device);
    place = { topic: deviceTopicOf(device.mqttTopic), suffixes, names: namesOf(suffixes) };
    placeByDevice.set(device, place);
  }
  return place;
}

/** zigbee2mqtt is not the device: that it is there, or not, is neither a sign of life nor a last will. */
function parseBridgeState(message: Message, memory: Memory): ParseOutcome<Memory> {
  const state = presenceOf(message);
  if (typeof state === 'object') return unusable(state, memory);
  const cameUp = state === 'online' && !message.retained;
  const start = cameUp ? { atMs: message.steadyAt, heard: [] } : memory.start;
  return { status: 'read', readings: [], memory: { ...memory, start } };
}

function parseAvailability(message: Message, memory: Memory): ParseOutcome<Memory> {
  const presence = presenceOf(message);
  return typeof presence === 'object'
    ? unusable(presence, memory)
    : presenceReading(message, presence, memory);
}

/** `online` or `offline`, plain or as `{"state":"online"}`. */
function presenceOf({ payload }: Message): 'online' | 'offline' | Failure {
  const text = decodeText(payload);
  if (typeof text !== 'string') return text;
  let state: unknown = text;
  if (/^\s*\{/.test(text)) {
    const json = parseJson(payload);
    if ('reason' in json) return json;
    state = isObject(json.value) ? json.value.state : undefined;
  }
  if (state === 'online' || state === 'offline') return state;
  return { reason: 'not_recognised', detail: 'neither online nor offline' };
}

function parseState(message: Message, device: ParserDevice, memory: Memory): ParseOutcome<Memory> {
  const json = parseJson(message.payload);
  if ('reason' in json) return unusable(json, memory);
  if (!isObject(json.value)) return notRecognised('the state is not a JSON object', memory);
  return parseValues(message, device, memory, {
    values: json.value,
    repaired: json.repaired,
    heardAs: JSON_STATE,
  });
}

function parseAttribute(
  message: Message,
  text: string,
  device: ParserDevice,
  memory: Memory,
): ParseOutcome<Memory> {
  const name = message.topic.slice(message.topic.lastIndexOf('/') + 1);
  if (placeOf(device).names.has(name)) {
    const values = { [name]: text === '' ? null : text };
    return parseValues(message, device, memory, { values, repaired: false, heardAs: name });
  }
  // While the cached state is awaited, an attribute that tells nothing may be a part of it.
  const isAwaited = startAt(message, memory) !== null;
  return signOfLife(isAwaited ? { ...message, retained: true } : message, memory);
}

/**
 * Reads the values of one message. zigbee2mqtt sends the state it had stored once more after it came up, as a
 * live message: it is given on as retained, which fills displays but neither starts nor feeds a session.
 */
function parseValues(
  message: Message,
  device: ParserDevice,
  memory: Memory,
  { values, repaired, heardAs }: Content,
): ParseOutcome<Memory> {
  const start = startAt(message, memory);
  const isFirst = start !== null && !start.heard.includes(heardAs) && !message.retained;
  const seenAt = timeOf(values.last_seen);
  const isCached = isFirst && !(Math.abs(message.receivedAt - seenAt) <= JUST_SEEN_MS);
  const draft = new ReadingDraft(isCached ? { ...message, retained: true } : message);
  draft.nullIsJunk = repaired;
  if (heardAs === JSON_STATE) draft.takeTime(seenAt);
  const { meter, relayOff } = takeValues(draft, values, placeOf(device).suffixes, memory);
  const learned: Memory = {
    ...memory,
    meter,
    start: isFirst ? { ...start, heard: [...start.heard, heardAs] } : start,
  };
  // What was so some time ago says nothing about the relay now.
  if (message.retained || isCached || !draft.hasValues) return draft.outcome(learned);
  const by = heardAs === JSON_STATE ? 'json' : 'attribute';
  const { reading, told } = withoutRepeats(draft.reading, by, memory.told);
  const remembered: Memory = { ...learned, relayOff, told };
  if (reading) return draft.outcome(remembered, reading);
  return unusable({ reason: 'duplicate', detail: DUPLICATE }, remembered);
}

/** The start whose cached state may still be under way. */
function startAt({ steadyAt }: Message, { start }: Memory): Memory['start'] {
  return start !== null && steadyAt - start.atMs <= CACHED_STATE_MS ? start : null;
}

/** `last_seen` as ms since the epoch: a number, or ISO 8601; NaN without one or without a time zone. */
function timeOf(lastSeen: unknown): number {
  return typeof lastSeen === 'number' ? lastSeen : zonedTimeMs(lastSeen);
}
