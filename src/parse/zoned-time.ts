const ZONED = /(?:Z|[+-]\d\d:?\d\d)$/;

/** ISO 8601 with a time zone as ms since the epoch; NaN without one: it would be read in the zone of the bridge's computer. */
export function zonedTimeMs(text: unknown): number {
  return typeof text === 'string' && ZONED.test(text) ? Date.parse(text) : Number.NaN;
}
