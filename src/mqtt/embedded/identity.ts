/** Who a client is. */
export type ClientIdentity =
  /** `topics`: what a device may use besides `messages/{deviceId}/…`: literal filters, at most a final `#`. */
  | { kind: 'device'; deviceId: string; topics: readonly string[] }
  /** May ask for a token and hear the answer, nothing else. */
  | { kind: 'provision' }
  | { kind: 'anonymous' };

/** What a client says of itself in CONNECT, and where it comes from. */
export type Login = { clientId: string; username: string | null; password: string | null; address: string };

export type LoginAnswer =
  | { status: 'accepted'; identity: ClientIdentity }
  /** `delayMs`: the answer is held back so long, to slow guessing down. */
  | { status: 'refused'; reason: string; delayMs?: number };

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
