import { decodeText, type Failure } from './payload.ts';

/** Deepest nesting of objects and arrays that is looked at. */
const DEPTH_MAX = 64;

/**
 * A parsed JSON payload. `repaired`: bare `nan` or `inf` tokens were read as null, so a null may be one of
 * those. Own keys such as `__proto__` are plain data, as JSON.parse leaves them.
 */
type Json = { value: unknown; repaired: boolean };

/** A JSON object; not an array and not null. */
export type JsonObject = Record<string, unknown>;

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses a payload as JSON. Some firmware writes bare `nan` and `inf`, which would lose the whole message:
 * when the plain parse fails, a second one reads those tokens as null.
 * @param bytesMax for payloads that list many devices; left out, what a device may send
 * @returns the value, or why there is none: `empty`, `too_large`, `invalid_utf8` or `not_json`
 */
export function parseJson(payload: Buffer, bytesMax?: number): Json | Failure {
  const text = decodeText(payload, bytesMax);
  if (typeof text !== 'string') return text;
  if (isTooDeep(text)) return { reason: 'not_json', detail: `nested deeper than ${DEPTH_MAX} levels` };
  try {
    return { value: JSON.parse(text), repaired: false };
  } catch {
    return parseRepaired(text);
  }
}

function parseRepaired(text: string): Json | Failure {
  // A string runs to its quote or to the end of the text, so that the search stays linear.
  const stringOrToken = /"(?:[^"\\]|\\(?:.|$))*(?:"|$)|[-+]?\b(?:nan|inf(?:inity)?)\b/gis;
  const repaired = text.trim().replace(stringOrToken, (found) => (found.startsWith('"') ? found : 'null'));
  try {
    return { value: JSON.parse(repaired), repaired: true };
  } catch (error) {
    return { reason: 'not_json', detail: String(error).slice(0, 200) };
  }
}

function isTooDeep(text: string): boolean {
  if (text.length <= 2 * DEPTH_MAX) return false;
  // Counting brackets is cheap, and few messages have enough of them to need the exact look.
  let openings = 0;
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) openings += 1;
  for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) openings += 1;
  return openings > DEPTH_MAX && depthOf(text) > DEPTH_MAX;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0, inString = false; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') inString = !inString;
    else if (inString) at += char === '\\' ? 1 : 0;
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char === '}' || char === ']') depth -= 1;
  }
  return deepest;
}
