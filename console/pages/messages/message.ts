import type { LiveMessage } from '../../../src/model/live.ts';

/** A message of the history or of the stream. `truncated`: `payload` is only its beginning. */
export type Message = LiveMessage & { truncated: boolean };

export type MessagesPage = { messages: Message[]; next_before: number | null };

const PREVIEW_LENGTH = 160;

/** The beginning of a payload on one line. */
export function previewOf({ payload, payload_format }: Message): string {
  const start = payload.slice(0, PREVIEW_LENGTH).replace(/\s+/g, ' ');
  return payload_format === 'hex' && start !== '' ? `0x${start}` : start;
}

/** The stream carries at most 2 KiB of a payload; more of it may be in the history. */
export const LIVE_BYTES_MAX = 2048;

/** Puts `fresh` in front of a page, each message once, newest first; what is more than `max` is let go. */
export function fold(page: MessagesPage, fresh: readonly Message[], max: number): MessagesPage {
  const known = new Set(page.messages.map(({ id }) => id));
  const unknown = fresh.filter(({ id }) => !known.has(id));
  if (unknown.length === 0) return page;
  const messages = [...unknown, ...page.messages].sort((a, b) => b.id - a.id);
  const last = messages[max - 1];
  if (!last || messages.length === max) return { ...page, messages };
  return { messages: messages.slice(0, max), next_before: last.id };
}
