import type { Client } from 'aedes';
import type { ClientIdentity } from '../../model/client-identity.ts';
import type { GuardedStream } from './guarded-stream.ts';
import type { Sender } from './identity.ts';
import type { Protocol } from './listeners.ts';

/** A message as a client or the bridge itself publishes it. */
export type Publication = { topic: string; payload: Buffer; qos: 0 | 1 | 2; retain: boolean };

/** A client that was let in. */
export type Connection = {
  /** Unique among all connections of this process. */
  serial: number;
  identity: ClientIdentity;
  owner: string;
  /** Names the session inside Aedes and in the database: owner and client id. */
  key: string;
  clientId: string;
  /** No state of the session outlives the connection. */
  clean: boolean;
  address: string;
  protocol: Protocol;
  connectedAt: number;
  stream: GuardedStream;
  will: Publication | null;
  /** The client said goodbye: its will is void. */
  goodbye: boolean;
  client: Client | null;
  /** The filters it listens to, and with which QoS. */
  filters: Map<string, 0 | 1 | 2>;
  /**
   * QoS 2 messages of the client that it has not released, by packet identifier. While the first copy is being
   * committed: the answers that further copies wait for; then null.
   */
  incoming: Map<number, (() => void)[] | null>;
  /** When something of it was last refused and logged, on the steady clock. */
  warnedAt: number;
};

export const senderOf = ({ identity, clientId, address, serial }: Connection): Sender => ({
  deviceId: identity.kind === 'device' ? identity.deviceId : null,
  clientId,
  address,
  clientKey: String(serial),
});
