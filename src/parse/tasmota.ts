import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { topicMatches } from '../model/topic.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import type { ParseOutcome, Parser, Probe } from './parser.ts';
import { decodeText } from './payload.ts';
import {
  type NumberField,
  notRecognised,
  presenceReading,
  ReadingDraft,
  signOfLife,
  unusable,
} from './reading-draft.ts';

/** What is remembered of a Tasmota device. */
type Memory = {
  /** When the channel's relay went off, steady ms; null while it is on or unknown. */
  offAtMs: number | null;
  /** Power came as one number, not as one per channel. */
  scalarPower: boolean;
  /** There is more than one relay. With one meter behind them, one relay off does not mean 0 W. */
  severalRelays: boolean;
};

/** After a drop Tasmota may still report the power from before it. */
const STALE_POWER_MS = 10_000;

const ENERGY_FIELDS: readonly [key: string, field: NumberField][] = [
  ['Power', 'powerW'],
  ['Voltage', 'voltageV'],
  ['Current', 'currentA'],
  ['Frequency', 'frequencyHz'],
  ['Factor', 'powerFactor'],
  ['ApparentPower', 'apparentVa'],
  ['ReactivePower', 'reactiveVar'],
  ['Total', 'energyTotalKwh'],
  ['ExportActive', 'energyReturnedKwh'],
];

/**
 * Tasmota: known by the last level of the topic, since FullTopic lets the user put the prefix anywhere.
 * `Time` carries no zone and is never taken for the device's time.
 */
export const tasmota: Parser<Memory> = {
  type: 'tasmota',
  aliases: [],
  title: 'Tasmota',
  reportIntervalMs: 300_000,
  siblingTopics,
  ownTopics,
  probe,
  initialMemory: () => ({ offAtMs: null, scalarPower: false, severalRelays: false }),
  parse(message, device, memory) {
    const levels = message.topic.split('/');
    if (levels.includes('cmnd')) return notRecognised('a command to the device', memory);
    const tail = levels[levels.length - 1] ?? '';
    const text = decodeText(message.payload);
    if (typeof text !== 'string') return unusable(text, memory);
    if (tail === 'LWT') return parseLastWill(message, text, memory);
    if (/^POWER\d{0,2}$/.test(tail)) return parseRelays(message, device, memory, { [tail]: text });
    if (/^(SENSOR|STATE|RESULT|STATUS\d{0,2})$/.test(tail)) return parseObject(message, tail, device, memory);
    if (levels.includes('tele') || levels.includes('stat')) return signOfLife(message, memory);
    return notRecognised('not a topic of Tasmota', memory);
  },
};

function siblingTopics(
  mqttTopic: string,
  _options: ParserOptions,
  channel: ParserDevice['channel'] = null,
): string[] {
  const levels = mqttTopic.split('/');
  const last = levels.pop();
  const prefixAt = levels.findIndex((level) => level === 'tele' || level === 'stat');
  // `#` may stand for further levels of the name, `+` earlier for many devices: then nothing can be derived.
  if (last === '#' || prefixAt < 0 || levels.includes('+')) return [];
  const topicOf = (prefix: string, tail: string) => [...levels.with(prefixAt, prefix), tail].join('/');
  const siblings = [
    ...['LWT', 'STATE', 'SENSOR'].map((tail) => topicOf('tele', tail)),
    ...['POWER', 'RESULT', 'STATUS10', 'STATUS8'].map((tail) => topicOf('stat', tail)),
  ];
  if (typeof channel === 'number') siblings.push(topicOf('stat', `POWER${channel + 1}`));
  return siblings.filter((sibling) => !topicMatches(mqttTopic, sibling));
}

function ownTopics(mqttTopic: string): string[] {
  const levels = mqttTopic.split('/').slice(0, -1);
  const prefixAt = levels.findIndex((level) => level === 'tele' || level === 'stat');
  // The prefix alone names no device.
  if (prefixAt < 0 || levels.length < 2 || levels.includes('+') || mqttTopic.startsWith('#')) return [];
  return ['tele', 'stat', 'cmnd'].map((prefix) => `${levels.with(prefixAt, prefix).join('/')}/#`);
}

