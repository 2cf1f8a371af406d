/** Stops a timer; calling it twice, or after it fired, does nothing. */
export type Cancel = () => void;

/**
 * Time, handed in wherever it is needed.
 * `wallMs` is what the calendar says and may be stepped (NTP, a computer without a battery clock);
 * `steadyMs` began at the same figure when the process started and is never stepped.
 */
export type Clock = {
  wallMs(): number;
  steadyMs(): number;
  /** Calls `fire` once, `delayMs` from now on the steady clock. */
  after(delayMs: number, fire: () => void): Cancel;
  /** Calls `run` when the work in hand in this turn of the event loop is done. */
  soon(run: () => void): void;
};

/** Node's timers overflow beyond this and would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The clock of the running process. */
export function systemClock(): Clock {
  const originMs = Date.now() - performance.now();
  return {
    wallMs: () => Date.now(),
    steadyMs: () => Math.floor(originMs + performance.now()),
    after(delayMs, fire) {
      const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), TIMER_MS_MAX));
      return () => clearTimeout(timer);
    },
    soon: (run) => {
      setImmediate(run);
    },
  };
}

/** `ms` since the epoch as ISO 8601 in UTC with milliseconds: the form of every time the bridge tells. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Resolves after `delayMs` on `clock`, or at once when `signal` is aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}
