/** Time as the simulator needs it, handed in so that a test can let a day pass at once. */
export type SimulatorClock = {
  /** Wall clock, ms since the epoch. */
  nowMs(): number;
  /**
   * Resolves after `ms`, or at once when `signal` is aborted; it never rejects.
   * Even a wait of 0 ms gives way to sockets and signals.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** Node's timers overflow beyond this and would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The clock of the running process. It cannot be stepped: it counts on from the time at which it was made. */
export function realClock(): SimulatorClock {
  const originMs = Date.now() - performance.now();
  return {
    nowMs: () => originMs + performance.now(),
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        if (ms <= 0) {
          setImmediate(resolve);
          return;
        }
        const end = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, Math.min(ms, TIMER_MS_MAX));
        signal?.addEventListener('abort', end, { once: true });
      });
    },
  };
}
