import type { ParserDevice, ParserOptions } from '../model/device.ts';
import type { Message } from '../model/message.ts';
import { topicMatches, topicNameProblem } from '../model/topic.ts';
import { isObject, parseJson } from './json.ts';
import { type JsonPath, parsePath, valueAt } from './json-path.ts';
import { type Quantity, unitsOf } from './number.ts';
import type { Parser } from './parser.ts';
import { decodeText, type Failure } from './payload.ts';
import { type NumberField, ReadingDraft, unusable } from './reading-draft.ts';
import { zonedTimeMs } from './zoned-time.ts';

type Option = 'power' | 'energy' | 'voltage' | 'current' | 'frequency';
type ScalarOption = Option | 'relay';
type Mapping = NonNullable<ParserOptions[Option]>;

/** Each option, the field it fills, and the keys that are looked for when nothing is mapped. */
const OPTIONS: readonly {
  option: Option;
  field: NumberField;
  keys: readonly [key: string, unit: string][];
}[] = [
  {
    option: 'power',
    field: 'powerW',
    keys: [
      ['power', 'W'],
      ['apower', 'W'],
    ],
  },
  {
    option: 'energy',
    field: 'energyTotalKwh',
    keys: [
      ['energy', 'kWh'],
      ['energy_wh', 'Wh'],
    ],
  },
  { option: 'voltage', field: 'voltageV', keys: [['voltage', 'V']] },
  { option: 'current', field: 'currentA', keys: [['current', 'A']] },
  { option: 'frequency', field: 'frequencyHz', keys: [] },
];

const RELAY_ON_DEFAULT: readonly unknown[] = ['ON', 'on', 1, true, '1', 'true'];
/** Words for "no value": of a relay they must not be read as "not on". */
const NO_VALUE = /^(|nan|null|none|unavailable|unknown)$/i;

/** A payload as the mappings see it: parsed JSON, or text that is none. */
type Content = { value: unknown; repaired: boolean };

/** Any JSON, or a plain number per topic, read by the mapping in `parser_options`. */
export const generic: Parser<null> = {
  type: 'generic',
  aliases: ['generic_json'],
  title: 'Generic JSON or plain number',
  reportIntervalMs: 300_000,
  readsOptions: true,
  siblingTopics(mqttTopic, options) {
    const topics = mappedTopics(options).filter(
      (topic) => topicNameProblem(topic) === null && !topicMatches(mqttTopic, topic),
    );
    return [...new Set(topics)];
  },
  ownTopics: (mqttTopic) => (topicNameProblem(mqttTopic) === null ? [mqttTopic] : []),
  // Nothing is known of the device but where it writes.
  probe: () => null,
  initialMemory: () => null,
  parse(message, device, memory) {
    const content = contentOf(message.payload);
    if ('reason' in content) return unusable(content, memory);
    const draft = new ReadingDraft(message);
    draft.nullIsJunk = content.repaired || !isContainer(content.value);
    takeNumbers(draft, message, device, content.value);
    takeRelay(draft, message, device, content.value);
    if (!draft.hasValues && draft.problems.length === 0) {
      return unusable({ reason: 'no_value', detail: 'none of the mapped values is in the message' }, memory);
    }
    if (isMain(message, device)) takeTime(draft, device.options, content.value);
    return draft.outcome(memory);
  },
};

