import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../platform/clock.ts';
import { isDamage } from '../store/database.ts';
import { openHistory } from '../store/history-database.ts';
import { HistoryStore } from './history-store.ts';
import type { FromWorker, Keep, ToWorker } from './protocol.ts';
import { Pruning } from './pruning.ts';

/** The thread that owns history.db: it writes, prunes and answers, one thing at a time. This is what it starts with. */
export type WorkerStart = { path: string; keep: Keep };

const PRUNE_MS = 10_000;
/** Messages are on disk this late at the latest. */
const SETTLE_MS = 10_000;
/** Between two steps whatever waits gets its turn. */
const STEP_PAUSE_MS = 20;

/** Runs the worker at the other end of `port` until it is told to stop. */
function serve(port: NonNullable<typeof parentPort>, { path, keep }: WorkerStart): void {
  const clock = systemClock();
  const database = openHistory(path);
  const store = new HistoryStore(database);
  const pruning = new Pruning(database, keep);
  const tell = (message: FromWorker) => port.postMessage(message);

  /** A damaged file cannot be worked with: the main thread sets it aside and starts another worker. */
  function end(error: unknown): void {
    tell({ kind: 'damaged', message: (error as Error).message, messages: store.held });
    stop();
  }
  function prune(): void {
    let more = false;
    try {
      more = pruning.step(clock.wallMs());
    } catch (error) {
      if (isDamage(error)) return end(error);
      tell({ kind: 'prune_failed', message: (error as Error).message });
    }
    cancel = clock.after(more ? STEP_PAUSE_MS : PRUNE_MS, prune);
  }
  let cancel = clock.after(PRUNE_MS, prune);
  function settle(): void {
    const told = store.settle();
    if (told) tell(told);
  }
  function settleInTime(): void {
    try {
      settle();
    } catch (error) {
      return end(error);
    }
    cancelSettle = clock.after(SETTLE_MS, settleInTime);
  }
  let cancelSettle = clock.after(SETTLE_MS, settleInTime);
  function stop(): void {
    cancel();
    cancelSettle();
    port.close();
    database.close();
  }
  port.on('message', (message: ToWorker) => {
    try {
      if (store.isDue(message)) settle();
      if (message.kind === 'stop') return stop();
      tell(store.carryOut(message, clock.wallMs()));
    } catch (error) {
      end(error);
    }
  });
}

if (parentPort) serve(parentPort, workerData as WorkerStart);
