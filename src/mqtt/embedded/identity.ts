import type { ClientIdentity, Login, LoginAnswer } from '../../model/client-identity.ts';

export type Authenticate = (login: Login) => LoginAnswer | Promise<LoginAnswer>;

/** Who published a message. */
export type Sender = {
  /** null: not a device of ours. */
  deviceId: string | null;
  clientId: string;
  address: string;
  /** This very connection, for `sendTo`. */
  clientKey: string;
};

/** Whose sessions they are: clients of one owner may take over each other's connection, others never. */
export function ownerOf(identity: ClientIdentity, connection: number): string {
  if (identity.kind === 'device') return `device:${identity.deviceId}`;
  // Devices ask for a token before they have a name of their own: none may push another one out.
  return identity.kind === 'provision' ? `provision:${connection}` : 'anonymous';
}

/** The name of a session: no two pairs of owner and client id share one. */
export function sessionKey(owner: string, clientId: string): string {
  return `${owner.length}:${owner}:${clientId}`;
}
