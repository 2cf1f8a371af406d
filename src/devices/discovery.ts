import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Discovered, FoundConfiguration, FoundMeter, Sighting } from '../model/discovery.ts';
import type { Message } from '../model/message.ts';
import { isoTime } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { proposalOf, shownText, uniqueIds } from './device-proposal.ts';
import { HeardTopics, LookBudget } from './heard-topics.ts';

const FOUND_MAX = 2000;
const METERS_PER_MESSAGE_MAX = 500;
const DISMISSED_MAX = 10_000;
const TOPIC_LENGTH_MAX = 256;
/** The values of a found meter are at most this old while it speaks. */
const REFRESH_MS = 2000;
/** A topic that told of no meter is looked at again after 5 s, 20 s, …, at most 10 min. */
const EMPTY_MS = 5000;
const EMPTY_FACTOR = 4;
const EMPTY_MS_MAX = 600_000;
const FAULT_LOG_MS = 60_000;

export type DiscoveryDeps = {
  sightingOf(message: Message): Sighting | null;
  /** Whether a device reads this meter already. */
  isTaken(meter: FoundMeter, brokerId: string): boolean;
  isIdTaken(deviceId: string): boolean;
  /** What people call a family; null: there is no such parser. */
  titleOf(parserType: string): string | null;
  /** Whether a device could be made of it as it stands. */
  isSound(configuration: FoundConfiguration): boolean;
  log: Log;
};

type Values = NonNullable<Discovered['values']>;

type Found = {
  id: string;
  brokerId: string;
  meter: FoundMeter;
  title: string;
  proposal: FoundConfiguration;
  /** ms since the epoch */
  firstHeardAt: number;
  lastHeardAt: number;
  messages: number;
  values: Values | null;
};

/** The same meter has the same id whatever else is told of it, after a restart too. */
function idOf({ mqttTopic, channel, parserOptions }: FoundMeter, brokerId: string): string {
  const what = JSON.stringify([brokerId, mqttTopic, channel ?? null, parserOptions?.power?.path ?? null]);
  return createHash('sha256').update(what).digest('hex').slice(0, 16);
}

/** How much is told: an announcement knows the units and names that a mere reading does not show. */
const detail = ({ name, model, parserOptions }: FoundMeter) =>
  [name, model, parserOptions].filter((part) => part !== undefined).length;

function isBetter(meter: FoundMeter, known: FoundMeter): boolean {
  return detail(meter) >= detail(known) && !isDeepStrictEqual(meter, known);
}

function viewOf(found: Found, configuration: FoundConfiguration): Discovered {
  const { meter } = found;
  return {
    id: found.id,
    broker_id: found.brokerId,
    family: meter.parserType,
    title: found.title,
    topic: meter.mqttTopic,
    channel: meter.channel ?? null,
    name: shownText(meter.name),
    model: shownText(meter.model),
    first_heard_at: isoTime(found.firstHeardAt),
    last_heard_at: isoTime(found.lastHeardAt),
    messages: found.messages,
    values: found.values,
    configuration,
  };
}

/**
 * Finds meters that nobody has configured in what the brokers bring. Whoever may publish decides what it is
 * shown, so everything is bounded: what is looked at, what is remembered, what is kept.
 */
