import type { UnusableReason } from '../model/reading.ts';

/** Largest payload of a device that is looked at, in bytes. */
const PAYLOAD_BYTES_MAX = 65_536;

/** Why a payload, or a message, is of no use. */
export type Failure = { reason: UnusableReason; detail: string };

/**
 * The payload as text. Text of white space only counts as empty: on a retained topic that is a deletion.
 * @param bytesMax for payloads that list many devices
 * @returns the text as it came, or why there is none: `empty`, `too_large` or `invalid_utf8`
 */
export function decodeText(payload: Buffer, bytesMax = PAYLOAD_BYTES_MAX): string | Failure {
  if (payload.length === 0) return { reason: 'empty', detail: 'the payload is empty' };
  if (payload.length > bytesMax) {
    const detail = `${payload.length} bytes, at most ${bytesMax} are read`;
    return { reason: 'too_large', detail };
  }
  const text = payload.toString('utf8');
  // The decoder puts U+FFFD in the place of what it cannot decode; a sender may also have written one.
  if (text.includes('\uFFFD') && !Buffer.from(text, 'utf8').equals(payload)) {
    return { reason: 'invalid_utf8', detail: 'the payload is not UTF-8 text' };
  }
  if (text.charCodeAt(0) <= 32 && text.trim() === '') {
    return { reason: 'empty', detail: 'the payload is white space' };
  }
  return text;
}
