import { autoParser } from './auto.ts';
import { esphome } from './esphome.ts';
import { generic } from './generic.ts';
import { openbeken } from './openbeken.ts';
import type { Parser } from './parser.ts';
import { recogniseTopic } from './recognise.ts';
import { shellyGen1 } from './shelly-gen1.ts';
import { shellyGen2 } from './shelly-gen2.ts';
import { statestream } from './statestream.ts';
import { tasmota } from './tasmota.ts';
import { zigbee2mqtt } from './zigbee2mqtt.ts';

const FAMILIES: readonly Parser[] = [
  shellyGen2,
  shellyGen1,
  tasmota,
  openbeken,
  zigbee2mqtt,
  esphome,
  statestream,
  generic,
];

/** Every device family the bridge reads. A new one is a file, a line in FAMILIES and its cases. */
export const PARSERS: readonly Parser[] = [...FAMILIES, autoParser(parserOf)].map(refusingSparkplug);

const byType: ReadonlyMap<string, Parser> = new Map(
  PARSERS.flatMap((parser) => [parser.type, ...parser.aliases].map((type) => [type, parser])),
);

/** The parser of a `parser_type`, also by an alias of it; undefined when there is none. */
export function parserOf(type: string): Parser | undefined {
  return byType.get(type);
}

/**
 * The parser for a device: as parserOf, but an `auto` device whose `mqtt_topic` proves the family gets that
 * family's report interval.
 */
export function parserFor(type: string, mqttTopic: string): Parser | undefined {
  if (type !== 'auto') return parserOf(type);
  const family = recogniseTopic(mqttTopic);
  return family === null ? parserOf(type) : refusingSparkplug(autoParser(parserOf, family));
}

/** The names a `parser_type` may have, without the aliases. */
export function parserTypes(): string[] {
  return PARSERS.map(({ type }) => type);
}

/** Sparkplug B is protobuf; read as text it would only give puzzling errors, whatever the parser. */
function refusingSparkplug(parser: Parser): Parser {
  return {
    ...parser,
    parse(message, device, memory) {
      if (!message.topic.startsWith('spBv1.0/')) return parser.parse(message, device, memory);
      const detail = 'Sparkplug B is not supported, use a Sparkplug-to-JSON bridge';
      return { status: 'unusable', reason: 'not_supported', detail, memory };
    },
  };
}