export class Discovery {
  readonly #deps: DiscoveryDeps;
  readonly #topics = new HeardTopics<Found>();
  readonly #budget = new LookBudget();
  /** By id; the longest unheard first. */
  readonly #found = new Map<string, Found>();
  readonly #dismissed = new Set<string>();
  #faultLoggedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
  }

  /**
   * Takes every message. Most cost a look into a map.
   * @param isConfigured a device has read it; it may still tell of another meter
   */
  heard(message: Message, brokerId: string, isConfigured: boolean): void {
    const { topic, payload, steadyAt, receivedAt } = message;
    if (topic.length > TOPIC_LENGTH_MAX) return;
    const known = this.#topics.get(brokerId, topic);
    let meters = known?.meters ?? [];
    if ((!known || steadyAt >= known.nextLookAt) && this.#budget.take(payload.length, steadyAt)) {
      meters = this.#look(message, brokerId) ?? meters;
      const isEmpty = meters.length === 0;
      const emptyLooks = isEmpty ? (known?.emptyLooks ?? 0) + 1 : 0;
      const pauseMs = isConfigured ? EMPTY_MS_MAX : EMPTY_MS * EMPTY_FACTOR ** (emptyLooks - 1);
      const nextLookAt = steadyAt + (isEmpty ? Math.min(pauseMs, EMPTY_MS_MAX) : REFRESH_MS);
      this.#topics.set(brokerId, topic, { meters, emptyLooks, nextLookAt });
    }
    for (const found of meters) {
      found.messages += 1;
      found.lastHeardAt = receivedAt;
    }
  }

  /** The topics of the meters that nobody reads. */
  topics(): string[] {
    return this.#free().map(({ meter }) => meter.mqttTopic);
  }

  /** Looks at every topic anew: what is configured has changed, or somebody searches. */
  lookAgain(): void {
    this.#topics.clear();
  }

  /** What was found and is not configured, the newest first. `search`: part of a name, topic, family or model. */
  list({ search = '', limit }: { search?: string | undefined; limit: number }): {
    found: Discovered[];
    total: number;
  } {
    const uniqueId = uniqueIds(this.#deps.isIdTaken);
    const views = this.#free()
      .sort((a, b) => a.firstHeardAt - b.firstHeardAt || (a.id < b.id ? -1 : 1))
      .map((found) => viewOf(found, { ...found.proposal, device_id: uniqueId(found.proposal.device_id) }));
    const wanted = search.toLowerCase();
    const matching = views.toReversed().filter(({ title, topic, name, model, family, configuration }) => {
      const texts = [title, topic, name ?? '', model ?? '', family, configuration.machine_name];
      return texts.some((text) => text.toLowerCase().includes(wanted));
    });
    return { found: matching.slice(0, limit), total: matching.length };
  }

  /** Hides a meter until the restart. @returns false when there is none with this id */
  dismiss(id: string): boolean {
    if (!this.#found.delete(id)) return false;
    const [oldest] = this.#dismissed;
    if (this.#dismissed.size >= DISMISSED_MAX && oldest !== undefined) this.#dismissed.delete(oldest);
    this.#dismissed.add(id);
    return true;
  }

  /** Those that no device reads meanwhile. */
  #free(): Found[] {
    for (const { id, meter, brokerId } of this.#found.values()) {
      if (this.#deps.isTaken(meter, brokerId)) this.#found.delete(id);
    }
    return [...this.#found.values()];
  }

  /** The meters of a message that are to be shown; null: it tells of none. */
  #look(message: Message, brokerId: string): Found[] | null {
    const sighting = this.#sighting(message);
    if (!sighting || sighting.meters.length === 0) return null;
    const { meters, values } = sighting;
    const found = meters
      .slice(0, METERS_PER_MESSAGE_MAX)
      .map((meter) => this.#find(meter, message, brokerId))
      .filter((one) => one !== null);
    const [only] = found;
    if (only && meters.length === 1 && values) this.#show(only, values, message);
    return found;
  }

  #sighting(message: Message): Sighting | null {
    try {
      return this.#deps.sightingOf(message);
    } catch (error) {
      // Anybody's message passes here: a mistake about one must not end the reception.
      if (message.steadyAt - this.#faultLoggedAt >= FAULT_LOG_MS) {
        this.#faultLoggedAt = message.steadyAt;
        this.#deps.log.error('discovery_failed', {
          topic: message.topic,
          message: (error as Error).message,
          stack: (error as Error).stack,
        });
      }
      return null;
    }
  }

  #find(meter: FoundMeter, { receivedAt }: Message, brokerId: string): Found | null {
    const { isTaken, titleOf, isSound, log } = this.#deps;
    const id = idOf(meter, brokerId);
    if (this.#dismissed.has(id) || isTaken(meter, brokerId)) return null;
    const before = this.#found.get(id);
    if (before && !isBetter(meter, before.meter)) return this.#keep(before);
    const proposal = proposalOf(meter, brokerId);
    const title = titleOf(meter.parserType);
    if (title === null || !isSound(proposal)) return before ?? null;
    if (before) return this.#keep(Object.assign(before, { meter, title, proposal }));
    log.debug('meter_found', { broker_id: brokerId, topic: meter.mqttTopic, parser_type: meter.parserType });
    const heard = { firstHeardAt: receivedAt, lastHeardAt: receivedAt, messages: 0, values: null };
    return this.#keep({ id, brokerId, meter, title, proposal, ...heard });
  }

  #keep(found: Found): Found {
    this.#found.delete(found.id);
    this.#found.set(found.id, found);
    const [longestUnheard] = this.#found.keys();
    if (this.#found.size > FOUND_MAX && longestUnheard !== undefined) this.#found.delete(longestUnheard);
    return found;
  }

  /** Live values take the place of replayed ones, never the other way round. */
  #show(found: Found, values: NonNullable<Sighting['values']>, { retained, receivedAt }: Message): void {
    const before = found.values;
    if (retained && before && !before.retained) return;
    const { powerW, energyTotalKwh, voltageV, currentA } = values;
    found.values = {
      ...(before?.retained === retained && before),
      at: isoTime(receivedAt),
      retained,
      ...(powerW !== undefined && { power_w: powerW }),
      ...(energyTotalKwh !== undefined && { energy_kwh: energyTotalKwh }),
      ...(voltageV !== undefined && { voltage_v: voltageV }),
      ...(currentA !== undefined && { current_a: currentA }),
    };
  }
}
