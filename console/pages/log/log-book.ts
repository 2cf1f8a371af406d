import type { LogPage } from '../../../src/api/log.ts';

/** What is held of the log: newest first. */
export type LogBook = LogPage;
export type Line = LogPage['lines'][number];

/** Lines a page holds at most: what is older can be loaded again. */
const LINES_MAX = 2000;

/**
 * Puts `fresh`, the lines since the newest of `held`, before them. When more came than one answer holds,
 * only they stay: between them and the others would be a hole that nobody sees.
 */
export function withNewer(held: LogBook, fresh: LogPage): LogBook {
  if (fresh.lines.length === 0) return held;
  if (fresh.next_before !== null) return fresh;
  const lines = [...fresh.lines, ...held.lines];
  if (lines.length <= LINES_MAX) return { lines, next_before: held.next_before };
  const kept = lines.slice(0, LINES_MAX);
  return { lines: kept, next_before: kept.at(-1)?.id ?? null };
}

/** Adds the page that follows. */
export const withOlder = (held: LogBook, older: LogPage): LogBook => ({
  lines: [...held.lines, ...older.lines],
  next_before: older.next_before,
});

/** A value of a line as people read it. */
export const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** What belongs to an event, in one line of text. */
export const fieldsText = (fields: Record<string, unknown>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join('  ');
