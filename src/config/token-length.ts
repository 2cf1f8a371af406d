const LENGTH_ADVISED = 22;

/** Warns of a secret that could be guessed. */
export function warnOfShortToken(name: string, token: string | undefined, warnings: string[]): void {
  if (token === undefined || token.length >= LENGTH_ADVISED) return;
  warnings.push(`${name} is short; use at least ${LENGTH_ADVISED} random characters (128 bits)`);
}
