import type { IClientPublishOptions } from 'mqtt';
import type { OutgoingMessage } from '../model/message.ts';
import { topicNameProblem } from '../model/topic.ts';
import type { BrokerLimits } from './broker-limits.ts';
import { propertiesBytes, propertiesProblem, propertyNames, wireProperties } from './message-properties.ts';

/** What MQTT itself can carry behind the fixed header, bytes. */
const REMAINING_BYTES_MAX = 268_435_455;

const lengthBytes = (length: number) => (length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4);

/** Bytes of the PUBLISH that carries `message`. */
export function publishBytes(message: OutgoingMessage, protocolVersion: 4 | 5): number {
  const { topic, payload, qos, properties } = message;
  let bytes = 2 + Buffer.byteLength(topic) + (qos > 0 ? 2 : 0) + payload.length;
  if (protocolVersion === 5) {
    const ofProperties = properties ? propertiesBytes(properties) : 0;
    bytes += lengthBytes(ofProperties) + ofProperties;
  }
  return 1 + lengthBytes(bytes) + bytes;
}

/** Why this broker would not take `message`, or null. */
export function outgoingProblem(message: OutgoingMessage, limits: BrokerLimits): string | null {
  const { topic, qos, retain, properties } = message;
  const problem = topicNameProblem(topic);
  if (problem) return `the topic ${problem}`;
  const wrong = properties && limits.protocolVersion === 5 ? propertiesProblem(properties) : null;
  if (wrong) return wrong;
  if (qos > limits.qosMax) return `the broker takes messages up to QoS ${limits.qosMax} only`;
  if (retain && !limits.retain) return 'the broker does not store (retain) messages';
  const bytesMax = Math.min(limits.packetBytesMax ?? REMAINING_BYTES_MAX, REMAINING_BYTES_MAX);
  const bytes = publishBytes(message, limits.protocolVersion);
  return bytes > bytesMax ? `the message takes ${bytes} bytes; the broker takes ${bytesMax}` : null;
}

/** `message` in the form of MQTT.js, and what had to be left out. */
export function publishOptions(
  { qos, retain, properties }: OutgoingMessage,
  { protocolVersion }: BrokerLimits,
): { options: IClientPublishOptions; leftOut: string | null } {
  if (!properties) return { options: { qos, retain }, leftOut: null };
  if (protocolVersion === 5) {
    return { options: { qos, retain, properties: wireProperties(properties) }, leftOut: null };
  }
  const names = propertyNames(properties);
  const leftOut = names.length > 0 ? `left out, as MQTT 3.1.1 cannot carry it: ${names.join(', ')}` : null;
  return { options: { qos, retain }, leftOut };
}
