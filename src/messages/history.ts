import type { Message } from '../model/message.ts';
import type { MessageEntry } from '../model/message-record.ts';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { MessageHistoryTable } from '../store/message-history.ts';

/** A payload is kept up to here. */
const PAYLOAD_BYTES_MAX = 65_536;
const FLUSH_MS = 500;
/** What may wait for the disk; more is not kept, and counted. */
const WAITING_MAX = 20_000;
const WAITING_BYTES_MAX = 32 * 1024 * 1024;
/** A topic is trimmed once this many of its messages came. */
const TRIM_EVERY = 100;
const TOPICS_MAX = 100_000;

export type HistoryDeps = {
  table: Pick<MessageHistoryTable, 'append'>;
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, 'historyDropped'>;
};

/** The device in `messages/{device_id}/…`; null: another topic. */
function deviceOfTopic(topic: string): string | null {
  return /^messages\/([^/]+)\//.exec(topic)?.[1] ?? null;
}

// A copy: a view would hold on to the whole packet it came in.
const kept = (payload: Uint8Array) => Buffer.from(payload.subarray(0, PAYLOAD_BYTES_MAX));

/** Keeps messages for people to see: written in batches, half a second late, and never in the way. */
export class MessageHistory {
  readonly #deps: HistoryDeps;
  #waiting: MessageEntry[] = [];
  #waitingBytes = 0;
  #cancel: Cancel | null = null;
  readonly #measuredSince = new Map<string, number>();

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
  }

  /** @param measured a machine listens to this topic: only its last messages are kept */
  received(message: Message, link: string, measured: boolean): void {
    const { topic, receivedAt: at, qos, retained: retain, payload } = message;
    if (measured) {
      if (this.#measuredSince.size >= TOPICS_MAX) this.#measuredSince.clear();
      this.#measuredSince.set(topic, (this.#measuredSince.get(topic) ?? 0) + 1);
    }
    this.#add({ at, link, direction: 'in', topic, qos, retain, payload });
  }

  sent(packet: { topic: string; payload: Uint8Array; qos: number; retain: boolean }, link: string): void {
    const { topic, payload, qos, retain } = packet;
    this.#add({ at: this.#deps.clock.wallMs(), link, direction: 'out', topic, qos, retain, payload });
  }

  /** Writes what waits. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = null;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (batch.length === 0) return;
    const due = [...this.#measuredSince].filter(([, count]) => count >= TRIM_EVERY).map(([topic]) => topic);
    const { table, log, metrics } = this.#deps;
    try {
      table.append(batch, due);
      for (const topic of due) this.#measuredSince.delete(topic);
    } catch (error) {
      metrics.historyDropped.inc(batch.length);
      log.warning('history_not_written', { messages: batch.length, message: (error as Error).message });
    }
  }

  #add(entry: Omit<MessageEntry, 'deviceId' | 'bytes'>): void {
    const payload = kept(entry.payload);
    if (this.#waiting.length >= WAITING_MAX || this.#waitingBytes + payload.length > WAITING_BYTES_MAX) {
      this.#deps.metrics.historyDropped.inc();
      return;
    }
    const deviceId = deviceOfTopic(entry.topic);
    this.#waiting.push({ ...entry, deviceId, bytes: entry.payload.length, payload });
    this.#waitingBytes += payload.length;
    this.#cancel ??= this.#deps.clock.after(FLUSH_MS, () => this.flush());
  }
}
