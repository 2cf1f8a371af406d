import type { Effect, Input } from '../detect/detector.ts';
import type { Machine } from '../model/machine.ts';

/** Watches the pipeline: for the log of readings and the live stream. Quick, and never throws. */
export type Observer = {
  /** The detector of a device was told something; deadlines that carried nothing out are left out. */
  input(deviceId: string, input: Input): void;
  /** A machine is in another state now. */
  moved(transition: Extract<Effect, { kind: 'transition' }>, machine: () => Machine): void;
};
