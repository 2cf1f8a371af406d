import { isDeepStrictEqual } from 'node:util';
import type { DeviceConfig } from '../model/device.ts';
import type { Override } from '../model/own-device.ts';

type Fields = Record<string, unknown>;
const NESTED = 'session_config';

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A change as single fields: those of `session_config` one by one (`session_config.start_debounce_s`). */
export function fieldsOf(patch: Fields): [field: string, value: unknown][] {
  return Object.entries(patch).flatMap(([name, value]): [string, unknown][] =>
    name === NESTED && isFields(value)
      ? Object.entries(value).map(([inner, v]) => [`${NESTED}.${inner}`, v])
      : [[name, value]],
  );
}

/** The value of a field of `config`; null when it has none. */
export function fieldOf(config: object, field: string): unknown {
  const value = field
    .split('.')
    .reduce<unknown>((at, name) => (isFields(at) && Object.hasOwn(at, name) ? at[name] : undefined), config);
  return value ?? null;
}

/** `config` with these fields; a value of null takes the field away. `config` itself stays as it is. */
export function withFields(config: object, fields: Iterable<readonly [string, unknown]>): Fields {
  const changed: Fields = { ...config };
  for (const [field, value] of fields) {
    const [name = '', inner] = field.split('.');
    if (inner === undefined) setOrDrop(changed, name, value);
    else {
      const nested: Fields = isFields(changed[name]) ? { ...changed[name] } : {};
      setOrDrop(nested, inner, value);
      changed[name] = nested;
    }
  }
  return changed;
}

function setOrDrop(target: Fields, name: string, value: unknown): void {
  if (value === null) delete target[name];
  else target[name] = value;
}

/** The overrides after a person's change: a field that is set back to what is configured has none. */
export function changedOverrides(
  before: readonly Override[],
  config: DeviceConfig,
  patch: Fields,
): Override[] {
  const after = new Map(before.map((override) => [override.field, override]));
  for (const [field, value] of fieldsOf(patch)) {
    const base = fieldOf(config, field);
    if (value === null || isDeepStrictEqual(value, base)) after.delete(field);
    else after.set(field, { field, value, base });
  }
  return [...after.values()];
}

/** The overrides that outlive a new configuration: those whose field it leaves as it was. */
export function survivingOverrides(overrides: readonly Override[], config: DeviceConfig): Override[] {
  return overrides.filter(({ field, base }) => isDeepStrictEqual(fieldOf(config, field), base));
}
