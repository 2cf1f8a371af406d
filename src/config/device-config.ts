import type { z } from 'zod';
import { type Configuration, type Device, type DeviceConfig, deviceConfigSchema } from '../model/device.ts';
import type { ValidationResult } from '../model/validation.ts';
import { parserFor, parserOf, parserTypes } from '../parse/index.ts';
import { addBrokerDoubt, addDoubts } from './device-doubts.ts';
import { DEVICE_SHAPE, expectedOf, type Shape } from './device-fields.ts';
import { resolveDevice } from './device-resolution.ts';
import { Findings, isObject, pathOf, shown } from './findings.ts';

/** What a configuration is judged by besides itself. `isBroker` left out: any broker may be there. */
export type ConfigSurroundings = { devicesMax: number; isBroker?(brokerId: string): boolean };

const LABEL_LENGTH_MAX = 128;
const ROOT_FIELDS = new Set(['devices', 'timestamp', 'version']);
const UNKNOWN_FIELD = 'is not known and was left out';

/**
 * Checks a configuration (`devices`, optional `timestamp` and `version`) whatever it is, and resolves it.
 * Every fault is named with its path; unknown fields are left out and named in the warnings.
 */
export function validateConfiguration(input: unknown, surroundings: ConfigSurroundings): ValidationResult {
  const errors = new Findings();
  const warnings = new Findings();
  if (!isObject(input)) {
    errors.add('', `must be an object with a list "devices", not ${shown(input)}`);
    return { ok: false, errors: errors.list() };
  }
  const labels = { ...readLabel(input, 'timestamp', errors), ...readLabel(input, 'version', errors) };
  const list = readList(input, surroundings.devicesMax, errors);
  for (const name of Object.keys(input)) {
    if (!ROOT_FIELDS.has(name)) warnings.add(pathOf('', name), UNKNOWN_FIELD);
  }
  const configs = list.map((raw, index) => readDevice(raw, `devices[${index}]`, errors, warnings));
  addDuplicates(list, errors);
  if (!errors.isEmpty) return { ok: false, errors: errors.list() };
  const devices: Device[] = [];
  for (const [index, config] of configs.entries()) {
    const parser = config && parserFor(config.parser_type, config.mqtt_topic);
    if (!parser) continue;
    const device = resolveDevice(config, parser);
    addDoubts(config, device, parser, `devices[${index}]`, warnings);
    addBrokerDoubt(config, `devices[${index}].broker`, surroundings, warnings);
    if (config.enabled) devices.push(device);
  }
  const configuration: Configuration = { devices: configs.filter((config) => config !== null), ...labels };
  return { ok: true, configuration, devices, warnings: warnings.list() };
}

function readLabel(input: Record<string, unknown>, name: 'timestamp' | 'version', errors: Findings) {
  const value = input[name];
  if (value === undefined) return {};
  if (typeof value === 'string' && value.length <= LABEL_LENGTH_MAX) return { [name]: value };
  const remedy = typeof value === 'number' ? ' (write it in quotes)' : '';
  errors.add(name, `must be text of at most ${LABEL_LENGTH_MAX} characters, not ${shown(value)}${remedy}`);
  return {};
}

/** The devices as they came; none, and a fault, when there is no list of them or it is too long. */
function readList(input: Record<string, unknown>, devicesMax: number, errors: Findings): unknown[] {
  const list = input.devices;
  if (list === undefined) errors.add('devices', 'is missing: give a list of devices, [] for none');
  else if (!Array.isArray(list)) errors.add('devices', `must be a list, not ${shown(list)}`);
  else if (list.length > devicesMax) {
    errors.add('devices', `holds ${list.length} devices, more than the ${devicesMax} allowed (DEVICES_MAX)`);
  } else return list;
  return [];
}

function readDevice(raw: unknown, path: string, errors: Findings, warnings: Findings): DeviceConfig | null {
  const result = deviceConfigSchema.safeParse(raw);
  if (!result.success) for (const issue of result.error.issues) addIssue(issue, raw, path, errors);
  if (!isObject(raw)) return null;
  addUnknown(raw, DEVICE_SHAPE, path, warnings);
  if (typeof raw.parser_type !== 'string' || !parserOf(raw.parser_type)) {
    errors.add(`${path}.parser_type`, () => wrong(raw.parser_type, `one of ${parserTypes().join(', ')}`));
  }
  return result.success ? result.data : null;
}

/** Names the fields of `value` that the schema does not know. */
function addUnknown(value: Record<string, unknown>, shape: Shape, path: string, warnings: Findings): void {
  for (const name of Object.keys(value)) {
    const inner = shape.get(name);
    if (inner === undefined) warnings.add(pathOf(path, name), UNKNOWN_FIELD);
    else if (inner && isObject(value[name])) addUnknown(value[name], inner, pathOf(path, name), warnings);
  }
}

/** Puts an issue of the schema into words that name what is wanted and what was found. */
function addIssue(issue: z.core.$ZodIssue, raw: unknown, devicePath: string, errors: Findings): void {
  // Which parsers there are is not the schema's to know: readDevice says it.
  if (issue.path[0] === 'parser_type') return;
  const path = issue.path.reduce<string>(pathOf, devicePath);
  errors.add(path, () => {
    const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], raw);
    const schemaPath = issue.path.reduce<string>(
      (at, key) => (typeof key === 'number' ? `${at}[]` : pathOf(at, key)),
      '',
    );
    const expected = expectedOf(schemaPath);
    if (issue.code === 'custom' && value === undefined) {
      return `${issue.message} (it is left out, so it is ${String(expected?.default)})`;
    }
    if (issue.code === 'custom') return `${issue.message} (it is ${shown(value)})`;
    const remedy = issue.path.length === 0 ? '' : remedyFor(value, expected?.numeric ?? false);
    return wrong(value, String(expected?.text)) + remedy;
  });
}

function wrong(value: unknown, expected: string): string {
  return value === undefined
    ? `is missing: it must be ${expected}`
    : `must be ${expected}, not ${shown(value)}`;
}

function remedyFor(value: unknown, numeric: boolean): string {
  if (value === null) return ' (leave the field out instead)';
  const isNumberText = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
  return numeric && isNumberText ? ' (write the number without quotes)' : '';
}

function addDuplicates(list: unknown[], errors: Findings): void {
  const firstOf = new Map<string, number>();
  for (const [index, raw] of list.entries()) {
    const id = isObject(raw) ? raw.device_id : undefined;
    if (typeof id !== 'string') continue;
    const first = firstOf.get(id);
    if (first === undefined) firstOf.set(id, index);
    else {
      errors.add(
        `devices[${index}].device_id`,
        () => `must be unique, but ${shown(id)} is used by devices[${first}] and devices[${index}]`,
      );
    }
  }
}
