/** The way to a value: object keys and array indices, as text. */
export type JsonPath = readonly string[];

const STEP = /\.?([^.[\]'"]+)|\[(\d{1,6})\]|\['([^']*)'\]|\["([^"]*)"\]/y;

/**
 * Reads a path: `$.a.b[0]`, `a.b`, `$['a b']`, or a JSON Pointer `/a/b/0` (RFC 6901).
 * @returns null when the text is no such path
 */
export function parsePath(text: string): JsonPath | null {
  if (text.startsWith('/')) {
    return text
      .slice(1)
      .split('/')
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  const steps: string[] = [];
  let at = text.startsWith('$') ? 1 : 0;
  while (at < text.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    if (!found) return null;
    steps.push(found[1] ?? found[2] ?? found[3] ?? found[4] ?? '');
    at = STEP.lastIndex;
  }
  return steps;
}

/** The value at `path`, or undefined. Only own keys are followed, and only digits index an array. */
export function valueAt(root: unknown, path: JsonPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    if (Array.isArray(value) && !/^\d+$/.test(step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
