import { parentPort, workerData } from 'node:worker_threads';
import { openHistoryReader } from '../store/history-database.ts';
import { TASKS } from './tasks.ts';

/** The thread of one task: it ends with it. */
export type TaskStart = { path: string; name: string; params: { deviceId: string } };
export type TaskEnd = { ok: true; result: unknown } | { ok: false; message: string };

type AnyTask = (database: ReturnType<typeof openHistoryReader>, params: object) => unknown;

function run({ path, name, params }: TaskStart): TaskEnd {
  const database = openHistoryReader(path);
  try {
    const task = (TASKS as Record<string, AnyTask>)[name];
    if (!task) return { ok: false, message: `there is no task ${name}` };
    return { ok: true, result: task(database, params) };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  } finally {
    database.close();
  }
}

parentPort?.postMessage(run(workerData as TaskStart), []);
