import type { z } from 'zod';
import { issueWords } from '../model/issue-words.ts';
import type { Finding } from '../model/validation.ts';

export type Checked<T> = { ok: true; value: T } | { ok: false; errors: Finding[] };

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks what a person said; every fault with its path, and each unknown field by its name. */
export function checkInput<T>(schema: z.ZodType<T>, input: unknown): Checked<T> {
  const parsed = schema.safeParse(input, { error: issueWords });
  if (parsed.success) return { ok: true, value: parsed.data };
  const errors = parsed.error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not known' }))
      : [{ path: path.join('.'), message: issue.message }];
  });
  return { ok: false, errors };
}

/**
 * `current` with the fields of `patch`, one level of objects deep for the fields in `nested`. What is absent
 * stays; null takes a field back, so that a check gives it its default.
 */
export function withPatch(current: Fields, patch: unknown, nested: readonly string[] = []): unknown {
  if (!isObject(patch)) return patch;
  const changed: Fields = { ...current };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete changed[field];
    else if (nested.includes(field) && isObject(changed[field]))
      changed[field] = withPatch(changed[field], value);
    else changed[field] = value;
  }
  return changed;
}

/** Whether a patch says anything about one of `fields`. */
export function touches(patch: unknown, ...fields: string[]): boolean {
  return isObject(patch) && fields.some((field) => Object.hasOwn(patch, field));
}

/** An id out of a name: lower case, letters without accents, digits and hyphens; `taken` ones get a number. */
export function slugOf(name: string, fallback: string, isTaken: (id: string) => boolean): string {
  const plain = name
    .toLowerCase()
    .replaceAll('đ', 'd')
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replace(/\p{Mark}+/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 56)
    .replace(/^-+|-+$/g, '');
  const base = plain || fallback;
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!isTaken(id)) return id;
  }
}
