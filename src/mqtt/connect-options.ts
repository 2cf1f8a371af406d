import { PassThrough } from 'node:stream';
import type { IClientOptions, MqttClient } from 'mqtt';
import type { ConnectionSettings } from '../model/broker.ts';

/** A broker keeps our session and its QoS 1 messages this long while we are away. */
const SESSION_EXPIRY_S = 7 * 86_400;

/** How MQTT.js is to connect: once, by hand, with nothing done behind our back. */
export function connectOptions(
  settings: ConnectionSettings,
  protocolVersion: 4 | 5,
  connectTimeoutMs: number,
): IClientOptions {
  const { tls, cleanSession } = settings;
  return {
    protocolVersion,
    clientId: settings.clientId,
    clean: cleanSession,
    ...(protocolVersion === 5 &&
      !cleanSession && { properties: { sessionExpiryInterval: SESSION_EXPIRY_S } }),
    ...(settings.username !== undefined && { username: settings.username }),
    ...(settings.password !== undefined && { password: settings.password }),
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    rejectUnauthorized: !tls.insecure,
    keepalive: settings.keepAliveS,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    manualConnect: true,
  };
}

/** Opens the connection of a client that was made with `connectOptions`; what is in the way is an `error` of it. */
export function dial(client: MqttClient): void {
  try {
    client.connect();
  } catch (error) {
    // OpenSSL does not take the certificates (a key too short, say). MQTT.js cannot end a client without a stream.
    client.stream = new PassThrough();
    client.emit('error', error as Error);
    return;
  }
  // Small messages must not wait for one another (Nagle).
  (client.stream as { setNoDelay?: (on: boolean) => void }).setNoDelay?.(true);
}
