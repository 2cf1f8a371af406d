import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';

/** What every part needs of the process it runs in. */
export type Surroundings = { clock: Clock; random: () => number; log: Log; metrics: Metrics };
