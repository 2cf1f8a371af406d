import type { LogLevel } from './log.ts';

const LINES_MAX = 2000;
/** A longer line, such as a stack of a strange fault, keeps its beginning only. */
const LINE_CHARACTERS_MAX = 8192;
/** Ids of a later process are higher: it may write a thousand lines a millisecond. */
const IDS_PER_MS = 1000;

const RANKS: Record<string, number> = { debug: 0, info: 1, warning: 2, error: 3 };

/** A line of the log; `fields` is what belongs to the event. */
export type LogLine = {
  /** Grows with every line, over restarts too. */
  id: number;
  /** ISO 8601 */
  at: string;
  level: Lowercase<LogLevel>;
  event: string;
  fields: Record<string, unknown>;
};

export type LogQuery = {
  /** This level and those above it. */
  level?: LogLine['level'] | undefined;
  /** Part of the event's name. */
  event?: string | undefined;
  deviceId?: string | undefined;
  /** Part of the line, in any case. */
  text?: string | undefined;
  /** Older, and newer, than this line only. */
  before?: number | undefined;
  after?: number | undefined;
  limit: number;
};

function lineOf(id: number, text: string): LogLine | null {
  try {
    const { timestamp, level, event, ...fields } = JSON.parse(text) as Record<string, unknown>;
    return { id, at: String(timestamp), level: level as LogLine['level'], event: String(event), fields };
  } catch {
    return null;
  }
}

/** The text as it is kept: a whole JSON object whatever its length. */
function bounded(text: string): string {
  if (text.length <= LINE_CHARACTERS_MAX) return text;
  const { timestamp, level, event } = JSON.parse(text) as Record<string, unknown>;
  const excerpt = text.slice(0, LINE_CHARACTERS_MAX / 2).toWellFormed();
  return JSON.stringify({ timestamp, level, event, excerpt });
}

function isWanted(line: LogLine, text: string, query: LogQuery): boolean {
  const { level, event, deviceId, text: wanted } = query;
  if (level && (RANKS[line.level] ?? 0) < (RANKS[level] ?? 0)) return false;
  if (event !== undefined && !line.event.includes(event)) return false;
  if (deviceId !== undefined && line.fields.device_id !== deviceId) return false;
  return wanted === undefined || text.toLowerCase().includes(wanted.toLowerCase());
}

/** The last 2000 lines of the log in memory, as text: they are read seldom and written often. */
export class RecentLog {
  readonly #lines: string[] = [];
  readonly #firstId: number;
  /** Lines that were ever written. */
  #written = 0;

  constructor(startedAtMs: number) {
    this.#firstId = startedAtMs * IDS_PER_MS;
  }

  /** Takes a line of JSON. */
  write(line: string): void {
    this.#lines[this.#written % LINES_MAX] = bounded(line);
    this.#written += 1;
  }

  /** Lines that match, newest first, and whether there are more. */
  read(query: LogQuery): { lines: LogLine[]; more: boolean } {
    const { before = Number.POSITIVE_INFINITY, after = Number.NEGATIVE_INFINITY, limit } = query;
    const lines: LogLine[] = [];
    const oldest = Math.max(0, this.#written - LINES_MAX);
    const newest = Math.min(this.#written - 1, before - this.#firstId - 1);
    for (let no = newest; no >= oldest && no + this.#firstId > after; no--) {
      const text = this.#lines[no % LINES_MAX] as string;
      const line = lineOf(no + this.#firstId, text);
      if (!line || !isWanted(line, text, query)) continue;
      if (lines.length === limit) return { lines, more: true };
      lines.push(line);
    }
    return { lines, more: false };
  }
}
