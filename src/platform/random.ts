/** Chance of the running process, in [0, 1); for jitter only, never for secrets. */
export const systemRandom = (): number => Math.random();
