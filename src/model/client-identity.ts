/** Who a client of the embedded broker is. */
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
