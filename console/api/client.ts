/** A finding of the API: where, and what about it. */
export type Finding = { path: string; message: string };

/** The API refused, or could not be reached (status 0). `message` is a sentence for people. */
export class ApiFault extends Error {
  readonly status: number;
  readonly errors: readonly Finding[];
  constructor(status: number, message: string, errors: readonly Finding[] = []) {
    super(message);
    this.name = 'ApiFault';
    this.status = status;
    this.errors = errors;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
let onLocked: () => void = () => undefined;

/** Calls `listener` whenever an answer says that a token is needed. */
export function whenLocked(listener: () => void): void {
  onLocked = listener;
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Calls the bridge.
 * @throws ApiFault
 */
export async function call<T>(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      ...(signal && { signal }),
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ApiFault(0, '');
  }
  const answer = (await answerOf(response)) as { message?: string; errors?: Finding[] } | null;
  if (response.ok) return answer as T;
  if (response.status === 401) onLocked();
  throw new ApiFault(response.status, answer?.message ?? response.statusText, answer?.errors);
}

/** A query string of what is given; null and empty are left out. */
export function query(fields: Record<string, string | number | boolean | null | undefined>): string {
  const given = Object.entries(fields).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([k, v]) => [k, String(v)])).toString()}`;
}

/** The path of a resource; ids may hold any character. */
export const at = (...parts: readonly string[]): string => `/api/${parts.map(encodeURIComponent).join('/')}`;
