import type { FastifyReply } from 'fastify';
import { HistoryError } from '../history/history-error.ts';
import { fault } from './faults.ts';
import type { FaultBody } from './schemas.ts';

/** What the history answers, or why it cannot just now: a 503. */
export async function answered<T>(answer: Promise<T>): Promise<{ value: T } | { refusal: FaultBody }> {
  try {
    return { value: await answer };
  } catch (error) {
    if (error instanceof HistoryError) return { refusal: fault(`There is no answer: ${error.message}`) };
    throw error;
  }
}

/** Aborted when nobody waits for the answer any more. */
export function patienceOf({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => controller.abort());
  return controller.signal;
}
