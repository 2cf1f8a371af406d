import type { SessionRecord } from '../model/machine.ts';
import type { Value } from './database.ts';

export type SessionFilter = {
  deviceId?: string | undefined;
  /** Sessions that were open at some time in [fromMs, toMs). */
  fromMs?: number | undefined;
  toMs?: number | undefined;
  open?: boolean | undefined;
  reason?: SessionRecord['reason'] | undefined;
};

/** The condition of a query, piece by piece, and what its question marks stand for. */
export class Where {
  readonly #parts: string[] = [];
  readonly values: Value[] = [];

  add(sql: string, ...values: Value[]): this {
    this.#parts.push(sql);
    this.values.push(...values);
    return this;
  }

  get sql(): string {
    return this.#parts.length > 0 ? `WHERE ${this.#parts.join(' AND ')}` : '';
  }
}

/** @param longestMs no ended session lasted longer: what began earlier than that before `fromMs` had ended by then */
export function whereOf({ deviceId, fromMs, toMs, open, reason }: SessionFilter, longestMs: number): Where {
  const where = new Where();
  if (deviceId !== undefined) where.add('device_id = ?', deviceId);
  if (fromMs !== undefined) where.add('(ended_at IS NULL OR ended_at >= ?)', fromMs);
  if (fromMs !== undefined && open === false) where.add('started_at >= ?', fromMs - longestMs);
  if (toMs !== undefined) where.add('started_at < ?', toMs);
  if (open !== undefined) where.add(open ? 'ended_at IS NULL' : 'ended_at IS NOT NULL');
  if (reason !== undefined) where.add('reason = ?', reason);
  // Said besides, so that the index of the rare reasons serves.
  if (reason !== undefined && reason !== 'normal') where.add(`reason <> 'normal'`);
  return where;
}
