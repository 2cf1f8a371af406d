import type { ClientIdentity } from '../../model/client-identity.ts';
import type { Cancel, Clock } from '../../platform/clock.ts';
import type { BrokerWillsTable } from '../../store/broker-wills.ts';
import { type Connection, type Publication, senderOf } from './connection.ts';
import type { Sender } from './identity.ts';
import type { Intake } from './intake.ts';
import type { Journal } from './journal.ts';
import { WILL_GRACE_MS } from './limits.ts';
import { mayPublish } from './rights.ts';

export type WillsDeps = { clock: Clock; table: BrokerWillsTable; journal: Journal; intake: Intake };

type StoredWill = Publication & { identity: ClientIdentity; sender: Sender };

/**
 * The last wills: kept on disk while their clients are connected, published when a client goes without a
 * goodbye. When the broker itself went, its clients have a while to come back before theirs are published.
 */
export class Wills {
  readonly #deps: WillsDeps;
  /** Which connection's will is on disk, by session. */
  readonly #holders = new Map<string, number>();
  /** Sessions whose will is left from a former process. */
  readonly #left = new Set<string>();
  #cancelGrace: Cancel | null = null;
  #stopped = false;

  constructor(deps: WillsDeps) {
    this.#deps = deps;
  }

  start(): void {
    const wills = this.#deps.table.all() as unknown as { client: string; will: StoredWill }[];
    for (const { client } of wills) this.#left.add(client);
    if (wills.length === 0) return;
    this.#cancelGrace = this.#deps.clock.after(WILL_GRACE_MS, () => {
      for (const { client, will } of wills) {
        if (!this.#left.delete(client)) continue;
        const { identity, sender, ...publication } = will;
        this.#deps.intake.will(publication, identity, sender, () => this.#remove(client));
      }
    });
  }

  /** From now on wills stay on disk: clients lose their connection because the broker ends. */
  stop(): void {
    this.#stopped = true;
    this.#cancelGrace?.();
  }

  /** A client is connected. A will it has no right to is dropped; the connection is not to blame. */
  connected(connection: Connection): void {
    const { key, serial, will, identity } = connection;
    if (will && !mayPublish(identity, will.topic)) {
      const more = { topic: will.topic, reason: 'forbidden' };
      this.#deps.intake.refused('mqtt_will_refused', connection, senderOf(connection), more);
      connection.will = null;
    }
    if (connection.will) {
      const stored = { ...connection.will, identity, sender: senderOf(connection) };
      this.#left.delete(key);
      this.#holders.set(key, serial);
      this.#deps.journal.note(() => this.#deps.table.put(key, stored));
    } else if (this.#left.delete(key) || this.#holders.delete(key)) this.#remove(key);
  }

  /** A connection ended. */
  disconnected(connection: Connection): void {
    const { key, serial, will, identity, goodbye } = connection;
    if (!will || this.#stopped) return;
    const remove = () => {
      if (this.#holders.get(key) !== serial) return;
      this.#holders.delete(key);
      this.#remove(key);
    };
    if (goodbye) remove();
    else this.#deps.intake.will(will, identity, senderOf(connection), remove);
  }

  #remove(key: string): void {
    this.#deps.journal.note(() => this.#deps.table.remove(key));
  }
}
