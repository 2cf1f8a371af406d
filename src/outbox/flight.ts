import type { BatchLimit, BatchVerdict, Delivery } from '../model/delivery.ts';
import { Backoff } from '../platform/backoff.ts';
import type { LaneHead, OutboxTable, Settlement } from '../store/outbox.ts';
import type { Lane, LaneQueue } from './lane-queue.ts';

/** The events of one lane that go out together, in their order. */
type LanePart = { lane: Lane; heads: LaneHead[] };

/** What goes out in one request: one event, or a batch of the events of several lanes. */
export type Flight = { parts: LanePart[]; probe: boolean };

export const SINGLE: BatchLimit = { events: 1, bytes: 0 };

/** A lane that is in trouble sends one event at a time, in a request of its own: it must not drag others along. */
const goesAlone = (lane: Lane) => lane.singles > 0 || lane.backoff !== null;

/**
 * Takes lanes whose turn it is, and their next events, as far as `limit` allows.
 * @returns no parts when no lane is ready
 * @throws what the database throws; then the lanes are back in the queue
 */
export function loadParts(queue: LaneQueue, outbox: OutboxTable, limit: BatchLimit): LanePart[] {
  const parts: LanePart[] = [];
  let { events, bytes } = limit;
  try {
    while (events > 0) {
      const lane = queue.take();
      if (!lane) break;
      if (parts.length > 0 && goesAlone(lane)) {
        queue.takeBack(lane);
        break;
      }
      const heads = headsOf(lane, queue, outbox, goesAlone(lane) ? SINGLE : { events, bytes });
      const length = heads.reduce((sum, { body }) => sum + body.length, 0);
      if (heads.length === 0) queue.leave(lane);
      else if (parts.length > 0 && length > bytes) {
        queue.takeBack(lane);
        break;
      } else {
        parts.push({ lane, heads });
        events -= goesAlone(lane) ? events : heads.length;
        bytes -= length;
      }
    }
  } catch (error) {
    for (const { lane } of parts) queue.giveBack(lane);
    throw error;
  }
  return parts;
}

function headsOf(lane: Lane, queue: LaneQueue, outbox: OutboxTable, limit: BatchLimit): LaneHead[] {
  try {
    return outbox.heads(lane.name, limit.events, limit.bytes);
  } catch (error) {
    queue.giveBack(lane);
    throw error;
  }
}

/** Its events in the order in which they are sent. */
export function headsIn(flight: Flight): LaneHead[] {
  return flight.parts.flatMap(({ heads }) => heads);
}

export function deliveryOf({ uid, deviceId, eventType, body, attempts }: LaneHead): Delivery {
  return { uid, deviceId, eventType, body, attempts };
}

/** What became of the events of one lane, and how long the lane waits now. */
export type LaneAnswer = {
  lane: Lane;
  settled: { head: LaneHead; settlement: Settlement }[];
  /** Whether none of the events that went out waits any longer, and no other did when they went. */
  emptied: boolean;
  retryDelayMs: number;
};

type AnswerOptions = {
  refusalsMax: number;
  backoffMinMs: number;
  backoffMaxMs: number;
  random: () => number;
  nowMs: number;
};

/** What the verdicts mean for each lane. @param verdicts one for each of `headsIn(flight)` */
export function answersOf(
  flight: Flight,
  verdicts: readonly BatchVerdict[],
  options: AnswerOptions,
): LaneAnswer[] {
  const isBatch = verdicts.length > 1;
  let at = 0;
  return flight.parts.map(({ lane, heads }) => {
    const mine = verdicts.slice(at, at + heads.length);
    at += heads.length;
    if (isBatch && mine.some(({ status }) => status === 'away')) lane.singles = heads.length;
    return answerOf(lane, heads, mine, options);
  });
}

function answerOf(
  lane: Lane,
  heads: LaneHead[],
  verdicts: BatchVerdict[],
  options: AnswerOptions,
): LaneAnswer {
  const settled: LaneAnswer['settled'] = [];
  let delayMs: number | null = null;
  // A growing wait grows once, however many events of the lane came back.
  const laneDelayMs = () => {
    lane.backoff ??= new Backoff(options.backoffMinMs, options.backoffMaxMs, options.random);
    delayMs ??= lane.backoff.nextMs();
    return delayMs;
  };
  for (const [i, head] of heads.entries()) {
    const settlement = settlementOf(verdicts[i], head, lane, laneDelayMs, options);
    if (settlement) settled.push({ head, settlement });
  }
  const done = settled.filter(
    ({ settlement: { outcome } }) => outcome === 'delivered' || outcome === 'parked',
  );
  if (done.length > 0 && delayMs === null) lane.backoff = null;
  lane.singles = Math.max(0, lane.singles - done.length);
  const emptied = done.length === heads.length && heads.at(-1)?.more === false;
  return { lane, settled, emptied, retryDelayMs: delayMs ?? 0 };
}

function settlementOf(
  verdict: BatchVerdict | undefined,
  { seq, refusals }: LaneHead,
  lane: Lane,
  laneDelayMs: () => number,
  { refusalsMax, nowMs }: AnswerOptions,
): Settlement | null {
  switch (verdict?.status) {
    case 'delivered':
      return { seq, outcome: 'delivered' };
    case 'away':
      // Odoo answered others since this lane began an outage: it is this event that makes it fail.
      if (lane.outagesBegun > 1) laneDelayMs();
      return { seq, outcome: 'away', reason: verdict.reason };
    case 'refused': {
      const { reason } = verdict;
      if (refusals + 1 >= refusalsMax) return { seq, outcome: 'parked', reason };
      return { seq, outcome: 'refused', reason, nextAttemptAt: nowMs + laneDelayMs() };
    }
    default:
      return null;
  }
}
