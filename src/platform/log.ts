import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DestinationStream, destination, pino } from 'pino';
import type { RecentLog } from './recent-log.ts';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Record<string, unknown>;

/** Structured log: an event name that operators search for, and what belongs to it. */
export type Log = {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warning(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Whether debug lines are written; spares the hot path building their fields. */
  readonly debugs: boolean;
};

export type LogOptions = { level: LogLevel; format: 'json' | 'text'; file?: string | undefined };

const PINO_LEVEL = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const;
const NAME_OF = {
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  error: 'error',
  fatal: 'error',
  trace: 'debug',
};

/** Control characters could forge lines in a terminal or a text log. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function asText(line: string): string {
  const { timestamp, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${key}=${/[\s"]/.test(text) ? JSON.stringify(text) : text}`;
  });
  const head = `${String(timestamp)} ${String(level).toUpperCase().padEnd(7)} ${String(event)}`;
  return `${printable([head, ...rest].join(' '))}\n`;
}

/** Writes to standard output and, when `file` is given, to that file too; `recent` keeps the last lines. */
export function createLog(options: LogOptions, recent?: RecentLog): Log {
  const sinks: DestinationStream[] = [destination({ dest: 1, sync: true })];
  if (options.file) {
    mkdirSync(dirname(options.file), { recursive: true });
    sinks.push(destination({ dest: options.file, append: true, sync: true }));
  }
  const write = (line: string) => {
    recent?.write(line);
    const out = options.format === 'text' ? asText(line) : line;
    for (const sink of sinks) sink.write(out);
  };
  return logTo({ write }, options.level);
}

/** A log that writes its JSON lines to `stream`. */
export function logTo(stream: DestinationStream, level: LogLevel): Log {
  const logger = pino(
    {
      level: PINO_LEVEL[level],
      base: null,
      timestamp: () => `,"timestamp":"${new Date(Date.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: NAME_OF[label as keyof typeof NAME_OF] }) },
      messageKey: 'event',
    },
    stream,
  );
  return {
    debug: (event, fields = {}) => logger.debug(fields, event),
    info: (event, fields = {}) => logger.info(fields, event),
    warning: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
    debugs: logger.isLevelEnabled('debug'),
  };
}

/** A payload as a log may show it: text, cut at 200 bytes. */
export function excerpt(payload: Uint8Array): string {
  const text = Buffer.from(payload.subarray(0, 200)).toString('utf8');
  return payload.length > 200 ? `${text}… (${payload.length} bytes)` : text;
}
