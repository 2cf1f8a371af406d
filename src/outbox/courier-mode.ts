/**
 *   stopped ──start──► idle ◄─────► sending ──away──► backing_off ──waited──► probing
 *      ▲                              ▲                    ▲                   │  │
 *      │                              │                    └───── away ────────┘  │
 *      └── stop, from any             └────────── delivered or refused ───────────┘
 *
 * idle and sending differ by whether anything is out. In backing_off nothing new goes out. In probing one event
 * goes out, when all that were out before have come back.
 */
export type CourierMode = 'stopped' | 'idle' | 'sending' | 'backing_off' | 'probing';

const MOVES: Record<CourierMode, readonly CourierMode[]> = {
  stopped: ['idle'],
  idle: ['sending', 'stopped'],
  sending: ['idle', 'backing_off', 'stopped'],
  backing_off: ['probing', 'stopped'],
  probing: ['backing_off', 'sending', 'stopped'],
};

/** @throws Error when the picture has no such move: a mistake in the program */
export function moved(from: CourierMode, to: CourierMode): CourierMode {
  if (from !== to && !MOVES[from].includes(to))
    throw new Error(`the courier cannot go from ${from} to ${to}`);
  return to;
}

/** What the courier is doing, for health and console. */
export type CourierStatus = {
  mode: CourierMode;
  /** null: Odoo was not asked yet. */
  odooReachable: boolean | null;
  /** Why the newest event failed, or null when it did not. */
  lastError: string | null;
  /** Wall clock when Odoo was first found away, ms; null while it is there. */
  awaySince: number | null;
  inFlight: number;
  /** Wall clock of the next probe, ms; null when none is planned. */
  nextAttemptAt: number | null;
};
