import type { Attribute, AttributeType } from '../../../src/model/attribute.ts';

/** A value as text; what is deleted is a dash. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export const WRITTEN_TYPES = ['STR', 'DBL', 'BOOL', 'JSON'] as const;
export type WrittenType = (typeof WRITTEN_TYPES)[number];

/** As what a value is written: whole numbers are numbers. */
export const writtenType = (type: AttributeType): WrittenType => (type === 'LONG' ? 'DBL' : type);

/** What was typed as a value of `type`; null: it is none. */
export function readValue(text: string, type: WrittenType): { value: unknown } | null {
  if (type === 'STR') return { value: text };
  if (type === 'BOOL') return { value: text === 'true' };
  if (type === 'DBL') {
    const number = Number(text.trim().replace(',', '.'));
    return text.trim() === '' || !Number.isFinite(number) ? null : { value: number };
  }
  try {
    const value: unknown = JSON.parse(text);
    return value === null ? null : { value };
  } catch {
    return null;
  }
}

/** The former values that are numbers, oldest first: for a chart. Empty where there are not two. */
export function numbersOf(values: readonly Attribute[]): { atMs: number; value: number }[] {
  const numbers = values.flatMap(({ at, value }) =>
    typeof value === 'number' ? [{ atMs: Date.parse(at), value }] : [],
  );
  return numbers.length < 2 ? [] : numbers.toReversed();
}
