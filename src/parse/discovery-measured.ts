import type { FoundMeter } from '../model/discovery.ts';
import type { Message } from '../model/message.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import { energyBlockOf, isPower, recognise } from './recognise.ts';
import { componentOf, tellsPower } from './shelly-gen2-components.ts';

/** More channels than any device has. */
const CHANNELS_MAX = 16;
const SOCKETS_MAX = 8;
/** A bare number is taken for a power only where the topic says so. */
const NAMES_POWER = /(?:^|[^a-z])(?:power|watts?|leistung)(?:$|[^a-z])/i;

type Place = (message: Message) => FoundMeter[];

/** Where each family's meter is to be listened to, by the `parser_type` that was recognised. */
const PLACES: ReadonlyMap<string, Place> = new Map([
  ['shelly_pm', placesOfShellyGen2],
  ['shelly_gen1', placesOfShellyGen1],
  ['tasmota', (message) => placesOfTasmota(message, 'tasmota')],
  ['openbeken', placesOfOpenbeken],
  ['zigbee2mqtt', placesOfZigbee2mqtt],
  ['esphome', (message) => placesOfSensor(message, 'esphome')],
  ['ha_statestream', (message) => placesOfSensor(message, 'ha_statestream')],
  ['generic', placesOfGeneric],
]);

/** The meters whose values are in the message, as they would be configured. */
export function measuredMeters(message: Message): FoundMeter[] {
  return PLACES.get(recognise(message) ?? '')?.(message) ?? [];
}

function objectIn({ payload }: Message): JsonObject {
  const json = parseJson(payload);
  return 'value' in json && isObject(json.value) ? json.value : {};
}

/** The status topic also where only `events/rpc` speaks: a device on it listens to both. */
function placesOfShellyGen2(message: Message): FoundMeter[] {
  const [, prefix, key] = /^(.+)\/(?:status\/([^/]+)|events\/rpc)$/.exec(message.topic) ?? [];
  if (prefix === undefined) return [];
  const payload = objectIn(message);
  if (key !== undefined) return placesOfComponents(prefix, { [key]: payload });
  const { params, src } = payload;
  return isObject(params)
    ? placesOfComponents(prefix, params, typeof src === 'string' ? src : undefined)
    : [];
}

function placesOfComponents(prefix: string, statuses: JsonObject, name?: string): FoundMeter[] {
  const metered = Object.keys(statuses).flatMap((key) => {
    const component = componentOf(key);
    const status = statuses[key];
    const isMetered = component && isObject(status) && tellsPower(component, status);
    return isMetered ? [component.name] : [];
  });
  return [...new Set(metered)].map((component) => {
    const meter: FoundMeter = { parserType: 'shelly_pm', mqttTopic: `${prefix}/status/${component}` };
    if (name !== undefined) meter.name = name;
    return meter;
  });
}

function placesOfShellyGen1({ topic }: Message): FoundMeter[] {
  const [, meter] =
    /^(.+\/(?:relay\/\d{1,2}|emeter\/\d{1,2}|relay))\/(?:power|energy|total|voltage|current)$/.exec(topic) ??
    [];
  return meter === undefined ? [] : [{ parserType: 'shelly_gen1', mqttTopic: `${meter}/power` }];
}

function placesOfTasmota(message: Message, parserType: string): FoundMeter[] {
  const { topic } = message;
  const energy = energyBlockOf(objectIn(message));
  if (!energy || energy.Power === undefined) return [];
  // A status is an answer; what comes by itself is the telemetry.
  const [, before, after] = /^(.+\/)?stat\/(.+\/)?STATUS\d{1,2}$/.exec(topic) ?? [];
  const isStatus = /(?:^|\/)stat\/.*STATUS\d{1,2}$/.test(topic);
  const mqttTopic = isStatus ? `${before ?? ''}tele/${after ?? ''}SENSOR` : topic;
  return metersOn({ parserType, mqttTopic }, channelsOf(energy));
}

/** One meter for each channel; null: it needs none. */
export function metersOn(meter: FoundMeter, channels: readonly (number | null)[]): FoundMeter[] {
  return channels.map((channel) => (channel === null ? meter : withChannel(meter, channel)));
}

function withChannel(meter: FoundMeter, channel: number): FoundMeter {
  return { ...meter, channel };
}

/** The channels of Tasmota's `ENERGY`: a device with several meters tells an array. */
export function channelsOf({ Power: power }: JsonObject): (number | null)[] {
  if (!Array.isArray(power) || power.length < 2) return [null];
  return power.slice(0, CHANNELS_MAX).map((_, channel) => channel);
}

function placesOfOpenbeken(message: Message): FoundMeter[] {
  const [, device] = /^(.+)\/(?:power|voltage|current|energycounter)\/get$/.exec(message.topic) ?? [];
  if (device === undefined) return placesOfTasmota(message, 'openbeken');
  // An empty message is a question to the device.
  if (message.payload.length === 0) return [];
  return [{ parserType: 'openbeken', mqttTopic: `${device}/power/get` }];
}

/** JSON, or in attribute mode a topic for each value. */
function placesOfZigbee2mqtt(message: Message): FoundMeter[] {
  const { topic: mqttTopic } = message;
  const parserType = 'zigbee2mqtt';
  const [, socket] = /\/power(?:_l(\d))?$/.exec(mqttTopic) ?? [];
  if (socket !== undefined) return [{ parserType, mqttTopic, channel: Number(socket) }];
  if (mqttTopic.endsWith('/power')) return [{ parserType, mqttTopic }];
  if (/\/(?:availability|get|set)(?:\/|$)/.test(mqttTopic)) return [];
  return metersOn({ parserType, mqttTopic }, socketsOf(Object.keys(objectIn(message))));
}

/** The channels among the names of zigbee2mqtt's values: `power_l1` and so on, or `power` alone. */
export function socketsOf(names: readonly string[]): (number | null)[] {
  const sockets = Array.from({ length: SOCKETS_MAX }, (_, index) => index + 1).filter((channel) =>
    names.includes(`power_l${channel}`),
  );
  if (sockets.length > 0) return sockets;
  return names.includes('power') ? [null] : [];
}

function placesOfSensor({ topic: mqttTopic }: Message, parserType: string): FoundMeter[] {
  const [, object = ''] = /\/sensor\/([^/]+)\/state$/.exec(mqttTopic) ?? [];
  return NAMES_POWER.test(object.replaceAll('_', ' ')) ? [{ parserType, mqttTopic }] : [];
}

function placesOfGeneric(message: Message): FoundMeter[] {
  const { topic: mqttTopic } = message;
  const { power, apower } = objectIn(message);
  const isObjectWithPower = isPower(power) || isPower(apower);
  const name = mqttTopic.slice(mqttTopic.lastIndexOf('/') + 1).replaceAll('_', ' ');
  return isObjectWithPower || NAMES_POWER.test(name) ? [{ parserType: 'generic', mqttTopic }] : [];
}
