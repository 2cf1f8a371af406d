import { z } from 'zod';

export const ATTRIBUTE_TYPES = ['STR', 'LONG', 'DBL', 'BOOL', 'JSON'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];
/** Who set it: the device itself, or somebody here (console, API). */
export const ATTRIBUTE_SCOPES = ['device', 'server'] as const;
export type AttributeScope = (typeof ATTRIBUTE_SCOPES)[number];

const ATTRIBUTE_KEY_LENGTH_MAX = 128;
const ATTRIBUTES_PER_MESSAGE_MAX = 256;
const ATTRIBUTE_BYTES_MAX = 16_384;

/** One value of one attribute, on its way to the database. `value` is JSON text; null deletes it. */
export type AttributeChange = {
  deviceId: string;
  scope: AttributeScope;
  key: string;
  type: AttributeType;
  value: string | null;
  /** ms since the epoch */
  at: number;
  /** Replayed from a broker's store: no news when it is the value that is known already. */
  retained: boolean;
};

/** A value that was taken in; `previous` is JSON text, null: there was none. */
export type AttributeNews = AttributeChange & { previous: string | null };

/** An attribute as the API lists it. */
export const attributeSchema = z.object({
  key: z.string(),
  scope: z.enum(ATTRIBUTE_SCOPES),
  type: z.enum(ATTRIBUTE_TYPES),
  value: z.unknown(),
  at: z.iso.datetime({ precision: 3 }),
});
export type Attribute = z.infer<typeof attributeSchema>;

export type AttributesOutcome =
  /** `problem`: what was left out, or null. */
  { changes: AttributeChange[]; problem: string | null } | { fault: string };

function typeOf(value: unknown): AttributeType {
  if (typeof value === 'string') return 'STR';
  if (typeof value === 'boolean') return 'BOOL';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'LONG' : 'DBL';
  return 'JSON';
}

function keyProblem(key: string): string | null {
  if (key === '') return 'a key is empty';
  if (key.length > ATTRIBUTE_KEY_LENGTH_MAX)
    return `a key has more than ${ATTRIBUTE_KEY_LENGTH_MAX} characters`;
  return /\p{Cc}/u.test(key) || !key.isWellFormed() ? 'a key has control characters' : null;
}

/**
 * The attributes in `input`: a fault when it is no object or has more than 256 keys; a key or value that
 * cannot be kept is left out and named.
 */
export function attributesOf(
  input: unknown,
  about: Pick<AttributeChange, 'deviceId' | 'scope' | 'at' | 'retained'>,
): AttributesOutcome {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { fault: 'the attributes must be a JSON object, each key an attribute' };
  }
  const entries = Object.entries(input);
  if (entries.length > ATTRIBUTES_PER_MESSAGE_MAX) {
    return { fault: `${entries.length} attributes in one message, more than ${ATTRIBUTES_PER_MESSAGE_MAX}` };
  }
  const changes: AttributeChange[] = [];
  let problem: string | null = null;
  for (const [key, value] of entries) {
    const text = value === null ? null : JSON.stringify(value);
    const tooLarge = text !== null && Buffer.byteLength(text) > ATTRIBUTE_BYTES_MAX;
    const wrong =
      keyProblem(key) ?? (tooLarge ? `the value of ${key} has more than ${ATTRIBUTE_BYTES_MAX} bytes` : null);
    if (wrong) problem ??= `left out: ${wrong}`;
    else changes.push({ ...about, key, type: typeOf(value), value: text });
  }
  return { changes, problem };
}
