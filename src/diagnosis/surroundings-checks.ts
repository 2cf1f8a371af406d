import { type CheckOf, NOT_APPLICABLE, OK } from './facts.ts';

const MINUTE_MS = 60_000;
const MEGABYTE = 1_000_000;
const FREE_BYTES_MIN = 500 * MEGABYTE;
/** No clock that is right shows an earlier time. */
const PROGRAM_MADE_AT = Date.UTC(2026, 0, 1);

export const odoo: CheckOf = ({ courier, pending }) => {
  if (!courier) return { status: 'not_applicable', case: 'not_set', parameters: { pending } };
  if (courier.odooReachable === null) return { status: 'not_applicable', case: 'not_asked' };
  if (courier.odooReachable) return OK;
  const detail = courier.lastError ?? '';
  const parameters = { pending, detail };
  // The words are those of keyRefused and of the 404 in odoo/answer.ts.
  if (/refused the key/.test(detail)) return { status: 'fault', case: 'key', parameters };
  return { status: 'fault', case: /\b404\b/.test(detail) ? 'address' : 'away', parameters };
};

export const parked: CheckOf = ({ parked: count, courier }) => {
  if (count > 0) return { status: 'warning', case: 'parked', parameters: { number: count } };
  return courier ? OK : NOT_APPLICABLE;
};

export const clock: CheckOf = ({ nowMs, clockSteppedMs, newestRecordAt }) => {
  if (nowMs < PROGRAM_MADE_AT) return { status: 'fault', case: 'past' };
  if (newestRecordAt !== null && newestRecordAt > nowMs + MINUTE_MS) {
    const minutes = Math.round((newestRecordAt - nowMs) / MINUTE_MS);
    return { status: 'fault', case: 'behind', parameters: { minutes } };
  }
  if (Math.abs(clockSteppedMs) < MINUTE_MS) return OK;
  const minutes = Math.round(Math.abs(clockSteppedMs) / MINUTE_MS);
  return { status: 'warning', case: 'stepped', parameters: { minutes } };
};

export const disk: CheckOf = ({ freeBytes }) => {
  if (freeBytes === null) return NOT_APPLICABLE;
  const parameters = { megabytes: Math.floor(freeBytes / MEGABYTE) };
  return freeBytes < FREE_BYTES_MIN ? { status: 'fault', case: 'low', parameters } : { ...OK, parameters };
};

export const data_directory: CheckOf = ({ isWritable, canCommit, dataDir }) => {
  const parameters = { folder: dataDir };
  if (!isWritable) return { status: 'fault', case: 'not_writable', parameters };
  return canCommit ? { ...OK, parameters } : { status: 'fault', case: 'not_written', parameters };
};

export const history: CheckOf = ({ historyRestarts, historyDropped }) => {
  const parameters = { restarts: historyRestarts, dropped: historyDropped };
  if (historyRestarts > 0) return { status: 'warning', case: 'restarts', parameters };
  return historyDropped > 0 ? { status: 'warning', case: 'dropped', parameters } : OK;
};
