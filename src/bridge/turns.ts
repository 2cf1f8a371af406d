type Turn = { begun: boolean; done: Promise<void> };

/**
 * Does the work of each key one after the other. Who asks while a turn waits that has not begun shares it, so that
 * work should look at how things are when it is done.
 */
export class Turns {
  /** The newest of each key. */
  readonly #newest = new Map<string, Turn>();

  /** Begins at once when nothing is under way; rejects as `work` does. */
  take(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.#newest.get(key);
    if (before && !before.begun) return before.done;
    const turn: Turn = { begun: false, done: Promise.resolve() };
    this.#newest.set(key, turn);
    turn.done = this.#carryOut(key, turn, before, work);
    return turn.done;
  }

  /** Resolves when all that was asked for so far is over, whether it worked or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(Array.from(this.#newest.values(), ({ done }) => done));
  }

  async #carryOut(
    key: string,
    turn: Turn,
    before: Turn | undefined,
    work: () => Promise<void>,
  ): Promise<void> {
    // What became of it, its own caller is told.
    if (before) await before.done.catch(() => undefined);
    turn.begun = true;
    try {
      await work();
    } finally {
      if (this.#newest.get(key) === turn) this.#newest.delete(key);
    }
  }
}
