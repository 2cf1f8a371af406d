import { Discovery } from '../devices/discovery.ts';
import { DiscoveryScans } from '../devices/discovery-scans.ts';
import type { Device } from '../model/device.ts';
import type { FoundMeter } from '../model/discovery.ts';
import { sightingOf } from '../parse/discovery.ts';
import type { TasmotaAnnouncements } from '../parse/discovery-tasmota.ts';
import { parserOf } from '../parse/index.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Identities } from './identities.ts';
import { INSIDE } from './inside.ts';
import type { Messaging } from './messaging.ts';
import { MAIN, type Reception } from './reception.ts';
import type { Surroundings } from './surroundings.ts';

const isGeneral = (brokerId: string) => brokerId === MAIN || brokerId === INSIDE;

/** Whether the device reads `meter`. One without a channel reads what the topic shows. */
function reads({ broker, parser: { channel } }: Device, meter: FoundMeter, brokerId: string): boolean {
  const heard = broker === null ? isGeneral(brokerId) : broker === brokerId;
  return heard && (channel === null || meter.channel === undefined || channel === meter.channel);
}

export type DiscoveryPart = {
  pipeline: Pipeline;
  identities: Identities;
  messaging: Messaging;
  reception: Reception;
};

/** Meters that are heard but not configured, and the search for more. */
export function createDiscovery(
  { pipeline, identities, messaging, reception }: DiscoveryPart,
  { clock, log }: Surroundings,
) {
  const { registry } = identities;
  const tasmotas: TasmotaAnnouncements = new Map();
  const discovery = new Discovery({
    sightingOf: (message) => sightingOf(message, tasmotas),
    isTaken: (meter, brokerId) =>
      pipeline.listeners(meter.mqttTopic).some((device) => reads(device, meter, brokerId)),
    isIdTaken: (deviceId) => registry.get(deviceId) !== null,
    titleOf: (parserType) => parserOf(parserType)?.title ?? null,
    isSound: ({ device_id, ...configuration }) => registry.check(device_id, configuration).ok,
    log,
  });
  const listening = new Map<string, (() => void)[]>();

  /** Listens to `filters` in the place of those before. */
  async function scan(brokerId: string, filters: readonly string[]) {
    for (const release of listening.get(brokerId) ?? []) release();
    listening.delete(brokerId);
    const answers = await Promise.all(filters.map((filter) => reception.listen(brokerId, filter)));
    const releases = answers.flatMap((answer) => (answer.listening ? [answer.release] : []));
    listening.set(brokerId, releases);
    const refusal = answers.find((answer) => !answer.listening);
    return refusal && !refusal.listening && releases.length === 0
      ? { ok: false as const, reason: refusal.reason }
      : { ok: true as const };
  }

  const scans = new DiscoveryScans({
    brokerIds: () => {
      const ids = messaging.brokers.list().map(({ broker_id }) => broker_id);
      return ids.filter((id) => id === reception.mainId).concat(ids.filter((id) => id !== reception.mainId));
    },
    scan,
    publish: (brokerId, message) => messaging.publish(brokerId, message),
    lookAgain: () => discovery.lookAgain(),
    clock,
    log,
  });
  return { discovery, scans };
}
export type Found = ReturnType<typeof createDiscovery>;
