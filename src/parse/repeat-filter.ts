import type { Reading } from '../model/reading.ts';
import { VALUE_FIELDS } from './reading-draft.ts';

/** A device that tells one change on two topics does so within this time. */
const WINDOW_MS = 500;
const TOLD_MAX = 8;

/** What one of the two topics told a moment ago. Values that the other one repeated are taken out. */
export type Told = { by: string; reading: Reading };

/**
 * Removes from `reading` what another topic told within the last 500 ms with the same value; each telling
 * excuses one repetition. The same message twice on one topic is two readings.
 * @returns what is left of the reading, null when it was nothing but repetitions; and what to remember
 */
export function withoutRepeats(
  reading: Reading,
  by: string,
  told: readonly Told[],
): { reading: Reading | null; told: readonly Told[] } {
  // The common cases first: nothing was told lately, or by this topic only.
  const newest = told.at(-1);
  if (!newest || !isRecent(newest, reading)) return { reading, told: [{ by, reading }] };
  const isOneTopic = told.every((entry) => entry.by === by);
  const recent = isOneTopic ? [...told] : told.filter((entry) => isRecent(entry, reading));
  if (recent.every((entry) => entry.by === by)) return { reading, told: remember(recent, { by, reading }) };
  let left = reading;
  let isNew = false;
  for (const field of VALUE_FIELDS) {
    const value = reading[field];
    if (value === undefined) continue;
    const index = recent.findIndex((entry) => entry.by !== by && entry.reading[field] === value);
    const entry = recent[index];
    if (entry) {
      recent[index] = { by: entry.by, reading: without(entry.reading, field) };
      left = without(left, field);
    } else {
      isNew = true;
    }
  }
  if (!isNew) return { reading: null, told: recent };
  return { reading: left, told: remember(recent, { by, reading: left }) };
}

function isRecent(entry: Told, reading: Reading): boolean {
  const ageMs = reading.steadyAt - entry.reading.steadyAt;
  return ageMs >= 0 && ageMs <= WINDOW_MS;
}

function remember(recent: Told[], entry: Told): readonly Told[] {
  if (recent.length >= TOLD_MAX) recent.shift();
  recent.push(entry);
  return recent;
}

function without(reading: Reading, field: keyof Reading): Reading {
  const copy = { ...reading };
  delete copy[field];
  return copy;
}
