import type { Direction } from '../../../src/model/message-record.ts';
import type { Message } from './message.ts';
import { topicMatches } from './topics.ts';

/** What is looked for; an empty text does not narrow. */
export type HistoryFilter = {
  topic: string;
  text: string;
  brokerId: string;
  direction: Direction | '';
  device: string;
  /** As a datetime-local field holds them: the viewer's clock. */
  from: string;
  to: string;
};

export const NO_FILTER: HistoryFilter = {
  topic: '',
  text: '',
  brokerId: '',
  direction: '',
  device: '',
  from: '',
  to: '',
};

/** ISO 8601 of a local time; null: it is none. */
export function isoOf(local: string): string | null {
  const at = new Date(local);
  return local === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The query of `GET /api/messages`. */
export function fieldsOf({ topic, text, brokerId, direction, device, from, to }: HistoryFilter) {
  return { topic, text, broker_id: brokerId, direction, device, from: isoOf(from), to: isoOf(to) };
}

/** Whether the history would list this message, which the stream has just told. */
export function fits(filter: HistoryFilter, message: Message): boolean {
  const { topic, text, brokerId, direction, device } = filter;
  const from = isoOf(filter.from);
  const to = isoOf(filter.to);
  if (topic !== '' && !topicMatches(topic, message.topic)) return false;
  if (brokerId !== '' && brokerId !== message.broker_id) return false;
  if (direction !== '' && direction !== message.direction) return false;
  if (device !== '' && device !== message.device_id) return false;
  if ((from && message.at < from) || (to && message.at >= to)) return false;
  if (text === '') return true;
  const wanted = text.toLowerCase();
  return message.topic.toLowerCase().includes(wanted) || message.payload.toLowerCase().includes(wanted);
}

/** How many fields of those behind "More filters" narrow the list. */
export const hiddenFilters = ({ brokerId, device, from, to }: HistoryFilter): number =>
  [brokerId, device, from, to].filter((value) => value !== '').length;

/** What a link to this page asked for, such as /messages?device=mill. */
export function filterFromSearch(search: Record<string, unknown>): HistoryFilter {
  const text = (name: string) => {
    const value = search[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const direction = text('direction');
  return {
    ...NO_FILTER,
    topic: text('topic'),
    text: text('text'),
    brokerId: text('broker_id'),
    device: text('device'),
    direction: direction === 'in' || direction === 'out' ? direction : '',
  };
}
