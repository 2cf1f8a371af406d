import type { Input } from '../detect/detector.ts';
import type { Reading } from '../model/reading.ts';

/** A message that is told as older than this while the link was lost is backlog. */
const BACKLOG_MS = 5000;
/** No machine draws more; sums of such figures would be no numbers any more. */
const POWER_W_MAX = 1e12;

/** What is told of a power over time; times on the wall clock, ms since the epoch. */
export type CurveListener = {
  reading(at: number, reading: Reading): void;
  /** The power was this from one instant to the other. */
  held(fromAt: number, toAt: number, powerW: number): void;
  /** Nothing was known of the power. */
  unknown(fromAt: number, toAt: number): void;
};

/** The power of one device over time, out of what its detector was told: each power holds until the next message. */
export class PowerCurve {
  readonly #holdMsMax: number;
  #lost: boolean;
  #skewMs = 0;
  /** The last sign of life. */
  #at: number | null = null;
  #powerW: number | null = null;

  /**
   * @param holdMsMax a longer silence says nothing of the power
   * @param lost whether nobody listens at the beginning
   */
  constructor(holdMsMax: number, lost: boolean) {
    this.#holdMsMax = holdMsMax;
    this.#lost = lost;
  }

  /** Whether nobody listens. */
  get lost(): boolean {
    return this.#lost;
  }

  take(input: Input, listener: CurveListener): void {
    const { kind } = input;
    if (kind === 'reading') return this.#read(input.reading, listener);
    if ('wallAt' in input) this.#skewMs = input.wallAt - input.steadyAt;
    if (kind === 'link_lost' || kind === 'removed') {
      this.#reach(input.steadyAt + this.#skewMs, listener);
      this.#powerW = null;
    }
    // How long the process before was listening after its last message is told on another clock.
    if (kind === 'restarted') this.#powerW = null;
    this.#lost = kind === 'link_back' ? false : this.#lost || kind === 'link_lost' || kind === 'restarted';
  }

  /** Says how things are until `at`, as far as they are known. */
  end(at: number, listener: CurveListener): void {
    this.#reach(at, listener);
  }

  #read(reading: Reading, listener: CurveListener): void {
    this.#skewMs = reading.receivedAt - reading.steadyAt;
    if (reading.retained && !reading.presence) return;
    const at = this.#whenOf(reading);
    this.#reach(at, listener);
    if (reading.presence === 'offline') this.#powerW = null;
    if (reading.presence) return;
    const { powerW } = reading;
    if (powerW !== undefined && !(Math.abs(powerW) <= POWER_W_MAX)) return;
    listener.reading(at, reading);
    if (powerW !== undefined) this.#powerW = powerW;
  }

  /** What a broker kept while nobody listened is dated by its device. */
  #whenOf({ receivedAt, deviceTime }: Reading): number {
    const isBacklog = this.#lost && deviceTime !== undefined && receivedAt - deviceTime > BACKLOG_MS;
    return isBacklog ? deviceTime : receivedAt;
  }

  #reach(at: number, listener: CurveListener): void {
    const from = this.#at;
    if (from !== null && at < from) return;
    this.#at = at;
    if (from === null || at === from) return;
    if (this.#powerW !== null && at - from <= this.#holdMsMax) {
      listener.held(from, at, this.#powerW);
    } else {
      listener.unknown(from, at);
      this.#powerW = null;
    }
  }
}