function contentOf(payload: Buffer): Content | Failure {
  const json = parseJson(payload);
  if (!('reason' in json)) return json;
  const text = json.reason === 'not_json' ? decodeText(payload) : json;
  if (typeof text !== 'string') return text;
  // What begins like an object was meant as JSON; the rest is text: `120,5`, ` 120.5 W`, `ON`.
  return /^\s*[{[]/.test(text) ? json : { value: text.trim(), repaired: false };
}

function mappedTopics({ power, energy, voltage, current, frequency, relay }: ParserOptions): string[] {
  return [power, energy, voltage, current, frequency, relay].flatMap((mapping) => mapping?.topic ?? []);
}

/** Whether the message is the device's own, not one on a topic that a single value has to itself. */
function isMain({ topic }: Message, { mqttTopic, options }: ParserDevice): boolean {
  if (topic === mqttTopic) return true;
  return topicMatches(mqttTopic, topic) && !mappedTopics(options).includes(topic);
}

function isFor(message: Message, device: ParserDevice, topic: string | undefined): boolean {
  return topic === undefined ? isMain(message, device) : topic === message.topic;
}

/** What a bare value on the device's own topic is: the option that has neither path nor topic, else the power. */
function mainScalarOf(options: ParserOptions): ScalarOption {
  const names: readonly ScalarOption[] = [...OPTIONS.map(({ option }) => option), 'relay'];
  const bare = names.find((name) => {
    const mapping = options[name];
    return mapping !== undefined && mapping.topic === undefined && mapping.path === undefined;
  });
  return bare ?? 'power';
}

function takeNumbers(draft: ReadingDraft, message: Message, device: ParserDevice, value: unknown): void {
  const { options } = device;
  const isMapped = OPTIONS.some(({ option }) => options[option] !== undefined);
  const mainScalar = mainScalarOf(options);
  for (const { option, field, keys } of OPTIONS) {
    const mapping = options[option] ?? (isMapped ? undefined : {});
    if (!mapping || !isFor(message, device, mapping.topic)) continue;
    const found = find(value, option, mapping, keys, mainScalar);
    if (found === null) draft.reject(option, `${mapping.path} is not a path`);
    else if (!draft.isAbsent(found.raw)) takeNumber(draft, option, field, found, device);
  }
}

type Found = { raw: unknown; unit: string };

/** The raw value of one option, or null when its path cannot be read. */
function find(
  value: unknown,
  option: Option,
  mapping: Mapping,
  keys: readonly [string, string][],
  mainScalar: ScalarOption,
): Found | null {
  const canonical = unitsOf(option)[0] ?? '';
  if (mapping.path !== undefined) {
    const path = pathOf(mapping, mapping.path);
    return path && { raw: valueAt(value, path), unit: mapping.unit ?? canonical };
  }
  if (!isContainer(value)) {
    const isMeant = mapping.topic !== undefined || option === mainScalar;
    return { raw: isMeant ? value : undefined, unit: mapping.unit ?? canonical };
  }
  const present = keys.map(([key, unit]) => ({ raw: valueAt(value, [key]), unit: mapping.unit ?? unit }));
  const told = present.find(({ raw }) => raw !== undefined && raw !== null);
  return told ?? present.find(({ raw }) => raw === null) ?? { raw: undefined, unit: canonical };
}

function takeNumber(
  draft: ReadingDraft,
  option: Option & Quantity,
  field: NumberField,
  { raw, unit }: Found,
  { options }: ParserDevice,
): void {
  const units = unitsOf(option);
  if (!units.includes(unit)) {
    draft.reject(option, `unit ${unit} is none of ${units.join(', ')}`);
    return;
  }
  const decimalComma = options.decimal_comma ?? false;
  draft.take(field, option, raw, { unit, scale: options[option]?.scale, decimalComma });
}

function takeRelay(draft: ReadingDraft, message: Message, device: ParserDevice, value: unknown): void {
  const { relay } = device.options;
  if (!relay || !isFor(message, device, relay.topic)) return;
  if (relay.path !== undefined && pathOf(relay, relay.path) === null) {
    draft.reject('relay', `${relay.path} is not a path`);
    return;
  }
  const raw = relayOf(value, relay, device.options);
  if (draft.isAbsent(raw)) return;
  if (isContainer(raw) || NO_VALUE.test(String(raw))) {
    draft.reject('relay', 'is not a relay state');
    return;
  }
  const on: readonly unknown[] = relay.on ?? RELAY_ON_DEFAULT;
  const tellsPower = draft.problems.some(({ field }) => field === 'power');
  draft.takeRelay(on.includes(raw) ? 'on' : 'off', !tellsPower);
}

function relayOf(
  value: unknown,
  relay: NonNullable<ParserOptions['relay']>,
  options: ParserOptions,
): unknown {
  if (relay.path !== undefined) return valueAt(value, pathOf(relay, relay.path) ?? []);
  if (isContainer(value)) return valueAt(value, ['relay']);
  return relay.topic !== undefined || mainScalarOf(options) === 'relay' ? value : undefined;
}

function takeTime(draft: ReadingDraft, { ts }: ParserOptions, value: unknown): void {
  if (!ts) return;
  const path = pathOf(ts, ts.path);
  const raw = path && valueAt(value, path);
  if (ts.format === 'iso') {
    draft.takeTime(zonedTimeMs(raw));
    return;
  }
  const number = typeof raw === 'string' ? Number(raw) : raw;
  if (typeof number === 'number') draft.takeTime(ts.format === 'epoch_s' ? number * 1000 : number);
}

function isContainer(value: unknown): boolean {
  return Array.isArray(value) || isObject(value);
}

/** Paths by the mapping that holds them: each is read once, not once per message. */
const paths = new WeakMap<object, JsonPath | null>();

function pathOf(mapping: object, text: string): JsonPath | null {
  let path = paths.get(mapping);
  if (path === undefined) {
    path = parsePath(text);
    paths.set(mapping, path);
  }
  return path;
}
