import type { Database } from '../store/database.ts';
import { replayTask } from './replay-task.ts';
import { suggestionTask } from './suggestion-task.ts';

/**
 * A computation over the readings of one device that may take seconds. It runs in a worker of its own, on a
 * connection that cannot write; `params` and what it returns are structured-cloned. What it throws rejects the
 * promise of `History.run`. It is ended by force when it takes too long or nobody waits for it any more.
 */
type Task<P extends { deviceId: string }, R> = (database: Database, params: P) => R;

/** What can be run, by name. */
export const TASKS = { replay: replayTask, suggestion: suggestionTask } satisfies Record<
  string,
  Task<never, unknown>
>;

export type Tasks = typeof TASKS;
export type TaskName = keyof Tasks;
export type TaskParams<N extends TaskName> = Tasks[N] extends Task<infer P, unknown> ? P : never;
export type TaskResult<N extends TaskName> = Tasks[N] extends Task<never, infer R> ? R : never;
