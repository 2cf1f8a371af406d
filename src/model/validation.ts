import type { Configuration, Device } from './device.ts';

/** One finding: where (`devices[3].session_config.working_threshold_w`; empty: the whole) and what to do about it. */
export type Finding = { path: string; message: string };

/**
 * What became of a configuration that somebody handed in.
 * - ok: `configuration` is as it was written, defaults filled in, unknown fields left out, every object in
 *   the order of the schema; `devices` are the enabled ones, resolved for the pipeline.
 * - not ok: every fault (the first 500 and a count), and nothing may be used.
 */
export type ValidationResult =
  | { ok: true; configuration: Configuration; devices: Device[]; warnings: Finding[] }
  | { ok: false; errors: Finding[] };
