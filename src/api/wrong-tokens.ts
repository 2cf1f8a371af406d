import { normalizeIP } from '@fastify/rate-limit';
import type { Clock } from '../platform/clock.ts';

const WINDOW_MS = 60_000;
const WRONG_MAX = 10;
const ADDRESSES_MAX = 10_000;

/** Counts wrong tokens by address. A right token is never asked about here, so nobody can lock it out. */
export class WrongTokens {
  readonly #clock: Pick<Clock, 'steadyMs'>;
  /** By address (IPv6: the /64 network), oldest window first. */
  readonly #windows = new Map<string, { count: number; endsAt: number }>();

  constructor(clock: Pick<Clock, 'steadyMs'>) {
    this.#clock = clock;
  }

  /** Notes a wrong token. @returns seconds to wait once there were more than 10 in a minute, else null */
  note(ip: string): number | null {
    const now = this.#clock.steadyMs();
    const address = normalizeIP(ip);
    let window = this.#windows.get(address);
    if (!window || window.endsAt <= now) {
      this.#windows.delete(address);
      window = { count: 0, endsAt: now + WINDOW_MS };
      this.#windows.set(address, window);
      this.#forgetOldest();
    }
    window.count += 1;
    return window.count > WRONG_MAX ? Math.ceil((window.endsAt - now) / 1000) : null;
  }

  #forgetOldest(): void {
    for (const oldest of this.#windows.keys()) {
      if (this.#windows.size <= ADDRESSES_MAX) break;
      this.#windows.delete(oldest);
    }
  }
}
