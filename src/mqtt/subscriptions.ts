import type { MqttClient } from 'mqtt';
import type { Log } from '../platform/log.ts';
import { coveringFilters } from './topic-routes.ts';

/** Filters in one SUBSCRIBE; brokers bound the packet, and a refusal is easier to read. */
const FILTERS_PER_PACKET = 200;
const REFUSED = 0x80;

/** What a connection is subscribed to, and what it should be. */
export class Subscriptions {
  readonly #log: Log;
  #wanted = new Set<string>();
  #made = new Set<string>();
  /** What former connections had: a persistent session keeps it. */
  #former = new Set<string>();
  #refused = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  want(filters: Iterable<string>): void {
    this.#wanted = coveringFilters(filters);
  }

  /** Nothing is known of what the broker has: subscribe to all, and drop what it may still have, at the next sync. */
  forget(): void {
    for (const filter of this.#made) this.#former.add(filter);
    this.#made.clear();
    this.#refused.clear();
  }

  /** Filters the broker does not let us subscribe to. */
  refused(): string[] {
    return [...this.#refused];
  }

  /** Brings the broker's subscriptions to what is wanted; `done` when every answer came. */
  sync(client: MqttClient, protocolVersion: 4 | 5, done: () => void = () => undefined): void {
    const add = [...this.#wanted].filter((filter) => !this.#made.has(filter));
    const drop = [...this.#made, ...this.#former].filter((filter) => !this.#wanted.has(filter));
    this.#former.clear();
    for (const filter of add) this.#made.add(filter);
    for (const filter of drop) {
      this.#made.delete(filter);
      this.#refused.delete(filter);
    }
    // New ones first: what an old, wider filter brought must not be missed in between.
    let outstanding = Math.ceil(add.length / FILTERS_PER_PACKET);
    if (outstanding === 0) done();
    for (let i = 0; i < add.length; i += FILTERS_PER_PACKET) {
      const part = add.slice(i, i + FILTERS_PER_PACKET);
      const options =
        protocolVersion === 5 ? { qos: 1 as const, rap: false, nl: false, rh: 0 } : { qos: 1 as const };
      client.subscribe(part, options, (error, _granted, packet) => {
        this.#judge(part, packet?.granted as number[] | undefined, error);
        if (--outstanding === 0) done();
      });
    }
    for (let i = 0; i < drop.length; i += FILTERS_PER_PACKET) {
      // An unsubscription that fails with its connection is made good by the next one.
      client.unsubscribe(drop.slice(i, i + FILTERS_PER_PACKET), () => undefined);
    }
  }

  #judge(filters: string[], codes: number[] | undefined, error: Error | null): void {
    if (!codes) {
      if (error) this.#log.warning('mqtt_subscribe_failed', { message: error.message });
      return;
    }
    for (const [i, filter] of filters.entries()) {
      if ((codes[i] ?? 0) < REFUSED) continue;
      this.#refused.add(filter);
      this.#log.warning('mqtt_subscription_refused', { topic: filter, code: codes[i] });
    }
  }
}
