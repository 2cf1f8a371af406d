import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { isChosen, type Wanted, wantedOf, withMetered } from './component-choice.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import type { ParseOutcome, Parser, Probe } from './parser.ts';
import { decodeText } from './payload.ts';
import { notRecognised, presenceReading, ReadingDraft, signOfLife, unusable } from './reading-draft.ts';
import { type Told, withoutRepeats } from './repeat-filter.ts';
import { type Component, componentOf, returnedWhOf, tellsPower } from './shelly-gen2-components.ts';

/** What is remembered of a Gen2 device. */
type Memory = {
  /** Components that ever told a power; a relay among them that goes off means 0 W. */
  metered: readonly string[];
  /** The last exported energy of the chosen component, Wh. */
  returnedWh: number | null;
  /** What was told in the last half second: `status` and `events/rpc` tell one change twice. */
  told: readonly Told[];
};

type Entry = { component: Component; status: JsonObject };
type Source = { by: 'status' | 'events' | 'answer'; timeMs: number | null; repaired: boolean };

/** Our name in requests, below the device's prefix: the firmware answers on `<src>/rpc`. */
const SOURCE_TAIL = '/bridge';
const ANSWER_TAIL = `${SOURCE_TAIL}/rpc`;
const DUPLICATE = 'the same values came on the other topic within 500 ms';

/** Shelly Gen2 and later: `<prefix>/status/<component>`, `<prefix>/events/rpc`, `<prefix>/online` and answers. */
export const shellyGen2: Parser<Memory> = {
  type: 'shelly_pm',
  aliases: ['shelly_pm_mini_g3', 'shelly_gen2'],
  title: 'Shelly Gen2, Plus, Pro, Gen3, Gen4',
  reportIntervalMs: 60_000,
  siblingTopics,
  ownTopics,
  probe,
  initialMemory: () => ({ metered: [], returnedWh: null, told: [] }),
  parse(message, device, memory) {
    const { topic } = message;
    const slash = topic.lastIndexOf('/');
    if (topic.endsWith('/status', slash)) return parseStatus(message, topic.slice(slash + 1), device, memory);
    if (topic.endsWith('/events/rpc')) return parseEvents(message, device, memory);
    if (topic.endsWith(ANSWER_TAIL)) return parseAnswer(message, device, memory);
    if (topic.endsWith('/online')) return parseOnline(message, memory);
    return notRecognised('neither a status, an event nor the last will of a Shelly Gen2', memory);
  },
};

