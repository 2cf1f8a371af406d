import { seededRandom } from './random.ts';

const faultWords = ['ok', 'hang', 'drop-before', 'drop-after', 'html', 'jsonrpc-error'] as const;
type FaultWord = (typeof faultWords)[number];
const isWord = (key: string): key is FaultWord => (faultWords as readonly string[]).includes(key);
/** 0.7 + 0.2 + 0.1 is a little more than 1 in binary. */
const ROUNDING = 1e-9;

/**
 * What the stand-in does with one event.
 * - ok: stores and answers it.
 * - hang: stores nothing and never answers.
 * - drop-before: closes the connection without storing the event.
 * - drop-after: stores it, then closes the connection without an answer, so that an honest sender sends it twice.
 * - html: 200 with a login page, as a proxy in front of Odoo gives.
 * - jsonrpc-error: 200 with a JSON-RPC error.
 * - an answer: that answer; a 2xx without a body stores the event, anything else does not unless `stored` says so.
 * - a delay: as ok, later.
 */
export type Fault =
  | FaultWord
  | {
      status: number;
      headers?: Record<string, string>;
      body?: string;
      /** Of `body`; `application/json` when left out. */
      contentType?: string;
      stored?: boolean;
    }
  | { delayMs: number };

/**
 * Chooses what happens to an event.
 * @param index counts the event requests since the stand-in was started, from 0
 * @param event the parsed body, undefined when it is not JSON
 */
export type FaultScript = (index: number, event: unknown) => Fault;

/** The same for every event. */
export function always(fault: Fault): FaultScript {
  return () => fault;
}

/** One fault per event from the first call on, in this order; `ok` after the last. */
export function sequence(faults: readonly Fault[]): FaultScript {
  let next = 0;
  return () => faults[next++] ?? 'ok';
}

/** How often each fault is to happen, from 0 to 1, by its word or by the HTTP status of an answer. */
export type FaultProbabilities = { [fault in FaultWord | number]?: number };

/**
 * Faults by lot, the same ones for the same seed: `faultsByChance(7, { 'drop-after': 0.1, 503: 0.05 })`.
 * What is left to 1 is `ok`.
 * @throws RangeError when a probability is negative or they add up to more than 1
 */
export function faultsByChance(seed: number, probabilities: FaultProbabilities): FaultScript {
  const choices = Object.entries(probabilities).map(([key, probability = 0]) => {
    const fault: Fault = isWord(key) ? key : { status: Number(key) };
    return { fault, probability };
  });
  const total = choices.reduce((sum, { probability }) => sum + probability, 0);
  if (total > 1 + ROUNDING || choices.some(({ probability }) => !(probability >= 0))) {
    throw new RangeError('probabilities must not be negative and must not add up to more than 1');
  }
  const random = seededRandom(seed);
  return () => {
    let lot = random();
    for (const { fault, probability } of choices) {
      if (lot < probability) return fault;
      lot -= probability;
    }
    return 'ok';
  };
}
