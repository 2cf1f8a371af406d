import type { Message, OutgoingMessage, PublishResult } from '../model/message.ts';
import { topicMatches } from '../model/topic.ts';
import type { Clock } from '../platform/clock.ts';

const WAITING_MAX = 100;

/** A value that a JSON answer must have; the path is dots and `[n]`, with or without `$`. */
export type AnswerMatch = { path: string; value: string | number | boolean | null };

export type Question = {
  brokerId: string;
  message: OutgoingMessage;
  /** Filters under which the answer arrives. */
  answerTopics: readonly string[];
  match: AnswerMatch | null;
  timeoutMs: number;
};

export type Answer =
  | { status: 'answered'; topic: string; payload: Buffer; latencyMs: number }
  | { status: 'timed_out' }
  /** `reason` is a sentence for people. */
  | { status: 'not_sent'; reason: string };

/** Whether messages of a filter arrive now; `release` ends it. */
export type Listening = { listening: true; release(): void } | { listening: false; reason: string };

export type RequestsDeps = {
  publish(brokerId: string, message: OutgoingMessage): Promise<PublishResult>;
  /** Listens to a filter for a while; resolves when the broker has confirmed or refused. */
  listen(brokerId: string, filter: string): Promise<Listening>;
  clock: Pick<Clock, 'steadyMs' | 'after'>;
};

type Waiting = {
  question: Question;
  /** What every topic of an answer begins with: a cheap first look. */
  beginnings: readonly string[];
  /** null: not sent yet, so that nothing is an answer. */
  sentAtMs: number | null;
  releases: (() => void)[];
  settle(answer: Answer): void;
};

const UNCONFIRMED = 'the broker did not confirm the subscription to the answer in time';
const ENDING = 'the bridge is ending';

function hasValue(payload: Buffer, { path, value }: AnswerMatch): boolean {
  let at: unknown;
  try {
    at = JSON.parse(payload.toString());
  } catch {
    return false;
  }
  for (const key of path.replace(/^\$/, '').split(/[.[\]]+/)) {
    if (key === '') continue;
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Record<string, unknown>)[key];
  }
  return at === value;
}

/** The part of a filter before its first wildcard; `a/#` matches `a` too. */
const beginningOf = (filter: string) => filter.replace(/\/?[+#].*$/s, '');

function isAnswer(waiting: Waiting, message: Message, brokerId: string): boolean {
  const { question, beginnings, sentAtMs } = waiting;
  // What a broker kept is older than the question.
  if (sentAtMs === null || message.retained || brokerId !== question.brokerId) return false;
  const { topic, payload } = message;
  if (!beginnings.some((beginning) => topic.startsWith(beginning))) return false;
  if (!question.answerTopics.some((filter) => topicMatches(filter, topic))) return false;
  // A wide filter brings our own question back.
  if (topic === question.message.topic && payload.equals(question.message.payload)) return false;
  return question.match === null || hasValue(payload, question.match);
}

/** Sends a message and waits for the one that answers it. */
export class Requests {
  readonly #deps: RequestsDeps;
  readonly #waiting = new Set<Waiting>();
  #ended = false;

  constructor(deps: RequestsDeps) {
    this.#deps = deps;
  }

  /**
   * Listens for the answer, sends, and waits. The first message that fits is the answer; one that comes after
   * the time is up changes nothing.
   */
  ask(question: Question): Promise<Answer> {
    if (this.#ended) return Promise.resolve({ status: 'not_sent', reason: ENDING });
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.resolve({
        status: 'not_sent',
        reason: `${WAITING_MAX} requests wait for answers already`,
      });
    }
    return new Promise((resolve) => {
      const waiting: Waiting = {
        question,
        beginnings: question.answerTopics.map(beginningOf),
        sentAtMs: null,
        releases: [],
        settle: (answer) => {
          if (!this.#waiting.delete(waiting)) return;
          cancel();
          for (const release of waiting.releases) release();
          resolve(answer);
        },
      };
      const cancel = this.#deps.clock.after(question.timeoutMs, () =>
        waiting.settle(
          waiting.sentAtMs === null ? { status: 'not_sent', reason: UNCONFIRMED } : { status: 'timed_out' },
        ),
      );
      this.#waiting.add(waiting);
      this.#send(waiting).catch((error: Error) =>
        waiting.settle({ status: 'not_sent', reason: error.message }),
      );
    });
  }

  /** Tells of a message that arrived; costs nothing while no answer is waited for. */
  heard(message: Message, brokerId: string): void {
    if (this.#waiting.size === 0) return;
    for (const waiting of this.#waiting) {
      if (!isAnswer(waiting, message, brokerId)) continue;
      const latencyMs = this.#deps.clock.steadyMs() - (waiting.sentAtMs ?? 0);
      // A copy: a view would hold on to the whole packet it came in.
      const payload = Buffer.from(message.payload);
      waiting.settle({ status: 'answered', topic: message.topic, payload, latencyMs });
    }
  }

  /** Nobody waits any more, and nothing is asked. */
  end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting) waiting.settle({ status: 'not_sent', reason: ENDING });
  }

  async #send(waiting: Waiting): Promise<void> {
    const { publish, listen, clock } = this.#deps;
    const { brokerId, answerTopics, message } = waiting.question;
    const heard = await Promise.all(answerTopics.map((filter) => listen(brokerId, filter)));
    for (const one of heard) {
      if (!one.listening) waiting.settle({ status: 'not_sent', reason: one.reason });
      else if (this.#waiting.has(waiting)) waiting.releases.push(() => one.release());
      else one.release();
    }
    if (!this.#waiting.has(waiting)) return;
    waiting.sentAtMs = clock.steadyMs();
    const result = await publish(brokerId, message);
    if (!result.sent) waiting.settle({ status: 'not_sent', reason: result.reason });
  }
}
