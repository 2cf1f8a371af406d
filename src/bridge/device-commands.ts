import type { Ask, DeviceCommand } from '../messages/device-requests.ts';
import type { Device } from '../model/device.ts';
import { parserFor } from '../parse/index.ts';

const NOT_SHELLY = {
  problem: 'It is no Shelly of generation 2 or later, or its mqtt_topic does not say where it is asked.',
};
const NOT_TASMOTA = { problem: 'It is no Tasmota, or its mqtt_topic does not say where it is asked.' };

function questionOf({ parserType, parser: { mqttTopic, options, channel } }: Device) {
  const parser = parserFor(parserType, mqttTopic);
  const probe = parser?.probe(mqttTopic, options, channel) ?? null;
  const readings = [mqttTopic, ...(parser?.siblingTopics(mqttTopic, options, channel) ?? [])];
  return probe && { ...probe, readings };
}

/** How the device is asked for its power, and where it answers; null: it cannot be asked. */
export function statusCommand(device: Device): DeviceCommand | null {
  const question = questionOf(device);
  if (!question) return null;
  const { topic, payload, answerTopic, readings } = question;
  return { topic, payload, answerTopics: answerTopic === undefined ? readings : [answerTopic] };
}

/** Puts `ask` in the words of the device's family; its topics are those its readings come on. */
export function commandFor(device: Device, ask: Ask): DeviceCommand | { problem: string } {
  const { topic, answerTopic } = questionOf(device) ?? {};
  if (ask.family === 'shelly') {
    if (!topic?.endsWith('/rpc') || !answerTopic?.endsWith('/rpc')) return NOT_SHELLY;
    const { id, method, params } = ask;
    const src = answerTopic.slice(0, -'/rpc'.length);
    const payload = JSON.stringify({ id, src, method, params });
    return { topic, payload, answerTopics: [answerTopic], match: { path: '$.id', value: id } };
  }
  const levels = topic?.split('/') ?? [];
  const place = levels.indexOf('cmnd');
  if (place < 0) return NOT_TASMOTA;
  return {
    topic: [...levels.slice(0, -1), ask.command].join('/'),
    payload: ask.payload,
    answerTopics: [[...levels.with(place, 'stat').slice(0, -1), '+'].join('/')],
  };
}
