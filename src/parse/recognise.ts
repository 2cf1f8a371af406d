import type { Message } from '../model/message.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import { toNumber } from './number.ts';
import { decodeText } from './payload.ts';

/** What a topic, or a filter, proves; the first rule that matches. */
const TOPIC_RULES: readonly [pattern: RegExp, parserType: string][] = [
  [/\/status\/[a-z\d]+:\d{1,3}$|\/events\/rpc$/, 'shelly_pm'],
  [/^zigbee2mqtt[^/]*\/(?!bridge(?:\/|$)).+$/, 'zigbee2mqtt'],
  // A Gen2 device may have such a prefix as well; what both of them write there proves nothing.
  [
    /(?:^|\/)shellies\/[^/]+\/(?!(?:.+\/)?(?:online|announce|command|rpc)$|status\/|events\/).+$/,
    'shelly_gen1',
  ],
  [/(?:^|\/)(?:tele|stat)\/(?:.+\/)?(?:SENSOR|STATE|LWT|RESULT|STATUS\d{0,2}|POWER\d{0,2})$/, 'tasmota'],
  [/(?:^|\/)tele\/[^+#]+\/[+#]$/, 'tasmota'],
  [/\/(?:power|voltage|current|energycounter)\/get$/, 'openbeken'],
  [/\/sensor\/[^/]+\/(?:unit_of_measurement|last_changed|last_updated)$/, 'ha_statestream'],
  [/(?:^|\/)[^/]*statestream\/[^/]+\/[^/]+\/[^/]+$/, 'ha_statestream'],
];

/** Longer topics cannot be configured; it also bounds the work of the patterns. */
const TOPIC_LENGTH_MAX = 1024;
/** ESPHome and statestream name their topics alike. */
const SENSOR_STATE = /\/sensor\/[^/]+\/state$/;
const TEXT_BYTES_MAX = 64;
/** Where Tasmota tells its sensors; elsewhere its parser does not look for them. */
const TASMOTA_SENSORS = /(?:^|\/)(?:SENSOR|STATUS\d{1,2})$/;

/** The `parser_type` that a topic or filter alone proves, or null. */
export function recogniseTopic(topic: string): string | null {
  if (topic.length > TOPIC_LENGTH_MAX) return null;
  return TOPIC_RULES.find(([pattern]) => pattern.test(topic))?.[1] ?? null;
}

/** The families that write on such a topic, where they cannot be told apart by it. */
export function candidatesOf(topic: string): readonly string[] {
  return SENSOR_STATE.test(topic) ? ['esphome', 'ha_statestream'] : ['generic'];
}

/**
 * The `parser_type` that topic and payload prove together, or null. A JSON object with a power, or a plain
 * number, that shows no family is `generic`.
 */
export function recognise(message: Message): string | null {
  const byTopic = recogniseTopic(message.topic);
  // OpenBeken may write Tasmota's topics.
  if (byTopic !== null && byTopic !== 'tasmota') return byTopic;
  if (!mayBeValue(message.payload)) return byTopic;
  const json = parseJson(message.payload);
  if ('reason' in json) {
    const text = json.reason === 'not_json' ? decodeText(message.payload) : '';
    return byTopic ?? familyOfText(message.topic, typeof text === 'string' ? text.trim() : '');
  }
  const { value, repaired } = json;
  if (isObject(value)) return familyOfObject(message.topic, value) ?? byTopic;
  if (byTopic !== null) return byTopic;
  const isSensor = SENSOR_STATE.test(message.topic);
  if (typeof value === 'number') return isSensor ? 'esphome' : 'generic';
  // Only statestream quotes its states; only ESPHome writes `nan`.
  if (typeof value === 'string') return isSensor ? 'ha_statestream' : familyOfText(message.topic, value);
  return isSensor && repaired ? 'esphome' : null;
}

/** Spares long texts and pictures the attempt to read them: a value is an object or short. */
function mayBeValue(payload: Buffer): boolean {
  const start = payload.subarray(0, TEXT_BYTES_MAX).toString('latin1').trimStart();
  return start.startsWith('{') || payload.length <= TEXT_BYTES_MAX;
}

/** The `ENERGY` block of a Tasmota telemetry or status, or null. */
export function energyBlockOf(value: JsonObject): JsonObject | null {
  const { ENERGY: energy } = isObject(value.StatusSNS) ? value.StatusSNS : value;
  return isObject(energy) ? energy : null;
}

/** Whether this is how a number is told: 120.5 or "120.5", perhaps with a unit. */
export function isPower(value: unknown): boolean {
  return toNumber(value, 'power') !== null;
}

function familyOfObject(topic: string, value: JsonObject): string | null {
  const energy = TASMOTA_SENSORS.test(topic) ? energyBlockOf(value) : null;
  if (energy) return energy.ConsumptionTotal === undefined ? 'tasmota' : 'openbeken';
  const tellsPower = isPower(value.power) || isPower(value.apower);
  if (typeof value.linkquality === 'number' || (tellsPower && value.last_seen !== undefined)) {
    return 'zigbee2mqtt';
  }
  return tellsPower ? 'generic' : null;
}

function familyOfText(topic: string, text: string): string | null {
  if (SENSOR_STATE.test(topic)) {
    if (text === 'unavailable' || text === 'unknown') return 'ha_statestream';
    return text === 'None' ? 'esphome' : null;
  }
  return isPower(text) ? 'generic' : null;
}
