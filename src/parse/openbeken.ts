import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { topicMatches } from '../model/topic.ts';
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
import { tasmota } from './tasmota.ts';

/** The plain topics need none; what is remembered is for the Tasmota-style ones. */
type Memory = ReturnType<typeof tasmota.initialMemory>;

/** `<dev>/<name>/get`: one value per topic. The counter is in Wh. */
const VALUES: ReadonlyMap<string, [NumberField, string | undefined]> = new Map([
  ['power', ['powerW', 'W']],
  ['voltage', ['voltageV', 'V']],
  ['current', ['currentA', 'A']],
  ['frequency', ['frequencyHz', 'Hz']],
  ['power_factor', ['powerFactor', undefined]],
  ['power_apparent', ['apparentVa', 'VA']],
  ['power_reactive', ['reactiveVar', 'var']],
  ['energycounter', ['energyTotalKwh', 'Wh']],
  ['energycounter_generation', ['energyReturnedKwh', 'Wh']],
]);

const TASMOTA_STYLE = /^(?:tele|stat|cmnd)\/|\/(?:SENSOR|STATUS\d{1,2})$/;
/** What the device tells of itself besides its channels and measurements. */
const SELF = /\/(?:sockets|rssi|uptime|freeheap|ip|datetime|mac|build|host|ssid)$/;

/** OpenBeken: `<dev>/power/get` and its like, one value per topic; also its Tasmota-style telemetry. */
export const openbeken: Parser<Memory> = {
  type: 'openbeken',
  aliases: [],
  title: 'OpenBeken',
  reportIntervalMs: 60_000,
  siblingTopics,
  ownTopics,
  probe,
  initialMemory: () => tasmota.initialMemory(),
  parse(message, device, memory) {
    const { topic } = message;
    if (TASMOTA_STYLE.test(topic)) {
      const channel = tasmotaChannelOf(device.channel);
      return tasmota.parse(message, channel === device.channel ? device : { ...device, channel }, memory);
    }
    // A question for the value, perhaps our own: everyone who listens to the answers hears it, too.
    if (message.payload.length === 0 && topic.endsWith('/get'))
      return { status: 'read', readings: [], memory };
    const text = decodeText(message.payload);
    if (typeof text !== 'string') return unusable(text, memory);
    if (topic.endsWith('/connected')) return parseConnected(message, text, memory);
    const [, name] = /\/([a-z\d_]+)\/get$/i.exec(topic) ?? [];
    if (name !== undefined) return parseGet(message, name, text, device, memory);
    return SELF.test(topic)
      ? signOfLife(message, memory)
      : notRecognised('not a topic on which OpenBeken tells something', memory);
  },
};

/** The device that a literal topic, or the literal beginning of a filter, belongs to. */
function deviceOf(mqttTopic: string): string | null {
  const [, device] =
    /^(?:tele|stat)\/([^+#]+)\/[^/]+$/.exec(mqttTopic) ??
    /^(?!(?:tele|stat|cmnd)\/)([^+#]+?)\/(?:[a-z\d_+]+\/get|connected|#)$/i.exec(mqttTopic) ??
    [];
  return device ?? null;
}

function siblingTopics(
  mqttTopic: string,
  options: ParserOptions,
  channel: ParserDevice['channel'] = null,
): string[] {
  const device = deviceOf(mqttTopic);
  if (device === null) return [];
  const siblings = TASMOTA_STYLE.test(mqttTopic)
    ? tasmota.siblingTopics(mqttTopic, options, tasmotaChannelOf(channel))
    : ['power', 'voltage', 'current', 'energycounter', relayOf(channel)].map(
        (name) => `${device}/${name}/get`,
      );
  return [`${device}/connected`, ...siblings].filter((sibling) => !topicMatches(mqttTopic, sibling));
}

function ownTopics(mqttTopic: string): string[] {
  const device = deviceOf(mqttTopic);
  if (device === null) return [];
  return [`${device}/#`, ...['tele', 'stat', 'cmnd'].map((prefix) => `${prefix}/${device}/#`)];
}

/** An empty message to a value's own topic makes the device publish it there. */
function probe(mqttTopic: string): Probe | null {
  const device = /[+#]/.test(mqttTopic) ? null : deviceOf(mqttTopic);
  if (device === null) return null;
  const topic = `${device}/power/get`;
  return { topic, payload: '', ...(TASMOTA_STYLE.test(mqttTopic) && { answerTopic: topic }) };
}

function parseConnected(message: Message, text: string, memory: Memory): ParseOutcome<Memory> {
  if (text === 'online') return presenceReading(message, 'online', memory);
  if (text === 'offline') return presenceReading(message, 'offline', memory);
  return notRecognised('connected is neither online nor offline', memory);
}

function parseGet(
  message: Message,
  name: string,
  text: string,
  device: ParserDevice,
  memory: Memory,
): ParseOutcome<Memory> {
  const draft = new ReadingDraft(message);
  const value = VALUES.get(name);
  if (value) {
    const [field, unit] = value;
    draft.take(field, name, text, { unit });
  } else if (name === relayOf(device.channel) && /^[01]$/.test(text.trim())) {
    // Off does not mean 0 W here: several relays may share the meter, and it tells its 0 W by itself at once.
    draft.takeRelay(text.trim() === '1' ? 'on' : 'off', false);
  }
  return draft.outcome(memory);
}

/** The relay's number on the device; the first one is 1. */
function relayOf(channel: ParserDevice['channel']): string {
  return String(typeof channel === 'number' ? channel : 1);
}

/** Tasmota's channels count from 0. */
function tasmotaChannelOf(channel: ParserDevice['channel']): ParserDevice['channel'] {
  return typeof channel === 'number' ? Math.max(0, channel - 1) : channel;
}
