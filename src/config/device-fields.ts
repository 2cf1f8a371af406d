import { z } from 'zod';
import { deviceConfigSchema } from '../model/device.ts';
import { PARSERS } from '../parse/index.ts';

/** The part of JSON Schema that describes the schemas of `model/device.ts`. */
type JsonSchema = {
  type?: string | string[];
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
};

const SCHEMA = z.toJSONSchema(deviceConfigSchema, { io: 'input' }) as JsonSchema;

/** The known names of an object; null: nothing below is known by name. */
export type Shape = ReadonlyMap<string, Shape | null>;

function shapeOf(schema: JsonSchema): Shape | null {
  if (!schema.properties) return null;
  return new Map(Object.entries(schema.properties).map(([name, child]) => [name, shapeOf(child)]));
}

/** The known fields of one device. */
export const DEVICE_SHAPE: Shape = shapeOf(SCHEMA) ?? new Map();

/** What a schema accepts, as the end of "must be …". */
function expectationOf(schema: JsonSchema): string {
  const { minimum, maximum, exclusiveMinimum, minLength = 0, maxLength } = schema;
  if (schema.anyOf) return schema.anyOf.map(expectationOf).join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  switch (schema.type) {
    case 'number':
    case 'integer': {
      const number = schema.type === 'integer' ? 'a whole number' : 'a number';
      if (exclusiveMinimum !== undefined) return `${number} above ${exclusiveMinimum}, at most ${maximum}`;
      return minimum === undefined ? number : `${number} from ${minimum} to ${maximum}`;
    }
    case 'string':
      return maxLength === undefined ? 'text' : `text of ${minLength} to ${maxLength} characters`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list of at most ${schema.maxItems}`;
    case 'object':
      return 'an object';
    default:
      return 'text, a number, true or false';
  }
}

function eachField(
  schema: JsonSchema,
  path: string,
  visit: (path: string, field: JsonSchema, required: boolean) => void,
): void {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const fieldPath = path === '' ? name : `${path}.${name}`;
    visit(fieldPath, field, schema.required?.includes(name) ?? false);
    eachField(field, fieldPath, visit);
    if (field.items) visit(`${fieldPath}[]`, field.items, false);
  }
}

/** What the schema leaves to functions. */
const EXPECTATION_NOTES: Record<string, string> = {
  mqtt_topic: 'an MQTT topic filter',
  parser_type: PARSERS.map(({ type, aliases }) => [type, ...aliases].join(' or ')).join(', '),
};

type Expectation = { text: string; numeric: boolean; default: unknown };
const EXPECTATIONS = new Map<string, Expectation>([
  ['', { text: 'an object', numeric: false, default: undefined }],
]);
eachField(SCHEMA, '', (path, field) => {
  const text = EXPECTATION_NOTES[path] ?? expectationOf(field);
  EXPECTATIONS.set(path, { text, numeric: text.includes('number'), default: field.default });
});

/**
 * What a field of a device accepts.
 * @param path as the schema names it: `session_config.stop_debounce_s`; `[]` for any element of a list
 */
export function expectedOf(path: string): Expectation | undefined {
  return EXPECTATIONS.get(path);
}

const MEANINGS: Record<string, string> = {
  device_id: 'Who it is, for Odoo and for ever; unique.',
  machine_name: 'Name of the machine in events and in the console.',
  mqtt_topic: 'Topic filter of its readings; wildcards are allowed, and several devices may share one.',
  parser_type: 'Family of the device: see docs/devices.md.',
  parser_options: 'Where the values are found, for families that need to be told: see docs/devices.md.',
  channel: 'Component of a device with several, or phase of a three-phase meter.',
  start_on: 'Level that opens a session.',
  power_sign: '`consume` takes negative power for 0, `abs` for its amount.',
  rated_power_w: 'Most the machine can draw, W; a counter that jumps by more is not believed.',
  offline_timeout_s: 'Silence after which the device counts as offline, s.',
  max_clock_skew_s: "How far the device's clock may be off and still date its backlog, s.",
  gap_max_s: 'Longest time without hearing that a session survives without proof of consumption, s.',
  forward_measurements: 'Whether Odoo also gets a `power_measurement` for every reading.',
  probe: 'Whether the silent device is asked for its power before its session times out.',
  broker: 'Id of the broker it speaks over: see docs/messages.md.',
  enabled: 'false keeps the device in the configuration without running it.',
  session_config: 'When a session begins and ends.',
  'session_config.strategy': 'How sessions are detected.',
  'session_config.standby_threshold_w': 'Power from which the machine is on, W; 0 means always.',
  'session_config.working_threshold_w': 'Power from which it works, W; not below the standby threshold.',
  'session_config.start_debounce_s': 'How long power must be on before a session is confirmed, s.',
  'session_config.stop_debounce_s': 'How long power must be gone before a session ends, s.',
  'session_config.message_timeout_s': 'Silence that ends a session, s.',
  'session_config.heartbeat_interval_s': 'Time between two heartbeats of an open session, s; 0 sends none.',
};

const DEFAULT_NOTES: Record<string, string> = {
  machine_name: 'the `device_id`',
  broker: 'the main broker, or the embedded one',
  offline_timeout_s: '1.5 × the report interval of the family',
  'session_config.message_timeout_s': '1.5 × the report interval of the family',
  channel: 'the component that the topic names, else the only metered one, else 0',
};

type FieldDescription = { path: string; expected: string; default: string; meaning: string };

/** Every field of a device, for people. What is inside `parser_options` belongs to docs/devices.md. */
export function describeFields(): FieldDescription[] {
  const rows: FieldDescription[] = [];
  eachField(SCHEMA, '', (path, field, required) => {
    if (path.startsWith('parser_options.')) return;
    const plainDefault =
      field.type === 'object' || field.default === undefined ? '' : `\`${String(field.default)}\``;
    rows.push({
      path,
      expected: EXPECTATION_NOTES[path] ?? expectationOf(field),
      default: required ? 'required' : (DEFAULT_NOTES[path] ?? plainDefault),
      meaning: MEANINGS[path] ?? '',
    });
  });
  return rows;
}
