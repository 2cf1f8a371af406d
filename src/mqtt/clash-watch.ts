import type { ConnectionFault } from './connection-fault.ts';

/** A connection that lasts this long was a good one. */
export const STABLE_MS = 10_000;
/** This many short connections in a row mean that somebody takes them away. */
const SHORT_CONNECTIONS = 3;

/** Notices two clients that take one id from each other; MQTT 3.1.1 has no word for it. */
export class ClashWatch {
  readonly #clash: ConnectionFault;
  #shortConnections = 0;

  /** @param clash what to think of them */
  constructor(clash: ConnectionFault) {
    this.#clash = clash;
  }

  /** What to think of a connection that ended by `fault` after `lastedMs`. */
  judge(fault: ConnectionFault, lastedMs: number): ConnectionFault {
    if (lastedMs >= STABLE_MS) this.#shortConnections = 0;
    else if (lastedMs > 0 && fault.reason === 'closed') this.#shortConnections++;
    return this.#shortConnections >= SHORT_CONNECTIONS ? this.#clash : fault;
  }
}
