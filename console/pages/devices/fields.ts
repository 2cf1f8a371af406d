export type FieldKind = 'text' | 'number' | 'choice' | 'switch' | 'json' | 'family' | 'broker' | 'channel';
export type FieldGroup = 'what' | 'hearing' | 'session' | 'more';

/** A field of a configuration: its path as the API names it, and how it is filled in. */
export type Field = {
  path: string;
  kind: FieldKind;
  group: FieldGroup;
  unit?: 'W' | 's';
  /** What holds when nothing is given. */
  standard?: string;
  choices?: readonly string[];
};

/** The fields of a device (docs/configuration.md); words stand in the locale files under the last part of the path. */
export const FIELDS: readonly Field[] = [
  { path: 'machine_name', kind: 'text', group: 'what' },
  { path: 'device_id', kind: 'text', group: 'what' },
  { path: 'broker', kind: 'broker', group: 'hearing' },
  { path: 'parser_type', kind: 'family', group: 'hearing' },
  { path: 'mqtt_topic', kind: 'text', group: 'hearing' },
  { path: 'channel', kind: 'channel', group: 'hearing' },
  { path: 'session_config.standby_threshold_w', kind: 'number', group: 'session', unit: 'W', standard: '5' },
  { path: 'session_config.working_threshold_w', kind: 'number', group: 'session', unit: 'W', standard: '50' },
  { path: 'session_config.start_debounce_s', kind: 'number', group: 'session', unit: 's', standard: '3' },
  { path: 'session_config.stop_debounce_s', kind: 'number', group: 'session', unit: 's', standard: '15' },
  { path: 'session_config.message_timeout_s', kind: 'number', group: 'session', unit: 's' },
  {
    path: 'session_config.heartbeat_interval_s',
    kind: 'number',
    group: 'session',
    unit: 's',
    standard: '300',
  },
  { path: 'start_on', kind: 'choice', group: 'more', choices: ['standby', 'working'] },
  { path: 'power_sign', kind: 'choice', group: 'more', choices: ['consume', 'abs'] },
  { path: 'rated_power_w', kind: 'number', group: 'more', unit: 'W' },
  { path: 'offline_timeout_s', kind: 'number', group: 'more', unit: 's' },
  { path: 'gap_max_s', kind: 'number', group: 'more', unit: 's', standard: '3600' },
  { path: 'max_clock_skew_s', kind: 'number', group: 'more', unit: 's', standard: '5' },
  { path: 'probe', kind: 'switch', group: 'more' },
  { path: 'forward_measurements', kind: 'switch', group: 'more' },
  { path: 'enabled', kind: 'switch', group: 'more' },
  { path: 'parser_options', kind: 'json', group: 'more' },
];

/** Those that a template may give its devices. */
export const TEMPLATE_FIELDS = FIELDS.filter(({ group }) => group !== 'what');

/** The name of a field without its place: `standby_threshold_w`. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
