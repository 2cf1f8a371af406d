import { useCallback, useSyncExternalStore } from 'react';
import type { CurvesAnswer } from '../../../src/api/curves.ts';
import { call } from '../../api/client.ts';
import { live } from '../../api/live.ts';
import { bridgeNow } from '../../api/time.ts';
import { CurveBook, type DrawnCurve } from './curve-book.ts';

/** At most twice a second something is drawn. */
const FLUSH_MS = 500;
/** Thresholds that were changed show by then. */
const RENEW_MS = 300_000;
const RETRY_MS = 15_000;
/** A stream that is connecting greets within this. */
const HELLO_MS = 1000;

type Tell = () => void;

/** The small curves, kept up to date by the stream while somebody looks at them. */
class CurveStore {
  readonly #book = new CurveBook();
  readonly #watchers = new Map<string, Tell>();
  #leave: Tell[] = [];
  #clock: ReturnType<typeof setInterval> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #fetching: AbortController | null = null;

  drawn = (deviceId: string): DrawnCurve => this.#book.drawn(deviceId);

  /** One tile a machine: the last one that asks is told. */
  watch(deviceId: string, tell: Tell): Tell {
    this.#watchers.set(deviceId, tell);
    return () => {
      if (this.#watchers.get(deviceId) === tell) this.#watchers.delete(deviceId);
    };
  }

  /** Keeps all curves going, shown or not. */
  begin = (): Tell => {
    this.#leave = [
      live.on('hello', () => void this.#renew()),
      live.on('reading', (readings) => this.#book.readings(readings)),
      live.on('event', ({ event_type, state, device_id }) => {
        if (event_type === 'device_offline' && state === 'pending') this.#book.offline(device_id);
      }),
    ];
    this.#clock = setInterval(() => this.#tell(), FLUSH_MS);
    this.#renewal = setTimeout(() => void this.#renew(), live.state() === 'live' ? 0 : HELLO_MS);
    return () => this.#stop();
  };

  #stop(): void {
    for (const leave of this.#leave) leave();
    clearInterval(this.#clock);
    clearTimeout(this.#renewal);
    this.#fetching?.abort();
    this.#fetching = null;
  }

  async #renew(): Promise<void> {
    clearTimeout(this.#renewal);
    this.#fetching?.abort();
    const fetching = new AbortController();
    this.#fetching = fetching;
    let nextMs = RENEW_MS;
    try {
      const path = '/api/curves?minutes=30&points=120';
      const answer = await call<CurvesAnswer>('GET', path, undefined, fetching.signal);
      if (this.#fetching === fetching) this.#book.setAll(answer);
    } catch {
      // A tile without its past is still right: the curve begins with what is heard.
      nextMs = RETRY_MS;
    }
    if (this.#fetching !== fetching) return;
    this.#fetching = null;
    this.#renewal = setTimeout(() => void this.#renew(), nextMs);
  }

  #tell(): void {
    this.#book.advance(bridgeNow());
    for (const id of this.#book.takeChanged()) this.#watchers.get(id)?.();
  }
}

export const curves = new CurveStore();

const watchNothing = () => () => undefined;

export function useCurve(deviceId: string, isWatched: boolean): DrawnCurve {
  const watch = useCallback((tell: Tell) => curves.watch(deviceId, tell), [deviceId]);
  return useSyncExternalStore(isWatched ? watch : watchNothing, () => curves.drawn(deviceId));
}
