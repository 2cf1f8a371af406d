import type { Cancel, Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Connection } from './connection.ts';
import type { Journal } from './journal.ts';
import { SESSION_EXPIRY_MS, SESSIONS_MAX, SESSIONS_PER_DEVICE_MAX } from './limits.ts';
import type { SqlPersistence } from './persistence.ts';
import type { QueueBound } from './queue-bound.ts';

export type SessionsDeps = {
  clock: Clock;
  log: Log;
  persistence: SqlPersistence;
  journal: Journal;
  queues: QueueBound;
  connections(): Iterable<Connection>;
};

const TIDY_MS = 3_600_000;

/** Keeps the persistent sessions bounded: by the time their clients were not seen, and by number. */
export class Sessions {
  readonly #deps: SessionsDeps;
  #cancelTidy: Cancel | null = null;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#tidy();
  }

  stop(): void {
    this.#cancelTidy?.();
    this.#cancelTidy = null;
    for (const connection of this.#deps.connections()) this.#touch(connection);
  }

  /** A client with a persistent session came. What it has not released of QoS 2 is known again. */
  connected(connection: Connection): void {
    if (connection.clean) return;
    const { persistence, journal } = this.#deps;
    const { sessions, incoming } = persistence.tables;
    this.#touch(connection);
    journal.flush();
    for (const id of incoming.receivedIds(connection.key)) connection.incoming.set(id, null);
    const { identity, owner } = connection;
    if (identity.kind === 'device') this.#drop(sessions.excess(SESSIONS_PER_DEVICE_MAX, owner), 'too many');
  }

  disconnected(connection: Connection): void {
    this.#touch(connection);
  }

  #touch({ clean, key, owner }: Connection): void {
    if (clean) return;
    const { persistence, journal, clock } = this.#deps;
    journal.note(() => persistence.tables.sessions.touch(key, owner, clock.wallMs()));
  }

  #tidy(): void {
    const { persistence, journal, clock } = this.#deps;
    const { sessions } = persistence.tables;
    for (const connection of this.#deps.connections()) this.#touch(connection);
    journal.flush();
    this.#drop(sessions.unseenSince(clock.wallMs() - SESSION_EXPIRY_MS), 'not seen');
    this.#drop(sessions.excess(SESSIONS_MAX), 'too many');
    this.#cancelTidy = clock.after(TIDY_MS, () => this.#tidy());
  }

  #drop(keys: readonly string[], reason: string): void {
    if (keys.length === 0) return;
    const { persistence, journal, queues, log, connections } = this.#deps;
    const connected = new Set(Array.from(connections(), ({ key }) => key));
    for (const key of keys) {
      if (connected.has(key)) continue;
      persistence.forget(key);
      queues.forget(key);
      journal.note(() => persistence.tables.sessions.drop(key));
      log.info('mqtt_session_dropped', { session: key, reason });
    }
  }
}
