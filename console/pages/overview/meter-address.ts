import type { Broker } from '../../../src/model/broker.ts';

/** What a meter is told to connect to. */
export type MeterAddress = {
  /** null: it is seen as localhost here, and no meter can reach it by that. */
  host: string | null;
  port: number;
  /** Logs in with the device's token. */
  isEmbedded: boolean;
  isTls: boolean;
  /** The bridge does not say where its broker listens; this is the port it has when nothing is set. */
  isPortAssumed: boolean;
};

const PORTS: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 };
const PORT_DEFAULT = 1883;
const LOCAL = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/;

const hostOrNull = (hostname: string) => (LOCAL.test(hostname) ? null : hostname);

/**
 * The broker that meters use: the one of the environment, else the one inside the bridge.
 * @param hostname by which the browser knows the bridge
 */
export function meterAddress(
  brokers: readonly Pick<Broker, 'source' | 'url'>[],
  hostname: string,
): MeterAddress {
  const main = brokers.find(({ source }) => source === 'environment');
  const url = (main ?? brokers.find(({ source }) => source === 'embedded'))?.url ?? null;
  const told = url === null ? null : URL.parse(url);
  const assumed = PORTS[told?.protocol ?? ''] ?? PORT_DEFAULT;
  return {
    host: hostOrNull(main && told ? told.hostname : hostname),
    port: told?.port ? Number(told.port) : assumed,
    isEmbedded: main === undefined,
    isTls: told?.protocol === 'mqtts:' || told?.protocol === 'wss:',
    isPortAssumed: told === null,
  };
}

type Login = { host: string; port: number; username: string; password: string; isTls: boolean };
export const FAMILIES = ['shelly', 'tasmota'] as const;
export type Family = (typeof FAMILIES)[number];

/** Commands that set a meter up, to copy. What is in capitals is to be replaced. */
export const COMMANDS: Record<Family, (login: Login) => string> = {
  shelly({ host, port, username, password, isTls }) {
    const config = {
      enable: true,
      server: `${host}:${port}`,
      user: username,
      pass: password,
      ...(isTls && { ssl_ca: 'ca.pem' }),
      rpc_ntf: true,
      status_ntf: true,
    };
    const set = JSON.stringify({ id: 1, method: 'Mqtt.SetConfig', params: { config } });
    const restart = JSON.stringify({ id: 2, method: 'Shelly.Reboot' });
    return [set, restart].map((body) => `curl -d '${body}' http://SHELLY-ADDRESS/rpc`).join('\n');
  },
  tasmota({ host, port, username, password, isTls }) {
    const login = `MqttHost ${host}; MqttPort ${port}; MqttUser ${username}; MqttPassword ${password}`;
    return `Backlog ${login};${isTls ? ' SetOption103 1;' : ''} TelePeriod 10; PowerDelta 105`;
  },
};
