import type { Message } from '../model/message.ts';
import { topicMatches } from '../model/topic.ts';
import { isChosen, wantedOf, withMetered } from './component-choice.ts';
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

/** What is remembered of a Gen1 device. */
type Memory = {
  /** Components that ever told a power. */
  metered: readonly string[];
  /** When the chosen relay went off, steady ms; null while it is on or unknown. */
  offAtMs: number | null;
};

/** A power that was measured before the relay opened may arrive this much after it. */
const STALE_POWER_MS = 2000;

/** One value per topic: the last level says which. `energy` of an emeter is an amount per report, no counter. */
const RELAY_VALUES: ReadonlyMap<string, [NumberField, string]> = new Map([
  ['power', ['powerW', 'W']],
  ['energy', ['energyTotalKwh', 'Wmin']],
]);
const EMETER_VALUES: ReadonlyMap<string, [NumberField, string | undefined]> = new Map([
  ['power', ['powerW', 'W']],
  ['voltage', ['voltageV', 'V']],
  ['current', ['currentA', 'A']],
  ['pf', ['powerFactor', undefined]],
  ['reactive_power', ['reactiveVar', 'var']],
  ['total', ['energyTotalKwh', 'Wh']],
  ['total_returned', ['energyReturnedKwh', 'Wh']],
]);

/** `relay/0/power` is component `relay:0`, value `power`; the relay's own state has no value name. */
type Place = { component: string; value: string };

/** Shelly Gen1: `shellies/<id>/relay/0/power` and its like, one value per topic. */
export const shellyGen1: Parser<Memory> = {
  type: 'shelly_gen1',
  aliases: [],
  title: 'Shelly Gen1',
  reportIntervalMs: 60_000,
  siblingTopics,
  ownTopics,
  probe,
  initialMemory: () => ({ metered: [], offAtMs: null }),
  parse(message, device, memory) {
    const { topic } = message;
    if (topic.endsWith('/command')) return notRecognised('a command to the device', memory);
    const text = decodeText(message.payload);
    if (typeof text !== 'string') return unusable(text, memory);
    if (topic.endsWith('/online')) return parseOnline(message, text, memory);
    const place = placeOf(topic);
    if (!place) {
      const isShelly = topic.startsWith('shellies/') || topic.includes('/shellies/');
      return isShelly ? signOfLife(message, memory) : notRecognised('not a topic of a Shelly Gen1', memory);
    }
    const isPower = place.value === 'power' && Number.isFinite(Number(text));
    const metered = isPower ? withMetered(memory.metered, place.component) : memory.metered;
    const learned = metered === memory.metered ? memory : { ...memory, metered };
    const wanted = wantedOf(placeOf(device.mqttTopic)?.component ?? null, device.channel);
    if (!isChosen(place.component, wanted, metered)) return signOfLife(message, learned);
    if (place.value === '') return parseRelay(message, text, learned);
    return parseValue(message, place, text, learned);
  },
};

/**
 * What a topic, or the literal end of a filter, is about. The old Shelly2 has one meter for both relays,
 * `relay/power`: a component of its own, because one relay going off does not make it 0 W.
 */
function placeOf(topic: string): Place | null {
  if (topic.endsWith('/relay/power')) return { component: 'meter:0', value: 'power' };
  const [, kind, number, value = ''] = /\/(relay|emeter)\/(\d{1,2})(?:\/([a-z_]+|#))?$/.exec(topic) ?? [];
  return kind === undefined ? null : { component: `${kind}:${number}`, value };
}

function siblingTopics(mqttTopic: string): string[] {
  const [, device, place] = /^([^+#]+)\/((?:relay|emeter)\/.+)$/.exec(mqttTopic) ?? [];
  if (device === undefined || place === undefined) return [];
  const siblings = [`${device}/online`];
  const [, kind, number] = /^(relay|emeter)\/(\d{1,2})(?:\/[a-z_]+|\/#)?$/.exec(place) ?? [];
  const component = `${device}/${kind}/${number}`;
  if (kind === 'relay') siblings.push(component, `${component}/power`, `${component}/energy`);
  if (kind === 'emeter') {
    for (const value of ['power', 'total', 'voltage', 'current']) siblings.push(`${component}/${value}`);
  }
  return siblings.filter((sibling) => !topicMatches(mqttTopic, sibling));
}

function ownTopics(mqttTopic: string): string[] {
  const [, device] = /^([^+#]+?)\/(?:(?:relay|emeter)\/.+|online|#)$/.exec(mqttTopic) ?? [];
  // `shellies/#` is every device of the house.
  return device === undefined || /(^|\/)shellies$/.test(device) ? [] : [`${device}/#`];
}

/** `update` makes the device publish everything it has, on the topics that are listened to anyway. */
function probe(mqttTopic: string): Probe | null {
  const [own] = /[+#]/.test(mqttTopic) ? [] : ownTopics(mqttTopic);
  return own === undefined ? null : { topic: own.replace(/#$/, 'command'), payload: 'update' };
}

function parseOnline(message: Message, text: string, memory: Memory): ParseOutcome<Memory> {
  if (text === 'true') return presenceReading(message, 'online', memory);
  if (text === 'false') return presenceReading(message, 'offline', memory);
  return notRecognised('online is neither true nor false', memory);
}

function parseRelay(message: Message, text: string, memory: Memory): ParseOutcome<Memory> {
  const state = text.trim();
  if (state !== 'on' && state !== 'off' && state !== 'overpower') {
    return notRecognised('the relay is neither on, off nor overpower', memory);
  }
  const draft = new ReadingDraft(message);
  // After `overpower` the device has opened the relay by itself.
  draft.takeRelay(state === 'on' ? 'on' : 'off', true);
  const offAtMs = state === 'on' ? null : message.steadyAt;
  const unchanged = message.retained || offAtMs === memory.offAtMs;
  return draft.outcome(unchanged ? memory : { ...memory, offAtMs });
}

function parseValue(message: Message, place: Place, text: string, memory: Memory): ParseOutcome<Memory> {
  const values = place.component.startsWith('emeter') ? EMETER_VALUES : RELAY_VALUES;
  const value = values.get(place.value);
  if (!value) return signOfLife(message, memory);
  const [field, unit] = value;
  const draft = new ReadingDraft(message);
  draft.take(field, place.value, text, { unit });
  const sinceOffMs = memory.offAtMs === null ? Number.POSITIVE_INFINITY : message.steadyAt - memory.offAtMs;
  if (field === 'powerW' && draft.reading.powerW && sinceOffMs >= 0 && sinceOffMs <= STALE_POWER_MS) {
    draft.dropStalePower(place.value);
  }
  return draft.outcome(memory);
}
