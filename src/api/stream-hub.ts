import type { LiveItem, LiveMessage, LiveReading } from '../model/live.ts';
import { type Cancel, type Clock, isoTime } from '../platform/clock.ts';
import type { Feed } from '../platform/feed.ts';
import type { Log } from '../platform/log.ts';
import type { HealthReport } from './schemas.ts';
import { frameOf, readingFrame, type Sink, StreamClient, type Wants } from './stream-client.ts';

const CLIENTS_MAX = 100;
const TICK_MS = 250;
const HEALTH_TICKS = 4;
const HEARTBEAT_TICKS = 60;
/** So many heartbeats a client may take nothing before it counts as gone. */
const STUCK_HEARTBEATS_MAX = 4;
const PAYLOAD_BYTES_MAX = 2048;
/** How soon a browser comes back by itself. */
const RETRY_MS = 2000;

export type StreamDeps = {
  feed: Feed<LiveItem>;
  health(): HealthReport;
  version: string;
  clock: Pick<Clock, 'wallMs' | 'after' | 'soon'>;
  log: Log;
};

type Listener = { client: StreamClient; isAllowed(): boolean; stuckHeartbeats: number };

const scratch = new Uint8Array(PAYLOAD_BYTES_MAX);
const encoder = new TextEncoder();

/** The message with at most 2 KiB of its payload; `bytes` says how long it was. */
function cut(record: LiveMessage): LiveMessage {
  const { payload, payload_format: format } = record;
  if (payload.length <= PAYLOAD_BYTES_MAX / 4) return record;
  // encodeInto never cuts within a character.
  const kept = format === 'hex' ? 2 * PAYLOAD_BYTES_MAX : encoder.encodeInto(payload, scratch).read;
  return { ...record, payload: payload.slice(0, kept) };
}

/** What of the health is news: time passes always. */
function newsOf({ uptime_seconds: _uptime, ...rest }: HealthReport): string {
  return JSON.stringify(rest);
}

/**
 * Spreads what happens to the clients of the live stream. Readings go out four times a second, the newest of
 * each device; everything else at the end of the turn in which it happened. Costs nothing while nobody listens.
 */
export class StreamHub {
  readonly #deps: StreamDeps;
  readonly #listeners = new Set<Listener>();
  /** Since the last tick, by device. */
  readonly #readings = new Map<string, LiveReading>();
  #health = '';
  #ticks = 0;
  #isPumpDue = false;
  #cancelTick: Cancel | null = null;
  #cancelFeed: Cancel | null = null;

  constructor(deps: StreamDeps) {
    this.#deps = deps;
  }

  get isFull(): boolean {
    return this.#listeners.size >= CLIENTS_MAX;
  }

  /**
   * Greets a client and tells it what happens from now on.
   * @param isAllowed asked at every heartbeat; false ends the stream
   */
  add(sink: Sink, wants: Wants, isAllowed: () => boolean): { drained(): void; remove(): void } {
    const { clock, version, feed, health } = this.#deps;
    const client = new StreamClient(sink, wants);
    const listener = { client, isAllowed, stuckHeartbeats: 0 };
    if (this.#listeners.size === 0) {
      this.#cancelFeed = feed.subscribe((item) => this.#take(item));
      this.#cancelTick = clock.after(TICK_MS, () => this.#tick());
      this.#health = newsOf(health());
    }
    this.#listeners.add(listener);
    const hello = frameOf('hello', { at: isoTime(clock.wallMs()), version });
    client.vital({ ...hello, text: `retry: ${RETRY_MS}\n\n${hello.text}` });
    if (client.wants('health')) client.vital(frameOf('health', health()));
    client.pump();
    return { drained: () => client.drained(), remove: () => this.#remove(listener) };
  }

  /** Ends every stream. */
  stop(): void {
    for (const listener of this.#listeners) {
      listener.client.end();
      this.#remove(listener);
    }
  }

  #remove(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#cancelFeed?.();
    this.#cancelTick?.();
    this.#readings.clear();
    this.#ticks = 0;
  }

  #take(item: LiveItem): void {
    if (item.kind === 'reading') {
      const { data } = item;
      const before = this.#readings.get(data.device_id);
      this.#readings.set(data.device_id, before ? { ...before, ...data } : data);
    } else if (item.kind === 'message') this.#takeMessage(item);
    else this.#spread(item.kind, item.data, item.data.device_id);
  }

  #takeMessage({ topic, device_id, record }: Extract<LiveItem, { kind: 'message' }>): void {
    let frame: ReturnType<typeof frameOf> | undefined;
    for (const { client } of this.#listeners) {
      if (!client.wants('message', device_id) || !client.wantsTopic(topic)) continue;
      frame ??= frameOf('message', cut(record()));
      client.message(frame);
    }
    if (frame) this.#pumpSoon();
  }

  #spread(kind: 'state' | 'session' | 'event' | 'health', data: unknown, deviceId?: string): void {
    const frame = frameOf(kind, data);
    for (const listener of this.#listeners) {
      if (!listener.client.wants(kind, deviceId)) continue;
      if (!listener.client.vital(frame)) this.#cut(listener, 'too slow');
    }
    this.#pumpSoon();
  }

  #cut(listener: Listener, reason: string): void {
    this.#deps.log.info('stream_closed', { reason });
    listener.client.destroy();
    this.#remove(listener);
  }

  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    this.#deps.clock.soon(() => {
      this.#isPumpDue = false;
      for (const { client } of this.#listeners) client.pump();
    });
  }

  #tick(): void {
    this.#cancelTick = this.#deps.clock.after(TICK_MS, () => this.#tick());
    this.#ticks += 1;
    const frames = Array.from(this.#readings.values(), readingFrame);
    this.#readings.clear();
    for (const { client } of this.#listeners) {
      for (const frame of frames) if (client.wants('reading', frame.reading.device_id)) client.reading(frame);
    }
    const isHeartbeat = this.#ticks % HEARTBEAT_TICKS === 0;
    if (this.#ticks % HEALTH_TICKS === 0) this.#tellHealth(isHeartbeat);
    if (isHeartbeat) this.#heartbeat();
    for (const { client } of this.#listeners) client.pump();
  }

  #tellHealth(always: boolean): void {
    const health = this.#deps.health();
    const news = newsOf(health);
    if (!always && news === this.#health) return;
    this.#health = news;
    this.#spread('health', health);
  }

  #heartbeat(): void {
    for (const listener of this.#listeners) {
      const { client, isAllowed } = listener;
      listener.stuckHeartbeats = client.isBlocked ? listener.stuckHeartbeats + 1 : 0;
      if (!isAllowed()) {
        client.end();
        this.#remove(listener);
      } else if (listener.stuckHeartbeats >= STUCK_HEARTBEATS_MAX) this.#cut(listener, 'takes nothing');
      else client.heartbeat();
    }
  }
}
