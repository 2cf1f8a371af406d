/** How a field is written. */
export type Field = {
  /** As the API names it; `session_config.` for those of sessions. */
  path: string;
  kind: 'text' | 'number' | 'switch' | 'choice' | 'json' | 'channel' | 'broker';
  unit?: 'W' | 's';
  /** What holds when it is left out, as a placeholder. */
  standard?: string;
  choices?: readonly string[];
};
export type Group = { name: 'machine' | 'reading' | 'sessions' | 'silence'; fields: readonly Field[] };

const PARSER_TYPES = [
  'auto',
  'shelly_pm',
  'shelly_pm_mini_g3',
  'shelly_gen2',
  'shelly_gen1',
  'tasmota',
  'openbeken',
  'zigbee2mqtt',
  'esphome',
  'ha_statestream',
  'statestream',
  'generic',
  'generic_json',
];
const watts = (path: string, standard?: string): Field => ({
  path,
  kind: 'number',
  unit: 'W',
  ...(standard && { standard }),
});
const seconds = (path: string, standard?: string): Field => ({
  path,
  kind: 'number',
  unit: 's',
  ...(standard && { standard }),
});

/** Every field of a device, in the order of the page. */
export const GROUPS: readonly Group[] = [
  {
    name: 'machine',
    fields: [
      { path: 'machine_name', kind: 'text' },
      { path: 'enabled', kind: 'switch' },
      { path: 'forward_measurements', kind: 'switch' },
    ],
  },
  {
    name: 'sessions',
    fields: [
      watts('session_config.standby_threshold_w', '5'),
      watts('session_config.working_threshold_w', '50'),
      seconds('session_config.start_debounce_s', '3'),
      seconds('session_config.stop_debounce_s', '15'),
      seconds('session_config.heartbeat_interval_s', '300'),
      { path: 'start_on', kind: 'choice', choices: ['standby', 'working'] },
    ],
  },
  {
    name: 'silence',
    fields: [
      seconds('session_config.message_timeout_s'),
      { path: 'probe', kind: 'switch' },
      seconds('offline_timeout_s'),
      seconds('gap_max_s', '3600'),
      seconds('max_clock_skew_s', '5'),
    ],
  },
  {
    name: 'reading',
    fields: [
      { path: 'mqtt_topic', kind: 'text' },
      { path: 'broker', kind: 'broker' },
      { path: 'parser_type', kind: 'choice', choices: PARSER_TYPES },
      { path: 'channel', kind: 'channel' },
      { path: 'power_sign', kind: 'choice', choices: ['consume', 'abs'] },
      watts('rated_power_w'),
      { path: 'parser_options', kind: 'json' },
    ],
  },
];

/** The key of a field's words: `session_config.stop_debounce_s` is under `stop_debounce_s`. */
export const wordOf = (path: string): string => path.replace('session_config.', '');

/** What a field is in a configuration; undefined: nothing is said. */
export function valueAt(configuration: Record<string, unknown>, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], configuration);
}

/** A value as it stands in its field; a switch is `true` or `false`. */
export function fieldText(value: unknown, kind: Field['kind']): string {
  if (value === undefined || value === null) return kind === 'switch' ? 'false' : '';
  return kind === 'json' ? JSON.stringify(value, null, 2) : String(value);
}

/** What stands in a field as a value; null: the default. What is no number or no JSON goes as text: the API judges. */
export function fieldValue(text: string, kind: Field['kind']): unknown {
  const trimmed = text.trim();
  if (kind === 'switch') return text === 'true';
  if (trimmed === '') return null;
  if (kind === 'number') {
    const number = Number(trimmed.replace(',', '.'));
    return Number.isNaN(number) ? trimmed : number;
  }
  if (kind === 'channel') return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
  if (kind !== 'json') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export type Texts = Record<string, string>;
const FIELDS = GROUPS.flatMap(({ fields }) => fields);

/** Every field's text for a configuration. */
export function textsOf(configuration: Record<string, unknown>): Texts {
  return Object.fromEntries(
    FIELDS.map(({ path, kind }) => [path, fieldText(valueAt(configuration, path), kind)]),
  );
}

/** The fields that were changed, as `PATCH /api/devices/{id}` takes them; null: nothing was. */
export function patchOf(before: Texts, after: Texts): Record<string, unknown> | null {
  const patch: Record<string, unknown> = {};
  const session: Record<string, unknown> = {};
  for (const { path, kind } of FIELDS) {
    const text = after[path] ?? '';
    if (text === (before[path] ?? '')) continue;
    const [name = '', inner] = path.split('.');
    if (inner === undefined) patch[name] = fieldValue(text, kind);
    else session[inner] = fieldValue(text, kind);
  }
  if (Object.keys(session).length > 0) patch.session_config = session;
  return Object.keys(patch).length > 0 ? patch : null;
}

/** The patch that takes one field back. */
export function takenBack(path: string): Record<string, unknown> {
  const [name = '', inner] = path.split('.');
  return { [name]: inner === undefined ? null : { [inner]: null } };
}