function siblingTopics(mqttTopic: string): string[] {
  const [, prefix, place] = /^([^+#]+)\/(status\/[^/]+|events\/rpc)$/.exec(mqttTopic) ?? [];
  if (prefix === undefined || place === undefined) return [];
  if (place === 'events/rpc') return [`${prefix}/online`];
  const data = /^status\/(em1?):(\d{1,3})$/.exec(place);
  return [
    `${prefix}/events/rpc`,
    `${prefix}/online`,
    ...(data ? [`${prefix}/status/${data[1]}data:${data[2]}`] : []),
  ];
}

function ownTopics(mqttTopic: string): string[] {
  const [, prefix] = /^([^+#]+?)\/(?:status\/.+|events\/.+|online|#)$/.exec(mqttTopic) ?? [];
  return prefix === undefined ? [] : [`${prefix}/#`];
}

/** Asks the component that is the machine; where it is not known, the whole device. */
function probe(
  mqttTopic: string,
  _options: ParserOptions,
  channel: ParserDevice['channel'] = null,
): Probe | null {
  const [, prefix] = /^([^+#]+)\/(?:status\/[^/+#]+|events\/rpc|online)$/.exec(mqttTopic) ?? [];
  if (prefix === undefined) return null;
  const wanted = wantedOf(componentNamedBy({ mqttTopic, channel }), channel);
  const component = typeof wanted === 'string' ? componentOf(wanted) : null;
  const request = component
    ? { method: `${component.family.rpc}.GetStatus`, params: { id: numberOf(component) } }
    : { method: 'Shelly.GetStatus' };
  return {
    topic: `${prefix}/rpc`,
    payload: JSON.stringify({ id: 1, src: `${prefix}${SOURCE_TAIL}`, ...request }),
    answerTopic: `${prefix}${ANSWER_TAIL}`,
  };
}

function parseOnline(message: Message, memory: Memory): ParseOutcome<Memory> {
  const text = decodeText(message.payload);
  if (typeof text !== 'string') return unusable(text, memory);
  if (text === 'true') return presenceReading(message, 'online', memory);
  if (text === 'false') return presenceReading(message, 'offline', memory);
  return notRecognised('online is neither true nor false', memory);
}

function parseStatus(
  message: Message,
  key: string,
  device: ParserDevice,
  memory: Memory,
): ParseOutcome<Memory> {
  const json = parseJson(message.payload);
  if ('reason' in json) return unusable(json, memory);
  if (!isObject(json.value)) return notRecognised('the status is not a JSON object', memory);
  const component = componentOf(key);
  if (!component) return signOfLife(message, memory);
  const source: Source = { by: 'status', timeMs: null, repaired: json.repaired };
  return readComponents(message, device, memory, [{ component, status: json.value }], source);
}

function parseEvents(message: Message, device: ParserDevice, memory: Memory): ParseOutcome<Memory> {
  const json = parseJson(message.payload);
  if ('reason' in json) return unusable(json, memory);
  const { method, params } = isObject(json.value) ? json.value : {};
  if (
    !isObject(params) ||
    !(method === 'NotifyStatus' || method === 'NotifyFullStatus' || method === 'NotifyEvent')
  ) {
    return notRecognised('not a notification frame', memory);
  }
  const timeMs = typeof params.ts === 'number' ? params.ts * 1000 : null;
  const entries = method === 'NotifyEvent' ? [] : entriesOf(params);
  return readComponents(message, device, memory, entries, { by: 'events', timeMs, repaired: json.repaired });
}

/** `Shelly.GetStatus` answers by component, the others with the bare status of the component that was asked. */
function parseAnswer(message: Message, device: ParserDevice, memory: Memory): ParseOutcome<Memory> {
  const json = parseJson(message.payload);
  if ('reason' in json) return unusable(json, memory);
  const { result, error } = isObject(json.value) ? json.value : {};
  if (isObject(error)) {
    const detail = `the device answered ${String(error.message)} (${String(error.code)})`.slice(0, 200);
    return unusable({ reason: 'no_value', detail }, memory);
  }
  if (!isObject(result)) return notRecognised('not an answer frame', memory);
  const entries = entriesOf(result);
  const wanted = wantedBy(device);
  const component = typeof wanted === 'string' ? componentOf(wanted) : null;
  if (component && numberOf(component) === result.id) entries.push({ component, status: result });
  return readComponents(message, device, memory, entries, {
    by: 'answer',
    timeMs: null,
    repaired: json.repaired,
  });
}

function entriesOf(statuses: JsonObject): Entry[] {
  const entries: Entry[] = [];
  for (const key of Object.keys(statuses)) {
    const component = componentOf(key);
    const status = statuses[key];
    if (component && isObject(status)) entries.push({ component, status });
  }
  return entries;
}

/** Reads what belongs to the machine; a message about other components says that the device is alive. */
function readComponents(
  message: Message,
  device: ParserDevice,
  memory: Memory,
  entries: readonly Entry[],
  source: Source,
): ParseOutcome<Memory> {
  let { metered } = memory;
  for (const { component, status } of entries) {
    if (tellsPower(component, status)) metered = withMetered(metered, component.name);
  }
  const wanted = wantedBy(device);
  // Where no component was named, another metered one may have changed the choice, and the counter with it.
  const mayBeOther = typeof wanted !== 'string' && metered.length > 1 && metered !== memory.metered;
  let returnedWh = mayBeOther ? null : memory.returnedWh;
  const draft = new ReadingDraft(message);
  draft.nullIsJunk = source.repaired;
  if (source.timeMs !== null) draft.takeTime(source.timeMs);
  for (const { component, status } of entries) {
    if (!isChosen(component.name, wanted, metered)) continue;
    const context = { channel: device.channel, metered: metered.includes(component.name), returnedWh };
    component.family.read(draft, status, context);
    const told = returnedWhOf(status);
    if (told !== undefined) returnedWh = told;
  }
  const isLearned = metered !== memory.metered || returnedWh !== memory.returnedWh;
  if (message.retained || !draft.hasValues) {
    return draft.outcome(isLearned ? { ...memory, metered, returnedWh } : memory);
  }
  const { reading, told } = withoutRepeats(draft.reading, source.by, memory.told);
  const remembered: Memory = { metered, returnedWh, told };
  if (reading) return draft.outcome(remembered, reading);
  return unusable({ reason: 'duplicate', detail: DUPLICATE }, remembered);
}

/** By device: what topic and channel choose does not change while a device is configured. */
const wantedByDevice = new WeakMap<ParserDevice, Wanted>();

function wantedBy(device: ParserDevice): Wanted {
  let wanted = wantedByDevice.get(device);
  if (wanted === undefined) {
    wanted = wantedOf(componentNamedBy(device), device.channel);
    wantedByDevice.set(device, wanted);
  }
  return wanted;
}

/** The component that the configured topic names, such as `switch:0`, or null. */
function componentNamedBy({
  mqttTopic,
  channel,
}: Pick<ParserDevice, 'mqttTopic' | 'channel'>): string | null {
  const slash = mqttTopic.lastIndexOf('/');
  const named = mqttTopic.endsWith('/status', slash) ? componentOf(mqttTopic.slice(slash + 1)) : null;
  if (named) return named.name;
  return typeof channel === 'string' ? 'em:0' : null;
}

function numberOf({ name }: Component): number {
  return Number(name.slice(name.indexOf(':') + 1));
}
