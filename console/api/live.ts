import type { HealthReport } from '../../src/api/schemas.ts';
import type { LiveItem, LiveMessage, LiveReading } from '../../src/model/live.ts';
import { call } from './client.ts';

type DataOf<K extends LiveItem['kind']> = Extract<LiveItem, { kind: K; data: unknown }>['data'];
/** What the stream tells, by event name. */
export type LiveEvents = {
  reading: LiveReading[];
  state: DataOf<'state'>;
  session: DataOf<'session'>;
  event: DataOf<'event'>;
  message: LiveMessage;
  health: HealthReport;
  /** The stream begins (anew): what is shown must be fetched again. */
  hello: { at: string; version: string };
};
type Name = keyof LiveEvents;
type Listener<N extends Name> = (data: LiveEvents[N]) => void;

/** The wait between two tries doubles up to here; the browser's own retry gives up after an HTTP fault. */
const RETRY_MS = 2000;
const RETRY_MS_MAX = 30_000;
const SILENT_MS = 40_000;
const NAMES: readonly Name[] = ['reading', 'state', 'session', 'event', 'message', 'health', 'hello'];

export type LiveState = 'connecting' | 'live' | 'lost';

/** One connection to `/api/stream` for the whole console, made anew for ever while somebody listens. */
class LiveStream {
  readonly #listeners = new Map<Name, Set<(data: never) => void>>();
  readonly #watchers = new Set<() => void>();
  #source: EventSource | null = null;
  #state: LiveState = 'connecting';
  #retryMs = RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #wantsMessages = 0;

  on<N extends Name>(name: N, listener: Listener<N>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener as (data: never) => void);
    if (name === 'message' && ++this.#wantsMessages === 1) this.#restart();
    this.#open();
    return () => {
      listeners.delete(listener as (data: never) => void);
      if (name === 'message' && --this.#wantsMessages === 0) this.#restart();
    };
  }

  state = (): LiveState => this.#state;

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    this.#open();
    return () => this.#watchers.delete(watcher);
  };

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = null;
  }

  #restart(): void {
    if (!this.#source) return;
    this.close();
    this.#open();
  }

  #open(): void {
    if (this.#source) return;
    clearTimeout(this.#timer);
    // Messages are many: they come only to who shows them.
    const kinds = NAMES.filter((name) => name !== 'hello' && (name !== 'message' || this.#wantsMessages > 0));
    const source = new EventSource(`/api/stream?kinds=${kinds.join(',')}`);
    this.#source = source;
    for (const name of NAMES) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        this.#alive();
        for (const tell of this.#listeners.get(name) ?? []) tell(JSON.parse(event.data) as never);
      });
    }
    source.addEventListener('open', () => this.#alive());
    source.addEventListener('error', () => this.#lost());
  }

  #alive(): void {
    this.#retryMs = RETRY_MS;
    clearTimeout(this.#silence);
    // The bridge says something every 15 s.
    this.#silence = setTimeout(() => this.#lost(), SILENT_MS);
    this.#set('live');
  }

  #lost(): void {
    this.close();
    this.#set('lost');
    // A stream does not say why it was refused: if a token is needed, this asks for it.
    call('GET', '/api/service').catch(() => undefined);
    this.#timer = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  #set(state: LiveState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

export const live = new LiveStream();
