import { EMBEDDED_BROKER, MAIN_BROKER } from '../model/broker.ts';
import type { FoundConfiguration, FoundMeter } from '../model/discovery.ts';

const ID_LENGTH_MAX = 64;
const NAME_LENGTH_MAX = 128;
/** Levels that every device of a family has; what stands between them is the device. */
const STRUCTURE =
  /^(shellies|tele|stat|cmnd|SENSOR|STATE|STATUS\d*|RESULT|status|events|rpc|relay|emeter|power|get|sensor|state|zigbee2mqtt|homeassistant|messages|attribute|telemetry|[+#]|)$/;
/** The number of a component: `relay/1`, `switch:1`. */
const COMPONENT = /(?:^|\/)(?:(?:relay|emeter)\/|[a-z]+\d*:)(\d+)(?=\/|$)/;
/** Letters that do not come apart into a letter and its mark. */
const WHOLE_LETTERS: Record<string, string> = { đ: 'd', ß: 'ss', ø: 'o', ł: 'l', æ: 'ae', œ: 'oe' };

/** Text of a device as people may be shown it: no control characters, at most 128 characters. null: none is left. */
export function shownText(text: string | undefined): string | null {
  const shown = text
    ?.slice(0, 4 * NAME_LENGTH_MAX)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return shown ? shown.slice(0, NAME_LENGTH_MAX).toWellFormed() : null;
}

/** The part of a topic that names the device. */
function deviceLevels(topic: string): string[] {
  const levels = topic.split('/');
  const start = levels.findIndex((level) => !STRUCTURE.test(level));
  if (start < 0) return levels.filter((level) => level !== '');
  const rest = levels.slice(start);
  const end = rest.findIndex((level) => STRUCTURE.test(level));
  return end < 0 ? rest : rest.slice(0, end);
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[đßøłæœ]/g, (letter) => WHOLE_LETTERS[letter] ?? letter)
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, ID_LENGTH_MAX)
    .replaceAll(/^-+|-+$/g, '');
}

/** Which of several meters of one device it is; empty: the only or first one. */
function part({ channel, mqttTopic }: FoundMeter): string {
  const number = String(channel ?? COMPONENT.exec(mqttTopic)?.[1] ?? '0');
  return number === '0' || number === 'total' ? '' : number;
}

/** The configuration that makes a device of a meter heard there; its id is made of the topic and may be taken. */
export function proposalOf(meter: FoundMeter, brokerId: string): FoundConfiguration {
  const { mqttTopic, parserType, channel, parserOptions } = meter;
  const levels = deviceLevels(mqttTopic);
  const number = part(meter);
  const id = slug(levels.join(' ')) || 'meter';
  const name = shownText(meter.name) ?? shownText(levels.join(' ')) ?? id;
  return {
    device_id: number === '' ? id : `${id}-${number}`,
    machine_name: number === '' ? name : `${name} ${number}`,
    ...(brokerId !== MAIN_BROKER && brokerId !== EMBEDDED_BROKER && { broker: brokerId }),
    mqtt_topic: mqttTopic,
    parser_type: parserType,
    ...(channel !== undefined && { channel }),
    ...(parserOptions && { parser_options: parserOptions }),
  };
}

/** Gives each `id` once: itself, or `id-2`, `id-3`, … */
export function uniqueIds(isTaken: (id: string) => boolean): (id: string) => string {
  const given = new Set<string>();
  const lastOf = new Map<string, number>();
  return (id) => {
    let free = id;
    let n = lastOf.get(id) ?? 1;
    while (given.has(free) || isTaken(free)) free = `${id}-${++n}`;
    lastOf.set(id, n);
    given.add(free);
    return free;
  };
}