/** `Status 10` is answered at once on `stat/…/STATUS10`, which is a sibling. */
function probe(mqttTopic: string): Probe | null {
  const cmnd = /[+#]/.test(mqttTopic) ? undefined : ownTopics(mqttTopic)[2];
  return cmnd === undefined ? null : { topic: cmnd.replace(/#$/, 'Status'), payload: '10' };
}

function parseLastWill(message: Message, text: string, memory: Memory): ParseOutcome<Memory> {
  if (text === 'Online') return presenceReading(message, 'online', memory);
  if (text === 'Offline') return presenceReading(message, 'offline', memory);
  return notRecognised('LWT is neither Online nor Offline', memory);
}

function parseObject(
  message: Message,
  tail: string,
  device: ParserDevice,
  memory: Memory,
): ParseOutcome<Memory> {
  const json = parseJson(message.payload);
  if ('reason' in json) return unusable(json, memory);
  if (!isObject(json.value)) return notRecognised(`${tail} is not a JSON object`, memory);
  const { StatusSNS: sensors, StatusSTS: state } = json.value;
  if (tail === 'SENSOR') return parseSensors(message, device, memory, json.value, json.repaired);
  if (isObject(sensors)) return parseSensors(message, device, memory, sensors, json.repaired);
  return parseRelays(message, device, memory, isObject(state) ? state : json.value);
}

/** Measured values are arrays on a device with several channels; a number is shared by all of them. */
function parseSensors(
  message: Message,
  device: ParserDevice,
  memory: Memory,
  sensors: JsonObject,
  repaired: boolean,
): ParseOutcome<Memory> {
  const { ENERGY: energy } = sensors;
  if (!isObject(energy)) return signOfLife(message, memory);
  const draft = new ReadingDraft(message);
  draft.nullIsJunk = repaired;
  const index = channelOf(device);
  const isBelieved = memory.offAtMs !== null || !isUnmeasured(energy);
  for (const [key, field] of isBelieved ? ENERGY_FIELDS : []) {
    const value = energy[key];
    draft.take(field, `ENERGY.${key}`, Array.isArray(value) ? value[index] : value);
  }
  if (!isBelieved) {
    const problem = 'all values are zero, as before the first measurement: no proof of 0 W';
    draft.problems.push({ field: 'ENERGY', message: problem });
  }
  if (energy.Total === undefined && energy.ConsumptionTotal !== 0) {
    draft.take('energyTotalKwh', 'ENERGY.ConsumptionTotal', energy.ConsumptionTotal, { unit: 'Wh' });
  }
  const sinceOffMs = memory.offAtMs === null ? Number.POSITIVE_INFINITY : message.steadyAt - memory.offAtMs;
  if (draft.reading.powerW && sinceOffMs >= 0 && sinceOffMs <= STALE_POWER_MS) {
    draft.dropStalePower('ENERGY.Power');
  }
  const scalarPower = energy.Power === undefined ? memory.scalarPower : !Array.isArray(energy.Power);
  return draft.outcome(scalarPower === memory.scalarPower ? memory : { ...memory, scalarPower });
}

/** OpenBeken, known by `ConsumptionTotal`, writes 0 for what it has not measured; the mains are never at 0 V. */
function isUnmeasured({ ConsumptionTotal, Power, Voltage, Current }: JsonObject): boolean {
  return ConsumptionTotal !== undefined && [Power, Voltage, Current].every((value) => value === 0);
}

/** STATE, RESULT and POWER<n>: the relay of the channel, a sign of life of the others. */
function parseRelays(
  message: Message,
  device: ParserDevice,
  memory: Memory,
  states: JsonObject,
): ParseOutcome<Memory> {
  const severalRelays =
    memory.severalRelays || Object.keys(states).some((key) => /^POWER([2-9]|\d\d)$/.test(key));
  const learned = severalRelays === memory.severalRelays ? memory : { ...memory, severalRelays };
  const index = channelOf(device);
  const key = index === 0 && Object.hasOwn(states, 'POWER') ? 'POWER' : `POWER${index + 1}`;
  const state = Object.hasOwn(states, key) ? String(states[key]).trim().toUpperCase() : '';
  if (state !== 'ON' && state !== 'OFF') return signOfLife(message, learned);
  const oneMeter = learned.scalarPower && severalRelays;
  const draft = new ReadingDraft(message);
  draft.takeRelay(state === 'ON' ? 'on' : 'off', !oneMeter);
  const offAtMs = state === 'ON' || oneMeter ? null : message.steadyAt;
  const unchanged = message.retained || offAtMs === learned.offAtMs;
  return draft.outcome(unchanged ? learned : { ...learned, offAtMs });
}

function channelOf({ channel }: ParserDevice): number {
  return typeof channel === 'number' ? channel : 0;
}
