/** Bounds an operator may set. */
export type EmbeddedLimits = {
  /** Most connections at once, logged in or not. */
  connectionsMax: number;
  /** Most connections from one address; devices behind one router share an address. */
  connectionsPerAddressMax: number;
  /** Longest packet, bytes. */
  packetBytesMax: number;
  /** Most retained messages. */
  retainedMax: number;
  /** Most bytes of retained messages, topics included. */
  retainedBytesMax: number;
};

/** CONNECT must be complete within this time. */
export const CONNECT_TIMEOUT_MS = 5000;
/** Longest CONNECT packet: client id, will, user name and token. */
export const CONNECT_BYTES_MAX = 8192;
/** A refused login is answered after this time at the latest, whatever delay is asked for. */
export const LOGIN_DELAY_MAX_MS = 10_000;
/** Publishes of one connection that may wait for their commit. */
export const IN_FLIGHT_MAX = 100;
/**
 * QoS 2 messages of one client that it has not released: about 1 MiB of the database. They cannot be made to
 * wait: clients send a burst at once, and the releases come behind all of it.
 */
export const UNRELEASED_MAX = 16_384;
/** What may wait for one absent client. */
export const QUEUED_MAX = 1000;
export const QUEUED_BYTES_MAX = 1024 * 1024;
/** What may wait in memory for a client that reads too slowly; then its connection is closed. */
export const UNSENT_BYTES_MAX = 1024 * 1024;
export const SUBSCRIPTIONS_MAX = 100;
/** Persistent sessions in all, and of one device. The one that was seen longest ago has to go. */
export const SESSIONS_MAX = 20_000;
export const SESSIONS_PER_DEVICE_MAX = 10;
/** A persistent session is dropped when its client was not seen for this time. */
export const SESSION_EXPIRY_MS = 7 * 86_400_000;
/** Clients whose will outlived a restart of the broker have this time to come back before it is sent. */
export const WILL_GRACE_MS = 60_000;
