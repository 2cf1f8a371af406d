import { ApiFault } from '../../api/client.ts';
import { familyOf, messageTimeoutS } from './families.ts';
import type { Field } from './fields.ts';

/** What stands in a form, by the paths of its fields; empty: not given. */
export type FormValues = Readonly<Record<string, string | boolean>>;
type Fields = Record<string, unknown>;

const SWITCHED_ON = new Set(['enabled']);
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function valueAt(config: Fields, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), config);
}

/** A configuration as a form shows it. */
export function valuesOf(fields: readonly Field[], config: Fields): FormValues {
  return Object.fromEntries(
    fields.map(({ path, kind }) => {
      const value = valueAt(config, path);
      if (kind === 'switch') return [path, typeof value === 'boolean' ? value : SWITCHED_ON.has(path)];
      if (value === undefined || value === null) return [path, ''];
      return [path, kind === 'json' ? JSON.stringify(value, null, 2) : String(value)];
    }),
  );
}

/** What a field means to the API; undefined when it is empty. What is no number stays text: the API says so. */
function meaningOf({ kind }: Field, value: string | boolean | undefined): unknown {
  if (typeof value === 'boolean') return value;
  const text = (value ?? '').trim();
  if (text === '') return undefined;
  if (kind === 'json') return JSON.parse(text);
  if (kind === 'channel') return /^\d+$/.test(text) ? Number(text) : text;
  if (kind === 'number') return Number.isFinite(numberOf(text)) ? numberOf(text) : text;
  return text;
}

/** A number as people write it: `8.5` or `8,5`. */
const numberOf = (text: string): number => Number(text.trim().replace(',', '.'));

function put(body: Fields, path: string, value: unknown): void {
  const [name = '', inner] = path.split('.');
  if (inner === undefined) body[name] = value;
  else body[name] = { ...(isObject(body[name]) ? body[name] : {}), [inner]: value };
}

/** All that is filled in, as the body that makes a device. */
export function bodyOf(fields: readonly Field[], values: FormValues): Fields {
  const body: Fields = {};
  for (const field of fields) {
    const value = meaningOf(field, values[field.path]);
    if (value !== undefined) put(body, field.path, value);
  }
  return body;
}

/** What was changed, as the body of a PATCH: null takes a field back. */
export function patchOf(fields: readonly Field[], before: FormValues, values: FormValues): Fields {
  const patch: Fields = {};
  for (const field of fields) {
    if (values[field.path] === before[field.path]) continue;
    put(patch, field.path, meaningOf(field, values[field.path]) ?? null);
  }
  return patch;
}

/** Paths of the JSON fields that are no JSON objects. */
export function brokenJson(fields: readonly Field[], values: FormValues): string[] {
  return fields.flatMap(({ path, kind }) => {
    const text = String(values[path] ?? '').trim();
    if (kind !== 'json' || text === '') return [];
    try {
      return isObject(JSON.parse(text)) ? [] : [path];
    } catch {
      return [path];
    }
  });
}

export type FormFaults = { byField: Readonly<Record<string, string>>; rest: readonly string[] };
export const NO_FAULTS: FormFaults = { byField: {}, rest: [] };

/**
 * The faults of an answer, beside the fields they are about.
 * @param prefix what the API puts before the paths, such as `defaults.`
 */
export function faultsOf(error: unknown, paths: readonly string[], prefix = ''): FormFaults {
  if (!(error instanceof ApiFault)) return { byField: {}, rest: [] };
  const byField: Record<string, string> = {};
  const rest: string[] = [];
  for (const { path, message } of error.errors) {
    const own = path.startsWith(prefix) ? path.slice(prefix.length) : path;
    // A fault inside of parser_options belongs to the one field that holds it.
    const field = paths.find((one) => own === one || own.startsWith(`${one}.`) || own.startsWith(`${one}[`));
    if (field === undefined) rest.push(path === '' ? message : `${path}: ${message}`);
    else byField[field] = byField[field] === undefined ? message : `${byField[field]}; ${message}`;
  }
  return { byField, rest };
}

export type Doubt = { path: string; word: string; figures: Record<string, number | string> };

/** What is legal but probably not meant, as a sentence to say beside the field. */
export function doubtsOf(values: FormValues): Doubt[] {
  const number = (path: string) => {
    const text = values[path];
    return typeof text === 'string' && text.trim() !== '' ? numberOf(text) : null;
  };
  const type = String(values.parser_type ?? '');
  const timeoutPath = 'session_config.message_timeout_s';
  const startPath = 'session_config.start_debounce_s';
  const doubts: Doubt[] = [];
  const timeoutS = number(timeoutPath);
  const family = familyOf(type);
  const reportS = family?.reportS ?? null;
  if (timeoutS !== null && family && reportS !== null && timeoutS < reportS) {
    const figures = { family: family.title, report: reportS, timeout: timeoutS };
    doubts.push({ path: timeoutPath, word: 'doubt_timeout', figures });
  }
  const silenceS = timeoutS ?? messageTimeoutS(type);
  const startS = number(startPath);
  if (startS !== null && silenceS !== null && startS >= silenceS) {
    doubts.push({ path: startPath, word: 'doubt_start', figures: { timeout: silenceS } });
  }
  if (number('session_config.standby_threshold_w') === 0) {
    doubts.push({ path: 'session_config.standby_threshold_w', word: 'doubt_zero', figures: {} });
  }
  return doubts;
}
