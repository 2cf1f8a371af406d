import type { EmbeddedBrokerView } from '../../../src/api/embedded-broker.ts';

/** Listens on every address of the machine: the name by which the viewer came is one of them. */
const EVERYWHERE = new Set<string | null>(['0.0.0.0', '::', null]);

/** Where the embedded broker is reached, as URLs. @param seenAs the host in the address bar of the viewer */
export function addressesOf(
  {
    host,
    mqtt_port,
    mqtts_port,
    ws_port,
  }: Pick<EmbeddedBrokerView, 'host' | 'mqtt_port' | 'mqtts_port' | 'ws_port'>,
  seenAs: string,
): string[] {
  const name = host === null || EVERYWHERE.has(host) ? seenAs : host;
  const shown = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  const doors: [string, number | null][] = [
    ['mqtt', mqtt_port],
    ['mqtts', mqtts_port],
    ['ws', ws_port],
  ];
  return doors.filter(([, port]) => port !== null).map(([scheme, port]) => `${scheme}://${shown}:${port}`);
}
