import type { Scan } from '../model/discovery.ts';
import type { OutgoingMessage, PublishResult } from '../model/message.ts';
import { topicMatches } from '../model/topic.ts';
import { type Cancel, type Clock, isoTime } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';

/** Where meters of the known families speak, and where they are announced. */
const DISCOVERY_FILTERS = [
  'shellies/#',
  '+/status/#',
  '+/events/rpc',
  '+/announce',
  'tele/+/SENSOR',
  '+/tele/SENSOR',
  'tasmota/discovery/#',
  'zigbee2mqtt/#',
  'homeassistant/+/+/config',
  'homeassistant/+/+/+/config',
  '+/sensor/+/state',
  '+/power/get',
];
/** Shelly Gen1 devices answer it with who they are. */
const ANNOUNCE: OutgoingMessage = {
  topic: 'shellies/command',
  payload: Buffer.from('announce'),
  qos: 0,
  retain: false,
};
const ANNOUNCEMENT_TOPIC = 'shellies/announce';

export type DiscoveryScansDeps = {
  /** The brokers there are, the one that is meant when none is named first. */
  brokerIds(): readonly string[];
  /**
   * Listens to `filters` at a broker besides what is configured, in the place of those given before; none: it
   * listens to what is configured only.
   */
  scan(brokerId: string, filters: readonly string[]): Promise<{ ok: true } | { ok: false; reason: string }>;
  publish(brokerId: string, message: OutgoingMessage): Promise<PublishResult>;
  /** What was heard before is to be looked at again. */
  lookAgain(): void;
  clock: Pick<Clock, 'wallMs' | 'after'>;
  log: Log;
};

export type ScanRequest = {
  brokerId?: string | undefined;
  seconds: number;
  /** In the place of the usual filters. */
  filter?: string | undefined;
};
export type ScanResult =
  | { status: 'scanning'; scan: Scan }
  | { status: 'unknown' }
  | { status: 'failed'; reason: string };

/** Searches on brokers that bring only what is subscribed: for a while everything is listened to where meters speak. */
export class DiscoveryScans {
  readonly #deps: DiscoveryScansDeps;
  /** By broker. */
  readonly #running = new Map<string, { scan: Scan; cancel: Cancel }>();
  readonly #starting = new Set<string>();
  #isStopped = false;

  constructor(deps: DiscoveryScansDeps) {
    this.#deps = deps;
  }

  list(): Scan[] {
    return Array.from(this.#running.values(), ({ scan }) => scan);
  }

  /** Begins a search, in the place of one that runs at this broker. unknown: there is no such broker. */
  async start({ brokerId: wanted, seconds, filter }: ScanRequest): Promise<ScanResult> {
    const { brokerIds, scan, clock } = this.#deps;
    const brokerId = wanted ?? brokerIds()[0];
    if (brokerId === undefined || !brokerIds().includes(brokerId)) return { status: 'unknown' };
    if (this.#starting.has(brokerId)) return { status: 'failed', reason: 'a search is just being started' };
    const filters = filter === undefined ? DISCOVERY_FILTERS : [filter];
    this.#starting.add(brokerId);
    const answer = await scan(brokerId, filters).finally(() => this.#starting.delete(brokerId));
    if (!answer.ok) return { status: 'failed', reason: answer.reason };
    if (this.#isStopped) {
      void this.#release(brokerId);
      return { status: 'failed', reason: 'the bridge stops' };
    }
    this.#running.get(brokerId)?.cancel();
    const startedAt = clock.wallMs();
    const started: Scan = {
      broker_id: brokerId,
      filters,
      started_at: isoTime(startedAt),
      until: isoTime(startedAt + seconds * 1000),
    };
    const cancel = clock.after(seconds * 1000, () => this.#end(brokerId));
    this.#running.set(brokerId, { scan: started, cancel });
    this.#deps.lookAgain();
    void this.#askForNames(brokerId, filters);
    return { status: 'scanning', scan: started };
  }

  /** Ends every search. */
  stop(): void {
    this.#isStopped = true;
    for (const brokerId of this.#running.keys()) this.#end(brokerId);
  }

  async #askForNames(brokerId: string, filters: readonly string[]): Promise<void> {
    if (!filters.some((filter) => topicMatches(filter, ANNOUNCEMENT_TOPIC))) return;
    const result = await this.#deps.publish(brokerId, ANNOUNCE);
    if (!result.sent) {
      this.#deps.log.info('discovery_not_asked', { broker_id: brokerId, reason: result.reason });
    }
  }

  #end(brokerId: string): void {
    this.#running.get(brokerId)?.cancel();
    this.#running.delete(brokerId);
    void this.#release(brokerId);
  }

  async #release(brokerId: string): Promise<void> {
    const answer = await this.#deps.scan(brokerId, []);
    if (!answer.ok) {
      this.#deps.log.warning('discovery_scan_end_failed', { broker_id: brokerId, reason: answer.reason });
    }
  }
}
