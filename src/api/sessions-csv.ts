import type { SessionRecord } from '../model/machine.ts';
import type { SessionCursor, SessionFilter } from '../store/sessions.ts';
import type { ApiDeps } from './deps.ts';

const PAGE_ROWS = 500;

/** The columns, in their order; new ones are added at the end. */
const COLUMNS = [
  'session_id',
  'device_id',
  'machine_name',
  'state',
  'started_at',
  'ended_at',
  'reason',
  'duration_s',
  'standby_duration_s',
  'working_duration_s',
  'interruption_duration_s',
  'energy_kwh',
  'energy_source',
  'avg_power_w',
  'max_power_w',
  'message_count',
] as const satisfies (keyof SessionRecord)[];

/** Writes ISO 8601 times as a clock in `timeZone` shows them, with the offset: unambiguous when clocks go back. */
export function zonedTime(timeZone: string): (time: string) => string {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'longOffset',
  });
  return (time) => {
    const p = Object.fromEntries(
      format.formatToParts(Date.parse(time)).map((part) => [part.type, part.value]),
    );
    // Without an offset the data says GMT or GMT+00:00, as its version pleases.
    const offset = p.timeZoneName?.replace(/^GMT(\+00:00)?/, '') || 'Z';
    return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}:${p.second}.${p.fractionalSecond}${offset}`;
  };
}

/** One cell after RFC 4180. Text that a spreadsheet would take for a formula is made plain text. */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The sessions that match, newest first, as pieces of a CSV file; a page at a time is read and held.
 * @throws what the database throws; the cut file is then seen as an aborted download
 */
export async function* csvPages(
  deps: Pick<ApiDeps, 'sessions' | 'clock' | 'log'>,
  filter: SessionFilter,
  timeZone: string,
): AsyncGenerator<string> {
  const local = zonedTime(timeZone);
  const line = (session: SessionRecord) => {
    const ended_at = session.ended_at && local(session.ended_at);
    const row = { ...session, started_at: local(session.started_at), ended_at };
    return `${COLUMNS.map((column) => csvCell(row[column])).join(',')}\r\n`;
  };
  yield `${COLUMNS.join(',')}\r\n`;
  let after: SessionCursor | undefined;
  for (;;) {
    const page = readPage(deps, filter, after);
    const last = page.at(-1);
    if (last) yield page.map(line).join('');
    if (!last || page.length < PAGE_ROWS) return;
    after = { startedAtMs: Date.parse(last.started_at), sessionId: last.session_id };
    // Messages that came in meanwhile are handled between two pages.
    await new Promise<void>((resolve) => deps.clock.soon(resolve));
  }
}

function readPage(
  { sessions, log }: Pick<ApiDeps, 'sessions' | 'log'>,
  filter: SessionFilter,
  after: SessionCursor | undefined,
): SessionRecord[] {
  try {
    return sessions.list(filter, PAGE_ROWS, after);
  } catch (error) {
    // The head of the answer is out already: nobody else can tell what went wrong.
    log.error('sessions_csv_failed', { error: (error as Error).message });
    throw error;
  }
}
