import { createHash } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';

/** What flows did is recognised for so long when it comes back. */
const REMEMBERED_MS = 10_000;
const REMEMBERED_MAX = 50_000;

function keyOf(kind: string, ...facts: (string | Uint8Array)[]): string {
  const hash = createHash('sha1').update(kind);
  for (const fact of facts) hash.update('\0').update(fact);
  return hash.digest('base64');
}

/** The broker is left out: a message may come back by another one. */
export const messageKey = (topic: string, payload: Uint8Array) => keyOf('message', topic, payload);
export const eventKey = (eventUid: string) => keyOf('event', eventUid);
/** @param value as JSON */
export const attributeKey = (deviceId: string, key: string, value: string) =>
  keyOf('attribute', deviceId, key, value);

/**
 * Remembers what flows did, so that a trigger that a flow caused is known as such. The depth of a trigger is
 * the number of flows that stand behind it; 0: none.
 */
export class Causes {
  readonly #clock: Pick<Clock, 'steadyMs'>;
  /** In the order in which they end. */
  readonly #known = new Map<string, { depth: number; until: number }>();

  constructor(clock: Pick<Clock, 'steadyMs'>) {
    this.#clock = clock;
  }

  /** The deepest counts while it is remembered: a chain must not hide behind a shallow one. */
  remember(key: string, depth: number): void {
    const before = this.depthOf(() => key);
    this.#known.delete(key);
    this.#known.set(key, {
      depth: Math.max(before, depth),
      until: this.#clock.steadyMs() + REMEMBERED_MS,
    });
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED_MAX && oldest !== undefined) this.#known.delete(oldest);
  }

  /** @param key made only when anything is remembered at all: that costs a hash */
  depthOf(key: () => string): number {
    this.#forgetOld();
    return this.#known.size === 0 ? 0 : (this.#known.get(key())?.depth ?? 0);
  }

  #forgetOld(): void {
    const now = this.#clock.steadyMs();
    for (const [key, { until }] of this.#known) {
      if (until > now) return;
      this.#known.delete(key);
    }
  }
}
