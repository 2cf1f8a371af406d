import { suggest } from '../detect/suggestion.ts';
import type { DetectorOptions } from '../model/device.ts';
import type { Suggestion } from '../model/replay.ts';
import type { Database } from '../store/database.ts';
import { readInputs } from './reading-log.ts';

export type SuggestionParams = {
  deviceId: string;
  /** In force. */
  options: DetectorOptions;
  /** How often such a device reports at the latest; null: on change only. */
  reportIntervalMs: number | null;
  fromMs: number;
  toMs: number;
};

/** Thresholds and times that the readings of a period suggest. */
export function suggestionTask(database: Database, params: SuggestionParams): Suggestion {
  const { deviceId, ...question } = params;
  return suggest({
    ...question,
    log: () => readInputs(database, deviceId, question.fromMs, question.toMs),
  });
}
