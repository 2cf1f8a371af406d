import type { IConnackPacket } from 'mqtt';

/** What a broker says of itself in CONNACK; MQTT 3.1.1 says nothing. */
export type BrokerLimits = {
  protocolVersion: 4 | 5;
  /** null: only what MQTT itself bounds */
  packetBytesMax: number | null;
  qosMax: 0 | 1 | 2;
  /** Whether it stores messages. */
  retain: boolean;
  /** Whether it marks messages with subscription identifiers. */
  identifiers: boolean;
  /** Messages that may wait for its confirmation at once. */
  inFlightMax: number;
};

/** Brokers of MQTT 3.1.1 cannot say it; 20 is what Mosquitto takes. */
const IN_FLIGHT_BY_DEFAULT = 20;
const IN_FLIGHT_MAX = 100;

/** The limits of the broker that sent `connack`. */
export function brokerLimits(connack: IConnackPacket, protocolVersion: 4 | 5): BrokerLimits {
  const said = protocolVersion === 5 ? (connack.properties ?? {}) : {};
  const inFlight = protocolVersion === 5 ? (said.receiveMaximum ?? IN_FLIGHT_MAX) : IN_FLIGHT_BY_DEFAULT;
  return {
    protocolVersion,
    packetBytesMax: said.maximumPacketSize ?? null,
    qosMax: said.maximumQoS === 0 || said.maximumQoS === 1 ? said.maximumQoS : 2,
    retain: said.retainAvailable ?? true,
    identifiers: protocolVersion === 5 && (said.subscriptionIdentifiersAvailable ?? true),
    inFlightMax: Math.min(IN_FLIGHT_MAX, inFlight),
  };
}
