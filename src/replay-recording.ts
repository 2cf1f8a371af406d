import type { Input } from './detect/detector.ts';
import type { Device } from './model/device.ts';
import type { Reading } from './model/reading.ts';
import { topicMatches } from './model/topic.ts';
import type { Parser } from './parse/parser.ts';

/** What a recording consists of: a file's bytes, and how its lines are written. */
export type RecordingFile = { bytes: Buffer; format: 'csv' | 'jsonl' };

/** What was met while a recording was read. */
export type RecordingNotes = {
  /** Lines that could not be used; `line` counts from 1. */
  problem(line: number, reason: string): void;
  /** A message that is not of this device, or was sent to it. */
  foreign(): void;
};

/** One line as its fields say it; whatever it is. */
type Fields = Record<string, unknown>;
type Line = { line: number; start: number; end: number };

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** No record with a payload that is read is longer; every byte of one may be a doubled quote. */
const RECORD_BYTES_MAX = 262_144;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const TIME_PROBLEM = 'at must be a time such as 2026-01-31T10:30:00Z, or milliseconds since 1970';
/** An export makes text plain that a spreadsheet would run. */
const MADE_PLAIN = /^'(?=[=+\-@\t\r\n])/;

/** Where each record lies; in CSV a line break within quotes is part of one. */
function linesOf({ bytes, format }: RecordingFile): Line[] {
  const lines: Line[] = [];
  let start = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  let line = 1;
  let quoted = false;
  let breaks: number[] = [];
  for (let i = start; i <= bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE && format === 'csv') quoted = !quoted;
    const isTooLong = quoted && breaks.length > 0 && i - start > RECORD_BYTES_MAX;
    if (i < bytes.length && !isTooLong) {
      if (byte === LINE_FEED && quoted) breaks.push(i);
      if (byte !== LINE_FEED || quoted) continue;
    }
    // A quote that nothing closes must not take the rest of the file along: its line ends where it ends.
    const at: number = quoted ? (breaks[0] ?? i) : i;
    const end = at > start && bytes[at - 1] === CARRIAGE_RETURN ? at - 1 : at;
    if (end > start) lines.push({ line, start, end });
    line += 1 + (quoted ? 0 : breaks.length);
    quoted = false;
    breaks = [];
    start = at + 1;
    i = at;
  }
  return lines;
}

/** The cells of one record after RFC 4180; null when its quotes are wrong. */
export function csvCells(record: string): string[] | null {
  const cells: string[] = [];
  let rest = record;
  for (;;) {
    const [whole, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/.exec(rest) ?? [];
    if (whole === undefined) return null;
    cells.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (whole.length === rest.length) return cells;
    rest = rest.slice(whole.length + 1);
  }
}

/** Reads the records of a file one by one. */
class RecordReader {
  readonly #file: RecordingFile;
  readonly lines: Line[];
  readonly #names: string[] | null;
  /** Why no line can be used. */
  readonly fault: string | null = null;

  constructor(file: RecordingFile) {
    this.#file = file;
    this.lines = linesOf(file);
    this.#names = null;
    if (file.format !== 'csv') return;
    const header = this.lines.shift();
    this.#names = (header && csvCells(this.#text(header)))?.map((name) => name.trim()) ?? [];
    const has = (name: string) => this.#names?.includes(name);
    if (!has('at') || !(has('power_w') || (has('topic') && has('payload')))) {
      this.fault = 'the first line must name the columns: at,power_w[,energy_kwh] or at,topic,payload';
    }
  }

  #text({ start, end }: Line): string {
    return this.#file.bytes.toString('utf8', start, end);
  }

  /** The fields of a line, or why it has none. */
  fields(line: Line): Fields | string {
    const text = this.#text(line);
    if (this.#names) {
      const cells = csvCells(text);
      if (!cells) return 'the quotes are not as in RFC 4180';
      if (cells.length !== this.#names.length) {
        return `has ${cells.length} cells, the first line has ${this.#names.length}`;
      }
      return Object.fromEntries(this.#names.map((name, i) => [name, cells[i] === '' ? undefined : cells[i]]));
    }
    try {
      const value: unknown = JSON.parse(text);
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject ? (value as Fields) : 'must be a JSON object';
    } catch (error) {
      return `is not JSON: ${(error as Error).message}`;
    }
  }
}

/** ms since the epoch; null when `value` is no time. */
function instantOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.round(value) : null;
  if (typeof value !== 'string') return null;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  const ms = INSTANT.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** A figure of a reading: undefined when there is none, NaN when it is no number. */
function figureOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const isText = typeof value === 'string' && value.trim() !== '';
  const figure = isText ? Number(value) : value;
  return typeof figure === 'number' && Number.isFinite(figure) ? figure : Number.NaN;
}

