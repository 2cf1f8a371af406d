import type { Cancel, Clock } from '../platform/clock.ts';

/** A broker that is there answers sooner; what comes later was stuck on the way. */
const SUSPECTED_MS = 2000;
/** How long a broker may take altogether. */
const GIVEN_UP_MS = 5000;

/** A connection that can ask its broker for a sign of life. */
type Pinging = { sendPing(): void };

export type ProofDeps<Client extends Pinging> = {
  clock: Pick<Clock, 'after'>;
  /** No answer so far: what arrives from now on may be old. */
  onSuspected(): void;
  onGivenUp(client: Client): void;
};

/**
 * Finds out whether a silent broker is still there.
 * idle ──ask──▶ asked ──2 s──▶ suspected ──3 s──▶ given up; any packet leads back to idle
 */
export class Proof<Client extends Pinging> {
  readonly #deps: ProofDeps<Client>;
  #mode: 'idle' | 'asked' | 'suspected' = 'idle';
  #cancel: Cancel | null = null;

  constructor(deps: ProofDeps<Client>) {
    this.#deps = deps;
  }

  /** Pings; does nothing while an answer is awaited. */
  ask(client: Client): void {
    if (this.#mode !== 'idle') return;
    this.#mode = 'asked';
    this.#cancel = this.#deps.clock.after(SUSPECTED_MS, () => {
      this.#mode = 'suspected';
      this.#cancel = this.#deps.clock.after(GIVEN_UP_MS - SUSPECTED_MS, () => {
        this.forget();
        this.#deps.onGivenUp(client);
      });
      this.#deps.onSuspected();
    });
    client.sendPing();
  }

  /** A packet came. @returns what it put an end to */
  heard(): 'idle' | 'asked' | 'suspected' {
    const ended = this.#mode;
    this.forget();
    return ended;
  }

  forget(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#mode = 'idle';
  }
}
