import { fieldValue, type Texts } from './fields.ts';

/** What is legal and probably not meant; `word` is the key of its sentence. */
export type Doubt = { path: string; word: string; figures: Record<string, number> };

/** How often the devices of a family report at the latest while nothing changes, s. Others report on change only. */
export const REPORT_INTERVAL_S: Record<string, number> = {
  shelly_pm: 60,
  shelly_gen1: 60,
  tasmota: 300,
  openbeken: 60,
  zigbee2mqtt: 3600,
  esphome: 60,
  generic: 300,
};
const SILENT_INTERVALS = 1.5;

function secondsAt(texts: Texts, path: string): number | null {
  const value = fieldValue(texts[path] ?? '', 'number');
  return typeof value === 'number' ? value : null;
}

/** Doubtful values among the fields as they stand, for a device of `family`; null: not known yet. */
export function doubtsOf(texts: Texts, family: string | null): Doubt[] {
  const found: Doubt[] = [];
  const add = (path: string, word: string, figures: Record<string, number> = {}) =>
    found.push({ path, word, figures });
  const intervalS = (family === null ? undefined : REPORT_INTERVAL_S[family]) ?? null;
  const at = (name: string) => secondsAt(texts, `session_config.${name}`);
  const givenTimeoutS = at('message_timeout_s');
  const timeoutS = givenTimeoutS ?? (intervalS === null ? null : intervalS * SILENT_INTERVALS);
  const startS = at('start_debounce_s');
  const offlineS = secondsAt(texts, 'offline_timeout_s');
  if (at('standby_threshold_w') === 0) add('session_config.standby_threshold_w', 'doubt_always_on');
  if (intervalS !== null && givenTimeoutS !== null && givenTimeoutS < intervalS) {
    add('session_config.message_timeout_s', 'doubt_timeout', { timeoutS: givenTimeoutS, intervalS });
  }
  if (timeoutS !== null && startS !== null && startS >= timeoutS) {
    add('session_config.start_debounce_s', 'doubt_start', { startS, timeoutS });
  }
  if (intervalS !== null && offlineS !== null && offlineS < intervalS) {
    add('offline_timeout_s', 'doubt_offline', { offlineS, intervalS });
  }
  return found;
}