function readingOf(fields: Fields, at: number): Reading | string {
  const [powerW, energyTotalKwh] = [figureOf(fields.power_w), figureOf(fields.energy_kwh)];
  if (Number.isNaN(powerW)) return 'power_w is not a number';
  if (Number.isNaN(energyTotalKwh)) return 'energy_kwh is not a number';
  return {
    receivedAt: at,
    steadyAt: at,
    retained: false,
    qos: 1,
    ...(powerW !== undefined && { powerW }),
    ...(energyTotalKwh !== undefined && { energyTotalKwh }),
  };
}

function payloadOf(
  { payload = '', payload_format: format = 'text' }: Fields,
  isTable: boolean,
): Buffer | string {
  if (typeof payload !== 'string') return 'payload must be text';
  if (format === 'hex' && /^([0-9a-f]{2})*$/i.test(payload)) return Buffer.from(payload, 'hex');
  if (format === 'base64') return Buffer.from(payload, 'base64');
  if (format !== 'text') return `payload is not ${String(format)}`;
  return Buffer.from(isTable ? payload.replace(MADE_PLAIN, '') : payload);
}

/** Gives the messages of a recording to the device's own parser. */
class MessageReader {
  readonly #device: Device;
  readonly #parser: Parser;
  readonly #filters: string[];
  readonly #isTable: boolean;
  #memory: unknown;

  constructor(device: Device, parser: Parser, isTable: boolean) {
    const { mqttTopic, options, channel } = device.parser;
    this.#device = device;
    this.#parser = parser;
    this.#isTable = isTable;
    this.#filters = [mqttTopic, ...parser.siblingTopics(mqttTopic, options, channel)];
    this.#memory = parser.initialMemory();
  }

  /** The readings of a message; null: it is not the device's; or why it cannot be used. */
  readingsOf(fields: Fields, at: number): readonly Reading[] | null | string {
    const { topic, direction = 'in', retain } = fields;
    if (typeof topic !== 'string') return 'topic must be text';
    if (direction === 'out' || !this.#filters.some((filter) => topicMatches(filter, topic))) return null;
    const payload = payloadOf(fields, this.#isTable && fields.payload_format !== undefined);
    if (typeof payload === 'string') return payload;
    const retained = retain === true || retain === 'true';
    const message = {
      topic,
      payload,
      receivedAt: at,
      steadyAt: at,
      retained,
      qos: 1,
      done: () => {},
    } as const;
    const outcome = this.#parser.parse(message, this.#device.parser, this.#memory);
    this.#memory = outcome.memory;
    return outcome.status === 'read' ? outcome.readings : `${outcome.reason}: ${outcome.detail}`;
  }
}

/**
 * The readings of a recording, oldest first: of a file whose times fall, such as an export with the newest on top,
 * from its end. A line that cannot be used is noted, and the next one is read.
 * @returns a fault: nothing of the file can be used
 */
export function readRecording(
  file: RecordingFile,
  device: Device,
  parser: Parser,
  notes: RecordingNotes,
): { inputs: Iterable<Input> } | { fault: string } {
  const reader = new RecordReader(file);
  if (reader.fault !== null) return { fault: reader.fault };
  const messages = new MessageReader(device, parser, file.format === 'csv');
  const timeOf = (line: Line | undefined) => {
    const fields = line && reader.fields(line);
    return typeof fields === 'object' ? instantOf(fields.at) : null;
  };
  const [first, last] = [timeOf(reader.lines[0]), timeOf(reader.lines.at(-1))];
  const lines = first !== null && last !== null && last < first ? reader.lines.toReversed() : reader.lines;
  function* inputs(): Generator<Input> {
    for (const line of lines) {
      const readings = readLine(reader.fields(line), messages);
      if (readings === null) notes.foreign();
      else if (typeof readings === 'string') notes.problem(line.line, readings);
      else for (const reading of readings) yield { kind: 'reading', reading };
    }
  }
  return { inputs: inputs() };
}

function readLine(fields: Fields | string, messages: MessageReader): readonly Reading[] | null | string {
  if (typeof fields === 'string') return fields;
  const at = instantOf(fields.at);
  if (at === null) return TIME_PROBLEM;
  if ('topic' in fields) return messages.readingsOf(fields, at);
  const reading = readingOf(fields, at);
  return typeof reading === 'string' ? reading : [reading];
}
