import { type EventBook, isEvent, type ReceivedEvent } from './stand-in-book.ts';
import type { Fault } from './stand-in-faults.ts';

type EventResult = {
  event_uid: string;
  status: 'ok' | 'duplicate' | 'error' | 'held';
  message?: string;
};

/** What becomes of a batch: all of it meets one fault, or each of its events has a result. */
type BatchJudgement =
  | { fault: Exclude<Fault, 'ok'> }
  | { results: () => EventResult[] }
  | { refusal: string };

/** A fault that concerns one event: Odoo looked at it and does not want it. */
function refusalOf(fault: Fault): string | null {
  if (typeof fault !== 'object' || !('status' in fault)) return null;
  return [400, 422].includes(fault.status) ? (fault.body ?? 'refused') : null;
}

/**
 * Judges a batch event by event. A refused one holds back the later ones of its device; any other fault of one event
 * is the fault of the whole request.
 * @param body as parsed
 * @param faultOf the fault that each event is to meet
 */
export function judgeBatch(
  body: unknown,
  eventsMax: number,
  faultOf: (event: ReceivedEvent) => Fault,
  book: EventBook,
): BatchJudgement {
  const events = (body as { events?: unknown } | undefined)?.events;
  if (!Array.isArray(events)) return { refusal: 'events is missing' };
  if (events.length === 0 || events.length > eventsMax) return { refusal: `not 1 to ${eventsMax} events` };
  if (!events.every(isEvent)) return { refusal: 'event_uid is missing' };
  const faults = events.map(faultOf);
  for (const fault of faults) if (fault !== 'ok' && refusalOf(fault) === null) return { fault };
  return { results: () => resultsOf(events, faults, book) };
}

function resultsOf(events: ReceivedEvent[], faults: Fault[], book: EventBook): EventResult[] {
  const refusedDevices = new Set<unknown>();
  return events.map((event, i) => {
    const { event_uid, device_id } = event;
    if (refusedDevices.has(device_id)) return { event_uid, status: 'held' };
    const message = refusalOf(faults[i] ?? 'ok');
    if (message === null) return { event_uid, status: book.accept(event) };
    refusedDevices.add(device_id);
    return { event_uid, status: 'error', message };
  });
}
