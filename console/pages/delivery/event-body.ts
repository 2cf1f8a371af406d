/** What of an event's body is shown by itself. */
export type BodyFacts = { machineName: string | null; sessionId: string | null };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Reads a body that may be anything. */
export function bodyFacts(body: unknown): BodyFacts {
  const payload = isObject(body) && isObject(body.payload) ? body.payload : {};
  return { machineName: textOf(payload.machine_name), sessionId: textOf(payload.session_id) };
}

export const bodyText = (body: unknown): string => JSON.stringify(body, null, 2) ?? '';
