import type { MessageBody } from '../../../src/model/saved-message.ts';
import { type JsonFaultCode, jsonPlace } from './json-place.ts';

export type PayloadFormat = MessageBody['payload_format'];
export const PAYLOAD_FORMATS: readonly PayloadFormat[] = ['text', 'json', 'hex', 'base64'];
/** The bridge's bound for what people send. */
export const PAYLOAD_BYTES_MAX = 262_144;

export type PayloadFault = {
  code: JsonFaultCode | 'hex_digit' | 'hex_odd' | 'base64_letter' | 'base64_padding' | 'payload_long';
  /** Counted from 1. */
  line: number;
  column: number;
};
export type PayloadCheck = { bytes: number; fault: PayloadFault | null };

const encoder = new TextEncoder();
export const bytesOf = (text: string): number => encoder.encode(text).length;

function placeOf(text: string, at: number) {
  const lines = text.slice(0, at).split('\n');
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

function checkHex(text: string): PayloadCheck {
  const wrong = text.search(/[^0-9a-fA-F\s]/);
  if (wrong >= 0) return { bytes: 0, fault: { code: 'hex_digit', ...placeOf(text, wrong) } };
  const digits = text.replace(/\s+/g, '').length;
  const fault = digits % 2 === 0 ? null : { code: 'hex_odd' as const, ...placeOf(text, text.length) };
  return { bytes: Math.floor(digits / 2), fault };
}

/** Base64 as the bridge takes it: with padding, and no bits left over. */
function checkBase64(text: string): PayloadCheck {
  const wrong = text.search(/[^A-Za-z0-9+/=\s]/);
  if (wrong >= 0) return { bytes: 0, fault: { code: 'base64_letter', ...placeOf(text, wrong) } };
  const letters = text.replace(/\s+/g, '');
  const padding = /=*$/.exec(letters)?.[0].length ?? 0;
  const bytes = Math.max(0, (letters.length / 4) * 3 - padding);
  const isWhole = letters.length % 4 === 0 && isCanonical(letters);
  const fault = isWhole ? null : { code: 'base64_padding' as const, ...placeOf(text, text.length) };
  return { bytes: Math.floor(bytes), fault };
}

function isCanonical(letters: string): boolean {
  try {
    return btoa(atob(letters)) === letters;
  } catch {
    return false;
  }
}

/** How long the payload is, and where it is not what its format says. */
export function checkPayload(format: PayloadFormat, text: string): PayloadCheck {
  if (format === 'hex' || format === 'base64')
    return bounded(format === 'hex' ? checkHex(text) : checkBase64(text));
  return bounded({ bytes: bytesOf(text), fault: format === 'json' ? jsonPlace(text) : null });
}

function bounded(check: PayloadCheck): PayloadCheck {
  if (check.fault || check.bytes <= PAYLOAD_BYTES_MAX) return check;
  return { ...check, fault: { code: 'payload_long', line: 1, column: 1 } };
}

const ROW_BYTES = 16;
const printable = (byte: number) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');

/** Bytes as rows of sixteen: where they begin, their digits, and what they are as ASCII. */
export function hexDump(hex: string): string {
  const bytes = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = bytes.slice(at, at + ROW_BYTES);
    const digits = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const offset = at.toString(16).padStart(4, '0');
    rows.push(`${offset}  ${digits.padEnd(ROW_BYTES * 3 - 1)}  ${row.map(printable).join('')}`);
  }
  return rows.join('\n');
}

export const hexOf = (text: string): string =>
  Array.from(encoder.encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('');

const JSON_LENGTH_MAX = 1_000_000;
/** Whether a text is worth showing as JSON: an object or a list; a bare number is as plain as text. */
export const isStructured = (text: string): boolean =>
  /^\s*[{[]/.test(text) && text.length <= JSON_LENGTH_MAX && jsonPlace(text) === null;
