import type { FoundMeter, Sighting } from '../model/discovery.ts';
import type { Message } from '../model/message.ts';
import { topicNameProblem } from '../model/topic.ts';
import { metersOfHomeAssistant } from './discovery-homeassistant.ts';
import { measuredMeters } from './discovery-measured.ts';
import { metersOfShelly } from './discovery-shelly.ts';
import { metersOfTasmota, type TasmotaAnnouncements } from './discovery-tasmota.ts';
import { metersOfZigbee2mqtt } from './discovery-zigbee2mqtt.ts';
import { parserOf } from './index.ts';

/** More meters of one message are left out. */
const METERS_MAX = 500;
const TEXT_LENGTH_MAX = 128;

/**
 * What a message tells about meters: the one it measures, or those it announces (Shelly `announce`,
 * zigbee2mqtt `bridge/devices`, Home Assistant and Tasmota discovery). At most 500.
 * @param tasmotas what Tasmota devices announced so far, kept and filled between calls: one half of an
 *   announcement has the topic, the other the meter
 * @returns null when it shows no meter that could be configured
 */
export function sightingOf(message: Message, tasmotas: TasmotaAnnouncements): Sighting | null {
  if (message.topic.startsWith('$') || topicNameProblem(message.topic) !== null) return null;
  const announced = announcedBy(message, tasmotas);
  const meters = (announced ?? measuredMeters(message)).filter(isConfigurable).slice(0, METERS_MAX);
  const [first] = meters;
  if (first === undefined) return null;
  const isOne = announced === null && meters.length === 1;
  return { meters: meters.map(tidied), values: isOne ? valuesOf(message, first) : null };
}

/** null: it is no announcement. */
function announcedBy(message: Message, tasmotas: TasmotaAnnouncements): FoundMeter[] | null {
  const { topic } = message;
  if (topic.endsWith('/announce')) return metersOfShelly(message);
  if (topic.endsWith('/bridge/devices')) return metersOfZigbee2mqtt(message);
  if (topic.startsWith('homeassistant/') && topic.endsWith('/config')) return metersOfHomeAssistant(message);
  if (topic.startsWith('tasmota/discovery/')) return metersOfTasmota(message, tasmotas);
  return null;
}

function isConfigurable({ mqttTopic, parserType }: FoundMeter): boolean {
  return topicNameProblem(mqttTopic) === null && parserOf(parserType) !== undefined;
}

/** What the device calls itself may be anything. */
function tidied({ name, model, ...meter }: FoundMeter): FoundMeter {
  return {
    ...meter,
    ...(name !== undefined && { name: plain(name) }),
    ...(model !== undefined && { model: plain(model) }),
  };
}

function plain(text: string): string {
  return text
    .slice(0, TEXT_LENGTH_MAX)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim();
}

/** What a device that is configured like this would read in the message. */
function valuesOf(message: Message, meter: FoundMeter): Sighting['values'] {
  const parser = parserOf(meter.parserType);
  if (!parser) return null;
  const { mqttTopic, channel = null, parserOptions: options = {} } = meter;
  const device = { deviceId: '', mqttTopic, channel, options };
  const outcome = parser.parse(message, device, parser.initialMemory());
  const reading = outcome.status === 'read' ? outcome.readings[0] : undefined;
  if (!reading) return null;
  const { powerW, energyTotalKwh, voltageV, currentA } = reading;
  const values = {
    ...(powerW !== undefined && { powerW }),
    ...(energyTotalKwh !== undefined && { energyTotalKwh }),
    ...(voltageV !== undefined && { voltageV }),
    ...(currentA !== undefined && { currentA }),
  };
  return Object.keys(values).length === 0 ? null : values;
}
