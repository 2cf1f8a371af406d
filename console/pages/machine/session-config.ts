import type { Thresholds } from '../../components/power-chart/bands.ts';

/** The fields that are tuned. */
export const TUNED = [
  'standby_threshold_w',
  'working_threshold_w',
  'start_debounce_s',
  'stop_debounce_s',
  'message_timeout_s',
] as const;
export type TunedField = (typeof TUNED)[number];
/** null: the default of the field. */
export type TunedConfig = Record<TunedField, number | null>;

const DEFAULTS: TunedConfig = {
  standby_threshold_w: 5,
  working_threshold_w: 50,
  start_debounce_s: 3,
  stop_debounce_s: 15,
  message_timeout_s: null,
};

/** What is tuned of a device's configuration as it is in force. */
export function tunedConfig(configuration: Record<string, unknown>): TunedConfig {
  const given = (configuration.session_config ?? {}) as Record<string, unknown>;
  const valueOf = (field: TunedField) => {
    const value = given[field];
    return typeof value === 'number' ? value : DEFAULTS[field];
  };
  return Object.fromEntries(TUNED.map((field) => [field, valueOf(field)])) as TunedConfig;
}

export function thresholdsOf(configuration: Record<string, unknown>): Thresholds {
  const { standby_threshold_w, working_threshold_w } = tunedConfig(configuration);
  return { standbyW: standby_threshold_w ?? 0, workingW: working_threshold_w ?? 0 };
}

/** The fields of `draft` that are other ones than in `config`. */
export function changedFields(config: TunedConfig, draft: TunedConfig): Partial<TunedConfig> {
  return Object.fromEntries(
    TUNED.filter((field) => draft[field] !== config[field]).map((field) => [field, draft[field]]),
  );
}

/** `draft` with a threshold moved; the other one goes along so that standby stays below working. */
export function withThreshold(draft: TunedConfig, key: 'standby' | 'working', watts: number): TunedConfig {
  const { standby_threshold_w: standbyW, working_threshold_w: workingW } = draft;
  return key === 'standby'
    ? { ...draft, standby_threshold_w: watts, working_threshold_w: Math.max(watts, workingW ?? 0) }
    : { ...draft, working_threshold_w: watts, standby_threshold_w: Math.min(watts, standbyW ?? watts) };
}
