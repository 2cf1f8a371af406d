import type { FoundMeter } from '../model/discovery.ts';
import type { Message } from '../model/message.ts';
import { sightingOf } from './discovery.ts';
import type { TasmotaAnnouncements } from './discovery-tasmota.ts';

/** For tests: messages as text or JSON, and what they show. */
export type Payload = string | object;

function messageOf(topic: string, payload: Payload): Message {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return {
    topic,
    payload: Buffer.from(text),
    receivedAt: 1_769_855_415_000,
    steadyAt: 1000,
    retained: false,
    qos: 0,
    done: () => {},
  };
}

export const sighting = (topic: string, payload: Payload, known: TasmotaAnnouncements = new Map()) =>
  sightingOf(messageOf(topic, payload), known);

/** The meter in short: type, topic and channel. */
export const briefly = ({ parserType, mqttTopic, channel }: FoundMeter) =>
  [parserType, mqttTopic, ...(channel === undefined ? [] : [channel])].join(' ');
