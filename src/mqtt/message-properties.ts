import type { IClientPublishOptions, IPublishPacket } from 'mqtt';
import type { MessageProperties } from '../model/message.ts';
import { topicNameProblem } from '../model/topic.ts';

type WireProperties = NonNullable<IClientPublishOptions['properties']>;

/** Longest text or data of a property, bytes (MQTT 5, 1.5.4). */
const PROPERTY_BYTES_MAX = 65_535;
const EXPIRY_S_MAX = 4_294_967_295;

/** What people see of a packet's properties; undefined when there is nothing. */
export function receivedProperties(
  wire: IPublishPacket['properties'],
  identifiers: number[] | null,
): MessageProperties | undefined {
  if (!wire && !identifiers) return undefined;
  const { userProperties, contentType, responseTopic, correlationData, messageExpiryInterval } = wire ?? {};
  const properties: MessageProperties = {
    ...(userProperties && { userProperties: { ...userProperties } }),
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData && { correlationDataHex: correlationData.toString('hex') }),
    ...(messageExpiryInterval !== undefined && { expiryS: messageExpiryInterval }),
    ...(identifiers && { subscriptionIdentifiers: identifiers }),
  };
  return Object.keys(properties).length > 0 ? properties : undefined;
}

/** The properties in the form of MQTT.js. */
export function wireProperties(properties: MessageProperties): WireProperties {
  const { userProperties, contentType, responseTopic, correlationDataHex, expiryS } = properties;
  return {
    ...(userProperties && { userProperties }),
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationDataHex !== undefined && { correlationData: Buffer.from(correlationDataHex, 'hex') }),
    ...(expiryS !== undefined && { messageExpiryInterval: expiryS }),
  };
}

const NAMES: [key: keyof MessageProperties, name: string][] = [
  ['userProperties', 'user properties'],
  ['contentType', 'content type'],
  ['responseTopic', 'response topic'],
  ['correlationDataHex', 'correlation data'],
  ['expiryS', 'expiry'],
];

/** What MQTT 3.1.1 cannot carry of `properties`, by name. */
export function propertyNames(properties: MessageProperties): string[] {
  return NAMES.filter(([key]) => properties[key] !== undefined).map(([, name]) => name);
}

function textProblem(name: string, text: string): string | null {
  if (Buffer.byteLength(text) > PROPERTY_BYTES_MAX) return `${name}: longer than ${PROPERTY_BYTES_MAX} bytes`;
  if (!text.isWellFormed() || text.includes('\u0000')) return `${name}: not well-formed text`;
  return null;
}

/** Why `properties` cannot be sent, or null. What is wrong here would end the connection. */
export function propertiesProblem(properties: MessageProperties): string | null {
  const { userProperties, contentType, responseTopic, correlationDataHex, expiryS } = properties;
  if (contentType !== undefined) {
    const problem = textProblem('content type', contentType);
    if (problem) return problem;
  }
  if (responseTopic !== undefined) {
    const problem = topicNameProblem(responseTopic);
    if (problem) return `response topic: ${problem}`;
  }
  if (correlationDataHex !== undefined && !/^(?:[0-9a-f]{2}){0,65535}$/i.test(correlationDataHex)) {
    return `correlation data: not hex, or longer than ${PROPERTY_BYTES_MAX} bytes`;
  }
  if (expiryS !== undefined && !(Number.isInteger(expiryS) && expiryS >= 0 && expiryS <= EXPIRY_S_MAX)) {
    return `expiry: not a whole number of seconds from 0 to ${EXPIRY_S_MAX}`;
  }
  for (const [key, values] of Object.entries(userProperties ?? {})) {
    for (const text of [key, values].flat()) {
      const problem = textProblem('user properties', text);
      if (problem) return problem;
    }
  }
  return null;
}

const textBytes = (text: string) => 2 + Buffer.byteLength(text);

/** Bytes that the properties take in a PUBLISH, without their own length. */
export function propertiesBytes(properties: MessageProperties): number {
  const { userProperties, contentType, responseTopic, correlationDataHex, expiryS } = properties;
  let bytes = expiryS === undefined ? 0 : 5;
  if (contentType !== undefined) bytes += 1 + textBytes(contentType);
  if (responseTopic !== undefined) bytes += 1 + textBytes(responseTopic);
  if (correlationDataHex !== undefined) bytes += 3 + correlationDataHex.length / 2;
  for (const [key, values] of Object.entries(userProperties ?? {})) {
    for (const value of [values].flat()) bytes += 1 + textBytes(key) + textBytes(value);
  }
  return bytes;
}
